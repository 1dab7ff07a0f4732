//! Documents that are read.

use super::*;

#[test]
fn json_and_yaml_are_the_same() {
    let json = read(br#"{"openapi": "3.0.1", "paths": {"/a": {"get": {}}}}"#).unwrap();
    let yaml = read(b"openapi: 3.0.1\npaths:\n  /a:\n    get: {}\n").unwrap();
    assert_eq!(json, yaml);
    assert!(read(b"swagger: '2.0'\n").is_ok() && read(b"swagger: 2.0\n").is_ok());
}

#[test]
fn nonsense_is_refused() {
    for body in [&b""[..], b"{", b"[]", b"{}", b"a: [", b"\xff\xfe", br#"{"openapi": "4.0"}"#, b"&a [*a, *a]"]
    {
        let refused = read(body).unwrap_err();
        assert!(refused.message.starts_with("Invalid OpenAPI input"), "{}", refused.message);
    }
}

#[test]
fn a_document_that_unfolds_has_an_end() {
    let mut bomb = String::from("openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", vec![before; 10].join(", ")));
    }
    assert!(read(bomb.as_bytes()).is_err());
}
