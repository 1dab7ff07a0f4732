//! Events as those get them who are told: "Event message structure" in S3's user guide.

use serde_json::{Value, json};
use service::Tx;
use wire::TimestampFormat;

use super::{Event, Kind};
use crate::owner;

/// The whole message.
pub(super) fn of(tx: &Tx<'_>, event: &Event<'_>, configuration: &str) -> String {
    let caller = &tx.context.caller;
    let owner = owner::canonical_id(event.bucket.owner);
    let record = json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": event.bucket.region.as_str(),
        "eventTime": tx.now.format(TimestampFormat::DateTime),
        "eventName": event.kind.name(),
        "userIdentity": { "principalId": format!("AWS:{}", caller.principal.id) },
        "requestParameters": { "sourceIPAddress": caller.source_ip.map(|ip| ip.to_string()).unwrap_or_default() },
        "responseElements": { "x-amz-request-id": &*caller.request_id, "x-amz-id-2": &*caller.request_id },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": event.bucket.name,
                "ownerIdentity": { "principalId": owner },
                "arn": event.bucket.arn().as_str(),
            },
            "object": object(event),
        },
    });
    json!({ "Records": [record] }).to_string()
}

fn object(event: &Event<'_>) -> Value {
    let version = event.version;
    let mut object = json!({
        "key": encoded(event.key),
        "sequencer": format!("{:018X}", version.number),
    });
    if event.bucket.has_versions() {
        object["versionId"] = version.id_text().into();
    }
    if let (Some(content), true) = (&version.content, event.kind != Kind::Deleted) {
        object["size"] = content.size.into();
        object["eTag"] = content.etag().trim_matches('"').into();
    }
    object
}

/// As in a form, but for slashes.
fn encoded(key: &str) -> String {
    form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>().replace("%2F", "/")
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn keys_are_encoded_as_in_a_form() {
        assert_eq!(encoded("red flower/ü+1.jpg"), "red+flower/%C3%BC%2B1.jpg");
    }
}
