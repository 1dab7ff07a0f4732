//! Requests to APIs of a gateway, as tasks ask for them.

use super::*;

fn request(value: Value) -> Request {
    Request::deserialize(value).unwrap()
}

#[test]
fn a_request_is_put_together() {
    let request = request(json!({
        "ApiEndpoint": "a.execute-api.localhost", "Method": "POST", "Path": "/x",
        "QueryParameters": {"q": ["a b", "c", 1]}, "Headers": {"Key": ["v", "w"]},
        "RequestBody": {"a": null, "b": [1]},
    }));
    assert_eq!(request.query().unwrap(), "q=a%20b&q=c&q=1");
    let headers = request.headers().unwrap();
    assert_eq!(headers.get_all("key").iter().collect::<Vec<_>>(), ["v", "w"]);
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(request.body(), r#"{"b":[1]}"#);
}

#[test]
fn what_is_no_request_is_refused() {
    let wrong = |members: Value| {
        let mut parameters = json!({"ApiEndpoint": "a", "Method": "GET"});
        parameters.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        request(parameters)
    };
    assert!(wrong(json!({"QueryParameters": {"a": {}}})).query().is_none());
    for headers in
        [json!({"Authorization": "x"}), json!({"X-Amz-Date": "x"}), json!({"a b": "x"}), json!({"a": "\n"})]
    {
        assert!(wrong(json!({"Headers": headers})).headers().is_err(), "{headers}");
    }
    assert!(Request::deserialize(json!({"ApiEndpoint": "a", "Method": "GET", "Body": 1})).is_err());
}
