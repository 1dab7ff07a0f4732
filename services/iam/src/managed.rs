//! Managed policies: records of those that accounts make, and the few of AWS's own that serverless applications attach.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use api_iam as api;
use names::{Account, Arn, Partition};
use serde::{Deserialize, Serialize};
use service::Result;
use store::{Direction, Reads};
use wire::Timestamp;

use crate::{document, errors, identity, keys};

/// The beginning of the ARNs of AWS's own.
const AWS_PREFIX: &str = "arn:aws:iam::aws:policy";
/// When AWS's own were made, as far as this program knows: the epoch.
const AWS_CREATED_MS: i64 = 0;

/// A managed policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Managed {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) id: String,
    pub(crate) created_ms: i64,
    pub(crate) updated_ms: i64,
    pub(crate) description: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    /// By their numbers.
    pub(crate) versions: BTreeMap<u32, Version>,
    pub(crate) default_version: u32,
    /// Numbers are never used again.
    pub(crate) next_version: u32,
    pub(crate) is_aws: bool,
}

#[cfg(test)]
layouts::stays!(stored_managed_policy: Managed);

/// One version of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Version {
    pub(crate) document: String,
    pub(crate) created_ms: i64,
}

/// One of AWS's own, in the file of facts.
#[derive(Deserialize)]
struct Fact {
    name: String,
    path: String,
    document: serde_json::Value,
}

/// AWS's own, by their ARNs.
static AWS: LazyLock<BTreeMap<String, Managed>> = LazyLock::new(|| {
    let facts: Vec<Fact> = serde_json::from_str(include_str!("aws/policies.json")).unwrap_or_default();
    facts.into_iter().map(|fact| (format!("{AWS_PREFIX}{}{}", fact.path, fact.name), of_aws(fact))).collect()
});

fn of_aws(fact: Fact) -> Managed {
    let version = Version { document: format!("{:#}", fact.document), created_ms: AWS_CREATED_MS };
    Managed {
        id: format!("ANPA{:A>17.17}", fact.name.to_uppercase()),
        name: fact.name,
        path: fact.path,
        created_ms: AWS_CREATED_MS,
        updated_ms: AWS_CREATED_MS,
        description: None,
        tags: BTreeMap::new(),
        versions: BTreeMap::from([(1, version)]),
        default_version: 1,
        next_version: 2,
        is_aws: true,
    }
}

/// AWS's own, in the order of their ARNs.
pub(crate) fn all_of_aws() -> impl Iterator<Item = &'static Managed> {
    AWS.values()
}

/// The policy of that ARN, if there is one.
pub(crate) fn find(reads: &impl Reads, account: Account, arn: &str) -> Result<Option<Managed>> {
    if let Some(managed) = AWS.get(arn) {
        return Ok(Some(managed.clone()));
    }
    let name = arn.rsplit('/').next().unwrap_or_default();
    let found: Option<Managed> = reads.get_record(&keys::policy(account, name))?;
    Ok(found.filter(|managed| managed.arn(account) == arn))
}

/// The policy of that ARN, or IAM's refusal.
pub(crate) fn get(reads: &impl Reads, account: Account, arn: &str) -> Result<Managed> {
    let missing = || errors::no_such(format!("Policy {arn} was not found."));
    Ok(find(reads, account, arn)?.ok_or_else(missing)?)
}

impl Managed {
    pub(crate) fn arn(&self, account: Account) -> String {
        if self.is_aws {
            return format!("{AWS_PREFIX}{}{}", self.path, self.name);
        }
        let resource = format_args!("policy{}{}", self.path, self.name);
        Arn::global("iam", Partition::Aws, &account, resource).to_string()
    }

    /// How many users and roles have it.
    pub(crate) fn attachments(&self, reads: &impl Reads, account: Account) -> Result<usize> {
        let range = keys::attachments(account, &self.arn(account)).prefix_range();
        let mut count = 0;
        for entry in reads.scan(range, Direction::Forward) {
            entry?;
            count += 1;
        }
        Ok(count)
    }

    /// As the API shows it.
    pub(crate) fn shown(&self, reads: &impl Reads, account: Account) -> Result<api::Policy> {
        Ok(api::Policy {
            policy_name: Some(self.name.clone()),
            policy_id: Some(self.id.clone()),
            arn: Some(self.arn(account)),
            path: Some(self.path.clone()),
            default_version_id: Some(format!("v{}", self.default_version)),
            attachment_count: i32::try_from(self.attachments(reads, account)?).ok(),
            permissions_boundary_usage_count: Some(0),
            is_attachable: Some(true),
            description: self.description.clone(),
            create_date: Some(Timestamp(self.created_ms)),
            update_date: Some(Timestamp(self.updated_ms)),
            tags: (!self.tags.is_empty()).then(|| identity::shown_tags(&self.tags)),
        })
    }

    /// As the API shows one version, with or without its document.
    pub(crate) fn shown_version(&self, number: u32, with_document: bool) -> Option<api::PolicyVersion> {
        let version = self.versions.get(&number)?;
        Some(api::PolicyVersion {
            document: with_document.then(|| document::shown(&version.document)),
            version_id: Some(format!("v{number}")),
            is_default_version: Some(number == self.default_version),
            create_date: Some(Timestamp(version.created_ms)),
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_policy_of_aws_is_well_formed() {
        assert!(super::AWS.len() > 5);
        for (arn, managed) in super::AWS.iter() {
            let document = &managed.versions[&1].document;
            assert!(crate::document::check(policy::Kind::Identity, document).is_ok(), "{arn}");
            assert_eq!(managed.id.len(), 21, "{arn}");
        }
    }
}
