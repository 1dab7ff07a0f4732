//! Each refusal, in AWS's words.

use super::*;

const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AK/20150830/us-east-1/sqs/aws4_request, SignedHeaders=host;x-amz-date, \
                      Signature=00";
const NOW_S: i64 = 1_440_938_160;

fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
    fields.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

fn refused(headers: &HeaderMap, query: &str, style: Style, now_s: i64) -> Error {
    let request = Request { method: "GET", path: "/", query, headers, authority: Some("localhost"), style };
    match Claim::find(&request) {
        Err(error) => error,
        Ok(None) => Error::MissingToken,
        Ok(Some(claim)) => {
            let keys = DayKeys::default();
            verify(&request, &claim, Payload::Bytes(b""), &Secret::new("s"), &keys, now_s).unwrap_err()
        }
    }
}

fn of_header(authorization: &str, date: &str, now_s: i64) -> (Fault, String) {
    let fields = [("authorization", authorization), ("x-amz-date", date)];
    let error = refused(&headers(&fields[..if date.is_empty() { 1 } else { 2 }]), "", Style::Standard, now_s);
    (error.fault(), error.to_string())
}

#[test]
fn other_schemes_are_no_claim() {
    for authorization in ["Bearer abc", "AWS AKID:signature=", "Basic Og=="] {
        let (fault, text) = of_header(authorization, "", 0);
        assert_eq!((fault, text.as_str()), (Fault::MissingToken, "Request is missing Authentication Token"));
    }
}

#[test]
fn incomplete_headers_are_told_what_is_missing() {
    let (fault, text) = of_header("AWS4-HMAC-SHA256", "", 0);
    assert_eq!(fault, Fault::Incomplete);
    assert_eq!(
        text,
        "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. \
         Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a \
         'X-Amz-Date' or a 'Date' header. (Hashed with SHA-256 and encoded with Base64) \
         Authorization=YI2YWea8FSxnksZL2ETHbs5elHm9HQufxTLK0W0ffV0="
    );
    let (fault, text) = of_header("AWS4-HMAC-SHA256 Credential=a b", "", 0);
    assert_eq!(fault, Fault::Incomplete);
    assert!(text.starts_with("Invalid key=value pair (missing equal-sign) in Authorization header"));
}

#[test]
fn malformed_parts_are_named() {
    let date = "20150830T123600Z";
    for (from, to, date, expected) in [
        (
            "",
            "",
            "201",
            "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601",
        ),
        (
            "AWS4-HMAC-SHA256",
            "AWS4-ECDSA-P256-SHA256",
            date,
            "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256' (only AWS4-HMAC-SHA256 for now). ",
        ),
        (
            "AK/20150830/us-east-1/sqs/aws4_request",
            "a/b/c/d",
            date,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'a/b/c/d'",
        ),
        (
            "AK/20150830",
            "AK/20150831",
            date,
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20150831' != \
             '20150830', from '20150830T123600Z'.",
        ),
        (
            "aws4_request",
            "aws5_request",
            date,
            "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
        ),
        ("host;", "", date, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."),
    ] {
        assert_eq!(of_header(&SIGNED.replace(from, to), date, NOW_S).1, expected);
    }
}

#[test]
fn clocks_may_differ_by_fifteen_minutes() {
    let at = |now_s| of_header(SIGNED, "20150830T123600Z", now_s);
    assert_eq!(at(NOW_S + 900).0, Fault::Invalid);
    assert_eq!(at(NOW_S - 900).0, Fault::Invalid);
    assert_eq!(
        at(NOW_S + 901).1,
        "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"
    );
    assert_eq!(
        at(NOW_S - 901).1,
        "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"
    );
}

#[test]
fn presigned_queries_are_checked() {
    let none = HeaderMap::new();
    let of_query = |query: &str, style| refused(&none, query, style, NOW_S);
    assert_eq!(
        of_query(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=1&X-Amz-Credential=c&X-Amz-Signature=s",
            Style::Standard
        )
        .to_string(),
        "AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters."
    );
    let whole = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20150830T123600Z&X-Amz-SignedHeaders=host&X-Amz-Signature=s\
                 &X-Amz-Credential=AK%2F20150830%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Expires=";
    for (expires, error) in
        [("x", Error::ExpiresNumber), ("-1", Error::ExpiresNegative), ("604801", Error::ExpiresTooLong)]
    {
        assert_eq!(of_query(&format!("{whole}{expires}"), Style::S3), error);
    }
    assert_eq!(of_query(&format!("{whole}604800"), Style::S3), Error::Mismatch);
    assert_eq!(of_query(whole, Style::S3).fault(), Fault::Query);
    let both = headers(&[("authorization", SIGNED)]);
    assert_eq!(refused(&both, whole, Style::Standard, NOW_S), Error::Twice);
}

#[test]
fn s3_wants_its_headers_signed_and_its_payload_declared() {
    let of = |fields: &[(&'static str, &str)]| {
        let base = [("authorization", SIGNED), ("x-amz-date", "20150830T123600Z")];
        refused(&headers(&[&base, fields].concat()), "", Style::S3, NOW_S)
    };
    assert_eq!(of(&[]), Error::PayloadHeader);
    assert_eq!(of(&[("x-amz-acl", "private")]), Error::HeadersUnsigned { names: "x-amz-acl".to_owned() });
}
