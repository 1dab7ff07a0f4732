//! Lines of access logs, letter by letter.

use super::*;

#[test]
fn moments_are_told_as_web_servers_do() {
    assert_eq!(time(Timestamp(1_549_411_238_000)), "[06/Feb/2019:00:00:38 +0000]");
}

#[test]
fn nobody_ends_a_field() {
    assert_eq!(quoted("a \"b\"\nc"), "\"a %22b%22 c\"");
    assert_eq!(parameter("a=1&versionId=x%20y", "versionId").as_deref(), Some("x%20y"));
}

#[test]
fn signatures_are_told_by_where_they_stand() {
    let mut headers = HeaderMap::new();
    assert_eq!(signature(&headers, ""), ("-", "-"));
    assert_eq!(signature(&headers, "a=1&X-Amz-Signature=x"), ("SigV4", "QueryString"));
    assert_eq!(signature(&headers, "Signature=x"), ("SigV2", "QueryString"));
    headers.insert(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=x".parse().unwrap());
    assert_eq!(signature(&headers, ""), ("SigV4", "AuthHeader"));
}
