//! To which buckets a version is to be copied.

use std::collections::BTreeMap;

use api_s3 as api;
use serde::{Deserialize, Serialize};

use crate::archive;
use crate::filter::Filter;
use crate::object::version::{Content, Encryption, Version};

/// A bucket, and what its copies are to be like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Destination {
    /// Its name.
    pub(super) bucket: String,
    /// The id of the rule.
    pub(super) rule: String,
    /// Who copies.
    pub(super) role: String,
    /// The class of the copies, where it is not that of their sources.
    pub(super) storage_class: Option<String>,
    /// The key of KMS by which copies are encrypted, where their sources are by one.
    pub(super) key: Option<String>,
    /// Somebody wants to hear when a copy cannot be made.
    pub(super) is_measured: bool,
    /// What is changed about replicas is changed there too.
    pub(super) follows_replicas: bool,
}

/// One for each bucket that any rule names: by the rule of the highest priority that is for the version.
pub(super) fn destinations(
    setting: &api::ReplicationConfiguration,
    key: &str,
    version: &Version,
) -> Vec<Destination> {
    let enabled = setting.rules.iter().filter(|rule| rule.status == api::ReplicationRuleStatus::Enabled);
    let mut fitting: Vec<_> = enabled.filter(|rule| is_for(rule, key, version)).collect();
    fitting.sort_by_key(|rule| rule.priority.unwrap_or_default());
    let each = fitting.into_iter().map(|rule| Destination::of(rule, &setting.role));
    let each: BTreeMap<_, _> = each.map(|each| (each.bucket.clone(), each)).collect();
    each.into_values().collect()
}

fn is_for(rule: &api::ReplicationRule, key: &str, version: &Version) -> bool {
    let filter = Filter::of_replication(rule);
    match &version.content {
        Some(content) => filter.fits(key, content) && may_be_copied(rule, content),
        None => filter.fits_marker(key) && copies_markers(rule),
    }
}

/// Rules without a filter, which are older, always do.
fn copies_markers(rule: &api::ReplicationRule) -> bool {
    let enabled = Some(api::DeleteMarkerReplicationStatus::Enabled);
    let says = rule.delete_marker_replication.as_ref();
    rule.filter.is_none() || says.is_some_and(|says| says.status == enabled)
}

/// Neither what is in an archive, nor what is encrypted by KMS unless the rule wants it.
fn may_be_copied(rule: &api::ReplicationRule, content: &Content) -> bool {
    let criteria = rule.source_selection_criteria.as_ref();
    let with_kms = criteria.and_then(|criteria| criteria.sse_kms_encrypted_objects.as_ref());
    let enabled = api::SseKmsEncryptedObjectsStatus::Enabled;
    let is_kms = matches!(content.encryption, Encryption::Kms { .. });
    !archive::is_archived(content) && (!is_kms || with_kms.is_some_and(|says| says.status == enabled))
}

impl Destination {
    fn of(rule: &api::ReplicationRule, role: &str) -> Self {
        let destination = &rule.destination;
        let criteria = rule.source_selection_criteria.as_ref();
        let modifications = criteria.and_then(|criteria| criteria.replica_modifications.as_ref());
        let encryption = destination.encryption_configuration.as_ref();
        let metrics = destination.metrics.as_ref();
        let time = destination.replication_time.as_ref();
        Destination {
            bucket: destination.bucket.rsplit(':').next().unwrap_or_default().to_owned(),
            rule: rule.id.clone().unwrap_or_default(),
            role: role.to_owned(),
            storage_class: destination.storage_class.as_ref().map(|class| class.as_str().to_owned()),
            key: encryption.and_then(|encryption| encryption.replica_kms_key_id.clone()),
            is_measured: metrics.is_some_and(|metrics| metrics.status == api::MetricsStatus::Enabled)
                || time.is_some_and(|time| time.status == api::ReplicationTimeStatus::Enabled),
            follows_replicas: modifications
                .is_some_and(|says| says.status == api::ReplicaModificationsStatus::Enabled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(bucket: &str, priority: i32, markers: bool) -> api::ReplicationRule {
        let status = if markers { "Enabled" } else { "Disabled" };
        api::ReplicationRule {
            id: Some(format!("{bucket}-{priority}")),
            priority: Some(priority),
            filter: Some(api::ReplicationRuleFilter::default()),
            status: api::ReplicationRuleStatus::Enabled,
            destination: api::Destination {
                bucket: format!("arn:aws:s3:::{bucket}"),
                ..api::Destination::default()
            },
            delete_marker_replication: Some(api::DeleteMarkerReplication { status: Some(status.into()) }),
            ..api::ReplicationRule::default()
        }
    }

    fn marker() -> Version {
        Version { id: [0; 16], number: 1, is_null: false, modified_ms: 0, content: None }
    }

    fn chosen(rules: Vec<api::ReplicationRule>) -> Vec<String> {
        let setting = api::ReplicationConfiguration { role: "r".into(), rules };
        destinations(&setting, "k", &marker()).into_iter().map(|chosen| chosen.rule).collect()
    }

    #[test]
    fn the_highest_priority_of_each_destination_counts() {
        let rules = vec![rule("a", 5, true), rule("b", 1, true), rule("a", 7, true), rule("a", 2, true)];
        assert_eq!(chosen(rules), ["a-7", "b-1"]);
    }

    #[test]
    fn markers_go_where_rules_say_so_and_where_older_rules_say_nothing() {
        let older = api::ReplicationRule {
            filter: None,
            prefix: Some(String::new()),
            delete_marker_replication: None,
            ..rule("c", 1, false)
        };
        let disabled =
            api::ReplicationRule { status: api::ReplicationRuleStatus::Disabled, ..rule("d", 1, true) };
        assert_eq!(chosen(vec![rule("a", 1, true), rule("b", 1, false), older, disabled]), ["a-1", "c-1"]);
    }
}
