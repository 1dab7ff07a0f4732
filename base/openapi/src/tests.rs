//! Documents that are read and written.

use names::{Account, Scope};
use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn json_and_yaml_are_the_same() {
    let json = read(br#"{"openapi": "3.0.1", "paths": {"/a": {"get": {}}}}"#).unwrap();
    let yaml = read(b"openapi: 3.0.1\npaths:\n  /a:\n    get: {}\n").unwrap();
    assert_eq!(json, yaml);
    assert_eq!(json.1, Version::Three);
    for old in [&b"swagger: '2.0'\n"[..], b"swagger: 2.0\n"] {
        assert_eq!(read(old).unwrap().1, Version::Two);
    }
}

#[test]
fn nonsense_is_refused() {
    for body in [&b""[..], b"{", b"[]", b"{}", b"a: [", b"\xff\xfe", br#"{"openapi": "4.0"}"#, b"&a [*a, *a]"]
    {
        let refused = read(body).unwrap_err().to_string();
        assert!(refused.starts_with("Invalid OpenAPI input"), "{refused}");
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

#[test]
fn references_lead_within_a_document_and_end() {
    let source =
        json!({ "a": { "$ref": "#/b" }, "b": { "$ref": "#/c" }, "c": 1, "loop": { "$ref": "#/loop" } });
    assert_eq!(resolved(&source, &source["a"]), &json!(1));
    assert_eq!(resolved(&source, &source["loop"]), &source["loop"]);
    let outward = json!({ "$ref": "https://example.com/a" });
    assert_eq!(resolved(&source, &outward), &outward);
}

#[test]
fn methods_have_names() {
    assert_eq!(verb_of("get"), Some("GET"));
    assert_eq!(verb_of("GET"), None, "members are in small letters");
    assert_eq!(verb_of("trace"), None, "API Gateway has no such method");
    for verb in ["GET", "ANY", "PATCH"] {
        assert_eq!(verb_of(&name_of(verb)), Some(verb));
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(openapi: 3[.]0\\n)?[ -~\\n]{0,200}") {
        if let Ok((source, _)) = read(text.as_bytes()) {
            let mut filled = source.clone();
            fill(&mut filled, &Scope::new(Account::ZERO, "us-east-1".parse().unwrap()));
            for how in ["ignore", "prepend", "split"] {
                prop_assert!(base_path(&source, how).is_ok());
            }
            prop_assert!(write(&source, Form::Yaml).is_ok());
            let written = write(&source, Form::Json).unwrap();
            prop_assert_eq!(&read(written.as_bytes()).unwrap().0, &source);
        }
    }
}
