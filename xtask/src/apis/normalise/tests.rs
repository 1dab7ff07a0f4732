//! Facts of small descriptions, each written for one rule.

use serde_json::{Value, json};

use super::facts;

fn description(metadata: Value, operations: Value, shapes: Value) -> Vec<u8> {
    let mut all = json!({ "protocol": "json", "endpointPrefix": "x" });
    all.as_object_mut().unwrap().extend(metadata.as_object().unwrap().clone());
    let whole = json!({ "version": "2.0", "documentation": "prose", "metadata": all,
        "operations": operations, "shapes": shapes });
    serde_json::to_vec(&whole).unwrap()
}

fn normalised(metadata: Value, operations: Value, shapes: Value) -> Value {
    facts("x", "1.2.3", &description(metadata, operations, shapes)).unwrap()
}

#[test]
fn the_service_says_its_protocols_and_signing_name_always() {
    let facts = normalised(json!({ "serviceFullName": "Amazon X" }), json!({}), json!({}));
    assert_eq!(
        facts,
        json!({ "service": "x", "botocore": "1.2.3", "protocol": "json", "protocols": ["json"],
            "endpointPrefix": "x", "signingName": "x", "operations": {}, "shapes": {} })
    );
}

#[test]
fn a_query_compatible_service_speaks_query_too() {
    let operations = json!({ "Send": { "http": { "method": "POST", "requestUri": "/" }, "output": { "shape": "R" } },
        "Purge": { "http": { "method": "POST", "requestUri": "/" } } });
    let facts = normalised(json!({ "awsQueryCompatible": {} }), operations, json!({}));
    assert_eq!(facts["protocols"], json!(["json", "query"]));
    assert_eq!(facts["queryCompatible"], json!(true));
    assert_eq!(facts["operations"]["Send"]["outputWrapper"], json!("SendResult"));
    assert_eq!(facts["operations"]["Purge"].get("outputWrapper"), None);
}

#[test]
fn an_operation_is_flat() {
    let operation = json!({ "name": "Get", "documentation": "prose", "idempotent": false, "authtype": "none",
        "http": { "method": "GET", "requestUri": "/a", "responseCode": 201 },
        "input": { "shape": "In", "locationName": "Body", "xmlNamespace": { "uri": "u" }, "documentation": "prose" },
        "output": { "shape": "Out", "resultWrapper": "W" }, "endpoint": { "hostPrefix": "data." },
        "errors": [{ "shape": "Bad", "documentation": "prose" }] });
    let facts = normalised(json!({}), json!({ "Get": operation }), json!({}));
    assert_eq!(
        facts["operations"]["Get"],
        json!({ "authtype": "none", "errors": ["Bad"], "hostPrefix": "data.",
            "http": { "method": "GET", "requestUri": "/a", "responseCode": 201 }, "input": "In",
            "inputLocationName": "Body", "inputXmlNamespace": { "uri": "u" }, "output": "Out", "outputWrapper": "W" })
    );
}

#[test]
fn members_keep_the_order_of_the_description() {
    // Written by hand: a JSON value of serde would sort the members.
    let text = r#"{"metadata":{"protocol":"query","endpointPrefix":"x"},"operations":{},"shapes":{"S":{"type":"structure",
        "required":["Z"],"members":{"Z":{"shape":"T","documentation":"prose"},"A":{"shape":"T","locationName":"a"},
        "M":{"shape":"T","xmlNamespace":"u"}}}}}"#;
    let facts = facts("x", "1", text.as_bytes()).unwrap();
    assert_eq!(
        facts["shapes"]["S"],
        json!({ "type": "structure", "required": ["Z"], "members": [{ "name": "Z", "shape": "T" },
            { "name": "A", "shape": "T", "locationName": "a" },
            { "name": "M", "shape": "T", "xmlNamespace": { "uri": "u" } }] })
    );
}

#[test]
fn lists_maps_and_prose_named_members_survive() {
    let shapes = json!({ "L": { "type": "list", "member": { "shape": "T", "locationName": "item" }, "flattened": true },
        "M": { "type": "map", "key": { "shape": "T" }, "value": { "shape": "T" }, "max": 0 },
        "D": { "type": "structure", "members": { "documentation": { "shape": "T" } } },
        "E": { "type": "structure", "members": {}, "exception": true } });
    let facts = normalised(json!({}), json!({}), shapes);
    assert_eq!(
        facts["shapes"],
        json!({ "L": { "type": "list", "member": { "shape": "T", "locationName": "item" }, "flattened": true },
            "M": { "type": "map", "key": { "shape": "T" }, "value": { "shape": "T" }, "max": 0 },
            "D": { "type": "structure", "members": [{ "name": "documentation", "shape": "T" }] },
            "E": { "type": "structure", "members": [], "exception": true } })
    );
}

#[test]
fn an_unknown_trait_is_refused_with_its_place() {
    let shapes = json!({ "S": { "type": "structure", "members": { "A": { "shape": "T", "novel": 1 } } } });
    let error = facts("x", "1", &description(json!({}), json!({}), shapes)).unwrap_err().to_string();
    assert!(error.contains("shapes/S/members/A") && error.contains("`novel`"), "{error}");
}

#[test]
fn broken_json_is_an_error() {
    assert!(facts("x", "1", b"{\"metadata\":").is_err());
}
