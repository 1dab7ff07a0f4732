//! Documents that are taken, and others that are not.

use super::*;

fn members(value: Value) -> Members {
    crate::apis::object(value)
}

#[test]
fn routes_are_of_connections_or_of_messages() {
    let takes = |key: &str, document: Value| route(key, &members(document)).is_ok();
    assert!(takes("$connect", json!({ "authorizationType": "AWS_IAM" })));
    assert!(takes("send", json!({})) && takes("a/b", json!({})) && takes("$default", json!({})));
    assert!(!takes("", json!({})) && !takes("$other", json!({})));
    assert!(!takes("send", json!({ "authorizationType": "CUSTOM" })));
    assert!(!takes("$connect", json!({ "authorizationType": "JWT" })));
    assert!(!takes("send", json!({ "routeResponseSelectionExpression": "$other" })));
}

#[test]
fn what_integrations_leave_out_is_set() {
    let mut document = members(json!({ "integrationType": "MOCK" }));
    integration(&mut document).unwrap();
    assert_eq!(document["timeoutInMillis"], 29_000);
    assert_eq!(document["integrationResponseSelectionExpression"], "${integration.response.statuscode}");
    for wrong in [
        json!({ "integrationType": "AWS_PROXY" }),
        json!({ "integrationType": "HTTP", "integrationUri": "http://a" }),
        json!({ "integrationType": "HTTP_PROXY", "integrationUri": "ftp://a", "integrationMethod": "GET" }),
        json!({ "integrationType": "MOCK", "timeoutInMillis": 29_001 }),
        json!({ "integrationType": "MOCK", "requestTemplates": { "a": "#if" } }),
        json!({ "integrationType": "MOCK", "requestParameters": { "a": "context.stage" } }),
        json!({ "integrationType": "MOCK", "payloadFormatVersion": "2.0" }),
        json!({ "integrationType": "MOCK", "integrationResponseSelectionExpression": "$nothing.a" }),
    ] {
        assert!(integration(&mut members(wrong.clone())).is_err(), "{wrong}");
    }
}

#[test]
fn parameters_that_nothing_reads_are_refused() {
    let with = |kind: &str, uri: &str, to: &str| {
        integration(&mut members(json!({
            "integrationType": kind, "integrationUri": uri, "integrationMethod": "POST",
            "requestParameters": { format!("integration.request.{to}"): "'Event'" },
        })))
    };
    let (function, action) =
        ("arn:aws:lambda:us-east-1:000000000000:function:a", "arn:aws:apigateway:x:sqs:action/SendMessage");
    assert!(with("HTTP", "http://a", "querystring.b").is_ok());
    assert!(with("AWS", function, "header.X-Amz-Invocation-Type").is_ok());
    assert!(with("AWS", action, "header.Content-Type").is_ok());
    for (kind, uri, to) in [
        ("AWS", function, "header.other"),
        ("AWS", action, "header.X-Amz-Invocation-Type"),
        ("AWS_PROXY", function, "header.X-Amz-Invocation-Type"),
        ("MOCK", "", "querystring.a"),
    ] {
        assert_eq!(with(kind, uri, to).unwrap_err().code, "NotImplemented", "{kind} {to}");
    }
}

#[test]
fn services_are_named_in_uris() {
    let with = |rest: &str| {
        let uri = format!("arn:aws:apigateway:us-east-1:sqs:{rest}");
        integration(&mut members(json!({ "integrationType": "AWS", "integrationUri": uri })))
    };
    assert!(with("path/000000000000/q").is_ok() && with("action/SendMessage").is_ok());
    assert_eq!(with("queue/q").unwrap_err().code, "BadRequestException");
}

#[test]
fn what_routes_ask_for_can_be_found_out() {
    let takes = |document: Value| route("$connect", &members(document)).is_ok();
    assert!(takes(json!({ "requestParameters": { "route.request.header.a": { "required": true } } })));
    assert!(takes(json!({ "modelSelectionExpression": "$request.body.kind" })));
    for name in ["header.a", "route.request.path.a", "route.request.header.", "route.request.header"] {
        assert!(!takes(json!({ "requestParameters": { name: { "required": true } } })), "{name}");
    }
    assert!(!takes(json!({ "modelSelectionExpression": "$nothing.a" })));
}
