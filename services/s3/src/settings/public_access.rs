//! Which doors to the public are closed: of a bucket, of an account, of an access point. What one of them closes is closed.

use api_s3 as api;
use names::Account;
use serde::{Deserialize, Serialize};
use service::{Caller, Result, Tx};
use store::Reads;
use wire::Fault;

use crate::access_point::AccessPoint;
use crate::bucket::Bucket;
use crate::keys;
use crate::setting::{self, Setting};

impl Setting for api::PublicAccessBlockConfiguration {
    const KIND: &'static str = "public-access-block";

    fn check(&mut self, _: &Tx<'_>, _: &Bucket) -> Result<()> {
        for flag in [
            &mut self.block_public_acls,
            &mut self.ignore_public_acls,
            &mut self.block_public_policy,
            &mut self.restrict_public_buckets,
        ] {
            flag.get_or_insert(false);
        }
        Ok(())
    }

    fn absent(bucket: &Bucket) -> Result<Self, Fault> {
        Err(bucket.has_no("NoSuchPublicAccessBlockConfiguration", NOT_FOUND))
    }
}

/// There is no such setting.
pub(crate) const NOT_FOUND: &str = "The public access block configuration was not found";

/// The doors that are closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Closed {
    /// Lists that let in everybody are refused.
    pub(crate) to_new_lists: bool,
    /// Those that are there say nothing to everybody.
    pub(crate) to_lists: bool,
    /// Policies that let in everybody are refused.
    pub(crate) to_new_policies: bool,
    /// Those that are there count for the owner's account and for services of AWS.
    pub(crate) to_policies: bool,
}

#[cfg(test)]
layouts::stays!(stored_closed: Closed);

impl Closed {
    /// All of them.
    pub(crate) const ALL: Closed =
        Closed { to_new_lists: true, to_lists: true, to_new_policies: true, to_policies: true };

    fn or(self, other: Closed) -> Self {
        Closed {
            to_new_lists: self.to_new_lists || other.to_new_lists,
            to_lists: self.to_lists || other.to_lists,
            to_new_policies: self.to_new_policies || other.to_new_policies,
            to_policies: self.to_policies || other.to_policies,
        }
    }
}

impl From<api::PublicAccessBlockConfiguration> for Closed {
    fn from(setting: api::PublicAccessBlockConfiguration) -> Self {
        Closed {
            to_new_lists: setting.block_public_acls == Some(true),
            to_lists: setting.ignore_public_acls == Some(true),
            to_new_policies: setting.block_public_policy == Some(true),
            to_policies: setting.restrict_public_buckets == Some(true),
        }
    }
}

pub(crate) fn shown(setting: api::PublicAccessBlockConfiguration) -> api::GetPublicAccessBlockOutput {
    api::GetPublicAccessBlockOutput { public_access_block_configuration: Some(setting) }
}

/// What a new bucket has: everything closed.
pub(crate) fn closed() -> api::PublicAccessBlockConfiguration {
    api::PublicAccessBlockConfiguration {
        block_public_acls: Some(true),
        ignore_public_acls: Some(true),
        block_public_policy: Some(true),
        restrict_public_buckets: Some(true),
    }
}

/// What is closed for a bucket, by its own setting or by its account's.
pub(crate) fn of(reads: &impl Reads, bucket: &Bucket) -> Result<Closed> {
    let own: Option<api::PublicAccessBlockConfiguration> = setting::find(reads, bucket)?;
    Ok(own.map_or_else(Closed::default, Closed::from).or(of_account(reads, bucket.owner)?))
}

/// The same for whoever may have come through an access point, which can close more.
pub(crate) fn of_request(reads: &impl Reads, bucket: &Bucket, caller: &Caller) -> Result<Closed> {
    let closed = of(reads, bucket)?;
    let Some(passage) = &caller.passage else { return Ok(closed) };
    let point = AccessPoint::of_arn(reads, &passage.arn)?;
    Ok(match point {
        Some(point) => closed.or(of_point(reads, &point)?),
        None => closed,
    })
}

/// What is closed for an access point, by its own setting or by its account's.
pub(crate) fn of_point(reads: &impl Reads, point: &AccessPoint) -> Result<Closed> {
    Ok(point.closed.or(of_account(reads, point.owner)?))
}

/// What an account has closed; nothing, when it has set nothing.
fn of_account(reads: &impl Reads, account: Account) -> Result<Closed> {
    Ok(reads.get_shared::<Closed>(&keys::public_access(account))?.as_deref().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_of_them_closes_is_closed() {
        let none = Closed::default();
        let lists = Closed { to_new_lists: true, to_lists: true, ..none };
        let policies = Closed { to_new_policies: true, to_policies: true, ..none };
        assert_eq!((lists.or(policies), lists.or(none), none.or(none)), (Closed::ALL, lists, none));
        assert_eq!(Closed::from(closed()), Closed::ALL);
        assert_eq!(Closed::from(api::PublicAccessBlockConfiguration::default()), none);
    }
}
