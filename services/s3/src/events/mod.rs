//! Who is told of what happens to objects: noted in the transaction that makes it happen, told afterwards, at least once.
//!
//! Follows "Amazon S3 Event Notifications" in S3's user guide. EventBridge is not here yet, so nobody is told through it.

mod delivery;
mod record;

use api_s3 as api;
use service::{Jobs, Result, Tx};

use crate::bucket::Bucket;
use crate::object::Version;
use crate::setting;
use delivery::Notice;

pub(crate) use delivery::run;

/// Notices that are still to be delivered.
const NOTICES: Jobs = Jobs::new("s3", "notice", 32);

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind<'a> {
    /// It was put.
    Put,
    /// It is a copy of another one.
    Copied,
    /// It was uploaded in parts.
    Completed,
    /// It, or a version of it, was deleted for good.
    Deleted,
    /// It was deleted in a bucket that keeps versions.
    MarkerCreated,
    /// It got other tags.
    Tagged,
    /// Its tags were taken away.
    Untagged,
    /// A lifecycle removed it for good.
    Expired,
    /// A lifecycle deleted it in a bucket that keeps versions.
    ExpiredToMarker,
    /// A lifecycle gave it another class.
    Moved,
    /// It is to be brought back from an archive.
    RestoreBegun,
    /// It was brought back.
    Restored,
    /// What was brought back of it is gone.
    RestoreEnded,
    /// It could not be copied to another bucket.
    NotReplicated { rule: &'a str, destination: &'a str },
    /// It got another access control list.
    ListPut,
}

impl Kind<'_> {
    /// The version of the message's structure: those from 2.2 on say more.
    fn version(self) -> &'static str {
        match self {
            Kind::NotReplicated { .. } => "2.2",
            Kind::Tagged
            | Kind::Untagged
            | Kind::Expired
            | Kind::ExpiredToMarker
            | Kind::Moved
            | Kind::RestoreEnded => "2.3",
            _ => "2.1",
        }
    }

    /// As records call it; configurations have `s3:` before it.
    fn name(self) -> &'static str {
        match self {
            Kind::Put => "ObjectCreated:Put",
            Kind::Copied => "ObjectCreated:Copy",
            Kind::Completed => "ObjectCreated:CompleteMultipartUpload",
            Kind::Deleted => "ObjectRemoved:Delete",
            Kind::MarkerCreated => "ObjectRemoved:DeleteMarkerCreated",
            Kind::Tagged => "ObjectTagging:Put",
            Kind::Untagged => "ObjectTagging:Delete",
            Kind::Expired => "LifecycleExpiration:Delete",
            Kind::ExpiredToMarker => "LifecycleExpiration:DeleteMarkerCreated",
            Kind::Moved => "LifecycleTransition",
            Kind::RestoreBegun => "ObjectRestore:Post",
            Kind::Restored => "ObjectRestore:Completed",
            Kind::RestoreEnded => "ObjectRestore:Delete",
            Kind::NotReplicated { .. } => "Replication:OperationFailedReplication",
            Kind::ListPut => "ObjectAcl:Put",
        }
    }
}

/// Something that happened to a version under a key.
pub(crate) struct Event<'a> {
    pub(crate) kind: Kind<'a>,
    pub(crate) bucket: &'a Bucket,
    pub(crate) key: &'a str,
    pub(crate) version: &'a Version,
}

impl Event<'_> {
    /// Notes it for whoever wants to know.
    pub(crate) fn note(&self, tx: &mut Tx<'_>) -> Result<()> {
        let Some(wanted) = setting::find::<api::NotificationConfiguration>(&**tx, self.bucket)? else {
            return Ok(());
        };
        for (arn, id) in destinations(&wanted, self) {
            let body = record::of(tx, self, id);
            let Bucket { owner, region, name, .. } = self.bucket;
            let notice = Notice {
                destination: arn.to_owned(),
                body,
                owner: *owner,
                region: *region,
                bucket: name.clone(),
                tries: 0,
                trace: tx.context.caller.trace.as_deref().map(str::to_owned),
            };
            let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
            NOTICES.put(tx, now_ms, &id, &notice)?;
        }
        Ok(())
    }
}

/// The destinations that want to know of an event, each with the id of its configuration.
fn destinations<'a>(
    wanted: &'a api::NotificationConfiguration,
    event: &Event<'_>,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let wants = |events: &[api::Event], filter: Option<&api::NotificationConfigurationFilter>| {
        events.iter().any(|wanted| means(wanted.as_str(), event.kind)) && fits(filter, event.key)
    };
    let topics = wanted.topic_configurations.iter().flatten();
    let topics = topics.map(|one| (&one.topic_arn, &one.id, &one.events, one.filter.as_ref()));
    let queues = wanted.queue_configurations.iter().flatten();
    let queues = queues.map(|one| (&one.queue_arn, &one.id, &one.events, one.filter.as_ref()));
    let functions = wanted.lambda_function_configurations.iter().flatten();
    let functions =
        functions.map(|one| (&one.lambda_function_arn, &one.id, &one.events, one.filter.as_ref()));
    topics
        .chain(queues)
        .chain(functions)
        .filter(move |(_, _, events, filter)| wants(events, *filter))
        .map(|(arn, id, ..)| (arn.as_str(), id.as_deref().unwrap_or_default()))
}

/// Whether a name in a configuration, such as `s3:ObjectCreated:*`, means an event.
fn means(wanted: &str, kind: Kind<'_>) -> bool {
    let Some(wanted) = wanted.strip_prefix("s3:") else { return false };
    wanted.strip_suffix('*').map_or(wanted == kind.name(), |begin| kind.name().starts_with(begin))
}

/// Whether a key begins and ends as a filter wants it.
fn fits(filter: Option<&api::NotificationConfigurationFilter>, key: &str) -> bool {
    let rules = filter.and_then(|filter| filter.key.as_ref()?.filter_rules.as_deref()).unwrap_or_default();
    rules.iter().all(|rule| {
        let value = rule.value.as_deref().unwrap_or_default();
        let is_end = rule.name.as_ref().is_some_and(|name| name.as_str().eq_ignore_ascii_case("suffix"));
        if is_end { key.ends_with(value) } else { key.starts_with(value) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_one_event_or_all_of_a_kind() {
        for (wanted, is_meant) in [
            ("s3:ObjectCreated:*", true),
            ("s3:ObjectCreated:Put", true),
            ("s3:ObjectCreated:Copy", false),
            ("s3:ObjectRemoved:*", false),
            ("ObjectCreated:Put", false),
        ] {
            assert_eq!(means(wanted, Kind::Put), is_meant, "{wanted}");
        }
    }

    #[test]
    fn filters_look_at_both_ends() {
        let rule = |name: &str, value: &str| api::FilterRule {
            name: Some(name.into()),
            value: Some(value.to_owned()),
        };
        let filter = |rules: Vec<api::FilterRule>| api::NotificationConfigurationFilter {
            key: Some(api::S3KeyFilter { filter_rules: Some(rules) }),
        };
        let both = filter(vec![rule("Prefix", "in/"), rule("Suffix", ".json")]);
        assert!(fits(Some(&both), "in/a.json") && fits(None, "x"));
        assert!(!fits(Some(&both), "in/a.txt") && !fits(Some(&both), "out/a.json"));
    }
}
