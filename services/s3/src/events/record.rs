//! Events as those get them who are told: "Event message structure" in S3's user guide.

use serde_json::{Value, json};
use service::{Caller, PrincipalKind, Tx};
use wire::{Timestamp, TimestampFormat};

use super::{Event, Kind};
use crate::owner;

/// The whole message.
pub(super) fn of(tx: &Tx<'_>, event: &Event<'_>, configuration: &str) -> String {
    let caller = &tx.context.caller;
    let owner = owner::canonical_id(event.bucket.owner);
    let mut record = json!({
        "eventVersion": event.kind.version(),
        "eventSource": "aws:s3",
        "awsRegion": event.bucket.region.as_str(),
        "eventTime": tx.now.format(TimestampFormat::DateTime),
        "eventName": event.kind.name(),
        "userIdentity": { "principalId": principal(caller) },
        "requestParameters": { "sourceIPAddress": source(caller) },
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
    if let Some((name, more)) = more(event) {
        record[name] = more;
    }
    json!({ "Records": [record] }).to_string()
}

/// Services are called by their names.
fn principal(caller: &Caller) -> String {
    let id = &caller.principal.id;
    if caller.principal.kind == PrincipalKind::Service { id.clone() } else { format!("AWS:{id}") }
}

fn source(caller: &Caller) -> String {
    let is_service = caller.principal.kind == PrincipalKind::Service;
    let service = || if is_service { caller.principal.id.clone() } else { String::new() };
    caller.source_ip.map_or_else(service, |ip| ip.to_string())
}

/// What only events of this kind tell.
fn more(event: &Event<'_>) -> Option<(&'static str, Value)> {
    let content = event.version.content.as_ref()?;
    match event.kind {
        Kind::Moved => {
            let to = json!({ "destinationStorageClass": content.class() });
            Some(("lifecycleEventData", json!({ "transitionEventData": to })))
        }
        Kind::Restored | Kind::RestoreEnded => {
            let until = content.fate.restore.as_ref().and_then(|restore| restore.until_ms);
            let until = Timestamp(until.unwrap_or_default()).format(TimestampFormat::DateTime);
            let copy = json!({
                "lifecycleRestorationExpiryTime": until,
                "lifecycleRestoreStorageClass": content.class(),
            });
            Some(("glacierEventData", json!({ "restoreEventData": copy })))
        }
        Kind::NotReplicated { rule, destination } => {
            let copy = json!({
                "replicationRuleId": rule,
                "destinationBucket": format!("arn:{}:s3:::{destination}", event.bucket.region.partition()),
                "s3Operation": "OBJECT_PUT",
                "requestTime": Timestamp(event.version.modified_ms).format(TimestampFormat::DateTime),
                "failureReason": "DstPutObjectNotPermitted",
            });
            Some(("replicationEventData", copy))
        }
        _ => None,
    }
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
    if let (Some(content), true) = (&version.content, !matches!(event.kind, Kind::Deleted | Kind::Expired)) {
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
