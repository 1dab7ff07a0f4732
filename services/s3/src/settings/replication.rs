//! To which other buckets objects are copied.

use std::collections::BTreeSet;

use api_s3 as api;
use names::Arn;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::filter::check_filter;
use super::versioning;
use crate::bucket::Bucket;
use crate::setting::Setting;
use crate::{errors, keys};

const RULES_MAX: usize = 1000;

impl Setting for api::ReplicationConfiguration {
    const KIND: &'static str = "replication";

    fn check(&mut self, tx: &Tx<'_>, bucket: &Bucket) -> Result<()> {
        if self.rules.is_empty() || self.rules.len() > RULES_MAX {
            return Err(errors::malformed_xml().into());
        }
        if !versioning::is_enabled(tx, bucket)? {
            let message = "Versioning must be 'Enabled' on the bucket to apply a replication configuration";
            return Err(errors::invalid_request(message).into());
        }
        if !is_role(&self.role) {
            return Err(errors::argument(
                "Invalid Role specified in replication configuration",
                "Role",
                &self.role,
            )
            .into());
        }
        for rule in &mut self.rules {
            rule.id.get_or_insert_with(|| tx.random().uuid());
            check_rule(rule)?;
            check_destination(tx, bucket, &rule.destination)?;
        }
        Ok(check_together(&self.rules)?)
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        let message = "The replication configuration was not found";
        Err(bucket.has_no("ReplicationConfigurationNotFoundError", message))
    }
}

pub(crate) fn shown(setting: api::ReplicationConfiguration) -> api::GetBucketReplicationOutput {
    api::GetBucketReplicationOutput { replication_configuration: Some(setting) }
}

fn is_role(arn: &str) -> bool {
    arn.parse::<Arn>().is_ok_and(|arn| arn.service() == "iam" && arn.resource().starts_with("role/"))
}

/// A rule with a filter has a priority and says what becomes of delete markers; an older one has a prefix.
fn check_rule(rule: &api::ReplicationRule) -> Result<(), Fault> {
    match (&rule.filter, &rule.prefix) {
        (None, Some(_)) => Ok(()),
        (Some(filter), None) => {
            if *filter != api::ReplicationRuleFilter::default() {
                check_filter!(filter)?;
            }
            if rule.priority.is_none() {
                return Err(errors::invalid_request(
                    "Priority must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.",
                ));
            }
            if rule.delete_marker_replication.is_none() {
                return Err(errors::invalid_request(
                    "DeleteMarkerReplication must be specified for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more information.",
                ));
            }
            Ok(())
        }
        _ => Err(errors::malformed_xml()),
    }
}

fn check_destination(tx: &Tx<'_>, bucket: &Bucket, destination: &api::Destination) -> Result<()> {
    errors::check_destination(&destination.bucket)?;
    let name = destination.bucket.rsplit(':').next().unwrap_or_default();
    let Some(target) = tx.get_shared::<Bucket>(&keys::bucket(name))? else {
        return Err(errors::invalid_request("Destination bucket must exist.").into());
    };
    if target.id == bucket.id {
        return Err(
            errors::invalid_request("Destination bucket cannot be the same as the source bucket.").into()
        );
    }
    if !versioning::is_enabled(tx, &target)? {
        return Err(errors::invalid_request("Destination bucket must have versioning enabled.").into());
    }
    Ok(())
}

fn check_together(rules: &[api::ReplicationRule]) -> Result<(), Fault> {
    let (mut ids, mut priorities) = (BTreeSet::new(), BTreeSet::new());
    if !rules.iter().all(|rule| ids.insert(&rule.id)) {
        return Err(errors::invalid_argument("Rule Id must be unique. Found same Id for more than one rule"));
    }
    if !rules.iter().filter_map(|rule| rule.priority).all(|priority| priorities.insert(priority)) {
        let message = "Found duplicate priority. Priority must be unique for each rule";
        return Err(errors::invalid_request(message));
    }
    Ok(())
}
