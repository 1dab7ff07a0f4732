//! What messages mean.

use super::*;

#[test]
fn addresses_of_services() {
    let read = |uri| address(uri).map(|found| (found.service, found.within, found.kind, found.rest));
    let sqs = read("arn:aws:apigateway:us-east-1:sqs:path/000000000000/trips");
    assert_eq!(sqs, Some(("sqs", None, "path", "000000000000/trips")));
    let dynamodb = read("arn:aws:apigateway:us-east-1:dynamodb:action/PutItem");
    assert_eq!(dynamodb, Some(("dynamodb", None, "action", "PutItem")));
    let bucket = read("arn:aws:apigateway:us-east-1:a.b.s3:path/key");
    assert_eq!(bucket, Some(("s3", Some("a.b"), "path", "key")));
    assert_eq!(read("arn:aws:apigateway"), None);
}

#[test]
fn messages_name_operations_in_two_ways() {
    let named =
        |header: Option<&'static str>, body: &'static str| {
            let mut sent = Sent { body: body.into(), ..Sent::default() };
            sent.headers.extend(header.map(|name| {
                (header::HeaderName::from_static("x-amz-target"), HeaderValue::from_static(name))
            }));
            named_in(&sent)
        };
    assert_eq!(named(Some("A_1.PutItem"), "{}"), Some("PutItem".into()));
    assert_eq!(named(None, "Action=SendMessage&A=b"), Some("SendMessage".into()));
    assert_eq!(named(None, "{}"), None);
}
