//! Changes of documents by paths.

use super::*;

const TABLE: Table = &[
    ("/name", REPLACE),
    ("/minimumCompressionSize", ENTRY),
    ("/binaryMediaTypes/*", VALUE),
    ("/endpointConfiguration/types/*", VALUE),
    ("/disableExecuteApiEndpoint", REPLACE),
];

fn asked(op: &str, path: &str, value: Option<&str>) -> Option<Vec<api::PatchOperation>> {
    let op = api::Op::from(op);
    let value = value.map(str::to_owned);
    Some(vec![api::PatchOperation { op: Some(op), path: Some(path.into()), value, from: None }])
}

fn patched(op: &str, path: &str, value: Option<&str>) -> std::result::Result<api::RestApi, String> {
    let document = api::RestApi {
        name: Some("a".into()),
        binary_media_types: Some(vec!["image/png".into()]),
        minimum_compression_size: Some(7),
        ..api::RestApi::default()
    };
    apply(&document, &asked(op, path, value), TABLE).map_err(|error| error.to_string())
}

#[test]
fn values_are_read_by_their_schema() {
    assert_eq!(patched("replace", "/name", Some("b")).unwrap().name.unwrap(), "b");
    assert_eq!(
        patched("replace", "/minimumCompressionSize", Some("12")).unwrap().minimum_compression_size,
        Some(12)
    );
    assert!(patched("replace", "/minimumCompressionSize", Some("x")).is_err());
    let api = patched("replace", "/disableExecuteApiEndpoint", Some("true")).unwrap();
    assert_eq!(api.disable_execute_api_endpoint, Some(true));
    assert!(patched("replace", "/disableExecuteApiEndpoint", Some("1")).is_err());
    assert_eq!(patched("remove", "/minimumCompressionSize", None).unwrap().minimum_compression_size, None);
}

#[test]
fn values_of_lists_stand_in_paths() {
    let types = |api: api::RestApi| api.binary_media_types.unwrap();
    let added = patched("add", "/binaryMediaTypes/image~1gif", None).unwrap();
    assert_eq!(types(added), ["image/png", "image/gif"]);
    let again = patched("add", "/binaryMediaTypes/image~1png", None).unwrap();
    assert_eq!(types(again), ["image/png"]);
    let replaced = patched("replace", "/binaryMediaTypes/image~1png", Some("a/b")).unwrap();
    assert_eq!(types(replaced), ["a/b"]);
    assert!(types(patched("remove", "/binaryMediaTypes/image~1png", None).unwrap()).is_empty());
    assert!(patched("remove", "/binaryMediaTypes/a~1b", None).is_err());
}

#[test]
fn other_paths_are_refused_with_those_that_are_known() {
    let refused = patched("replace", "/nothing", Some("b")).unwrap_err();
    assert!(
        refused
            .contains("Invalid patch path  '/nothing' specified for op 'replace'. Must be one of: [/name, ")
    );
    for (op, path) in [("remove", "/name"), ("replace", "name"), ("replace", "/name/x"), ("", "/name")] {
        assert!(patched(op, path, Some("b")).is_err(), "{op} {path}");
    }
}
