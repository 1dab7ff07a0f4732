//! Verification against tables of facts (AWS's suite, botocore) and against our own signer under tampering.

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

mod refusals;
mod roundtrip;

#[derive(Deserialize)]
struct Suite {
    access_key_id: String,
    secret: String,
    region: String,
    service: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Botocore {
    secret: String,
    unix_s: i64,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Case {
    name: String,
    signer: String,
    service: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
    signed_headers: String,
    signature: String,
}

impl Case {
    fn header_map(&self) -> HeaderMap {
        let field = |(name, value): &(String, String)| {
            (HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap())
        };
        let mut headers = HeaderMap::new();
        self.headers.iter().map(field).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    fn request<'a>(&'a self, headers: &'a HeaderMap, style: Style) -> Request<'a> {
        Request {
            method: &self.method,
            path: &self.path,
            query: &self.query,
            headers,
            authority: None,
            style,
        }
    }
}

#[test]
fn the_published_suite_is_verified() {
    let suite: Suite = serde_json::from_str(include_str!("../testdata/aws_suite.json")).unwrap();
    let keys = DayKeys::default();
    let mut wrong = Vec::new();
    for case in &suite.cases {
        let mut headers = case.header_map();
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20150830/{}/{}/aws4_request, SignedHeaders={}, Signature={}",
            suite.access_key_id, suite.region, suite.service, case.signed_headers, case.signature
        );
        headers.insert("authorization", authorization.parse().unwrap());
        let request = case.request(&headers, Style::Standard);
        let claim = Claim::find(&request).unwrap().unwrap();
        let payload = Payload::Bytes(case.body.as_bytes());
        let proof =
            verify(&request, &claim, payload, &Secret::new(suite.secret.as_str()), &keys, 1_440_938_160);
        if proof.is_err() {
            wrong.push(&case.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_botocore_signs_is_verified() {
    let table: Botocore = serde_json::from_str(include_str!("../testdata/botocore.json")).unwrap();
    let keys = DayKeys::default();
    for case in &table.cases {
        let headers = case.header_map();
        let request = case.request(&headers, Style::of_service(&case.service));
        let claim = Claim::find(&request).unwrap().unwrap();
        assert_eq!(claim.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
        assert_eq!((claim.region(), claim.service()), ("us-east-1", case.service.as_str()));
        assert!(claim.session_token().is_none_or(|token| token == "token//+="));
        assert_eq!(claim.kind() == Kind::Header, !case.signer.contains("Query"));
        let payload = Payload::Bytes(case.body.as_bytes());
        let secret = Secret::new(table.secret.as_str());
        let proof = verify(&request, &claim, payload, &secret, &keys, table.unix_s);
        assert!(proof.is_ok(), "{} {} {}?{}", case.signer, case.method, case.path, case.query);
    }
}

proptest! {
    #[test]
    fn arbitrary_headers_never_panic(
        authorization in "(AWS4-HMAC-SHA256 )?((Credential|SignedHeaders|Signature)=[ -~]{0,30},? ?){0,4}[ -~]{0,10}",
        date in "[0-9TZ]{0,17}", path in "/[ -~é]{0,20}", query in "(X-Amz-Algorithm=)?[ -~é]{0,40}",
    ) {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", authorization.parse().unwrap());
        headers.insert("x-amz-date", date.parse().unwrap());
        for style in [Style::Standard, Style::S3] {
            let request =
                Request { method: "GET", path: &path, query: &query, headers: &headers, authority: None, style };
            if let Ok(Some(claim)) = Claim::find(&request) {
                let secret = Secret::new("s");
                let proof = verify(&request, &claim, Payload::Bytes(b""), &secret, &DayKeys::default(), 0);
                prop_assert!(proof.is_err());
            }
        }
    }
}
