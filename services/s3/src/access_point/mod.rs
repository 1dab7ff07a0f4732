//! Access points: names under which a bucket is reached by rules of their own.
//!
//! An access point is one record, found by account, region and name; its alias leads to its ARN. `passage` finds out which
//! requests come through one, and `crate::s3control` is the API that makes them.
//!
//! Never here: who may come through, which is for the guard to ask, by [`crate::access`].

mod name;
pub(crate) mod passage;

use std::sync::Arc;

use names::{Account, Arn, Region, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads;
use wire::Fault;

use crate::keys;
use crate::settings::public_access::Closed;

pub(crate) use name::{alias, check as check_name};

/// What stands before its name in an ARN.
const KIND: &str = "accesspoint";

/// An access point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessPoint {
    pub(crate) name: String,
    pub(crate) owner: Account,
    pub(crate) region: Region,
    /// Its other name, by which it is addressed as buckets are.
    pub(crate) alias: String,
    pub(crate) bucket: String,
    pub(crate) bucket_owner: Account,
    pub(crate) created_ms: i64,
    /// The network that requests have to come from; none where they may come from anywhere.
    pub(crate) vpc: Option<String>,
    pub(crate) closed: Closed,
    pub(crate) policy: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_access_point: AccessPoint);

impl AccessPoint {
    /// The access point of that name.
    pub(crate) fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Option<Arc<Self>>> {
        Ok(reads.get_shared(&keys::access_point(scope, name))?)
    }

    /// The access point that an ARN is of, or an object behind it.
    pub(crate) fn of_arn(reads: &impl Reads, arn: &Arn) -> Result<Option<Arc<Self>>> {
        match (arn.scope(), name_in(arn)) {
            (Some(scope), Some(name)) => Self::find(reads, &scope, name),
            _ => Ok(None),
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        Scope::new(self.owner, self.region)
    }

    pub(crate) fn arn(&self) -> Arn {
        arn(&self.scope(), &self.name)
    }

    /// From where requests may come, as AWS calls it.
    pub(crate) fn origin(&self) -> &'static str {
        origin(self.vpc.is_some())
    }

    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Result<()> {
        Ok(tx.put_record(keys::access_point(&self.scope(), &self.name), self)?)
    }
}

pub(crate) fn origin(is_within_vpc: bool) -> &'static str {
    if is_within_vpc { "VPC" } else { "Internet" }
}

/// `arn:aws:s3:eu-west-1:000000000000:accesspoint/trips`.
pub(crate) fn arn(scope: &Scope, name: &str) -> Arn {
    Arn::in_scope("s3", scope, format_args!("{KIND}/{name}"))
}

/// The name of the access point that an ARN is of, or an object behind it.
pub(crate) fn name_in(arn: &Arn) -> Option<&str> {
    let rest = arn.resource().strip_prefix(KIND)?.strip_prefix(['/', ':'])?;
    rest.split('/').next().filter(|name| arn.service() == "s3" && !name.is_empty())
}

pub(crate) fn no_such(name: &str) -> Fault {
    Fault::new("NoSuchAccessPoint", 404, "The specified accesspoint does not exist")
        .with_element("AccessPointName", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_name_access_points() {
        let scope = Scope::new(Account::ZERO, Region::US_EAST_1);
        assert_eq!(arn(&scope, "trips").as_str(), "arn:aws:s3:us-east-1:000000000000:accesspoint/trips");
        for (text, expected) in [
            ("arn:aws:s3:us-east-1:000000000000:accesspoint/trips", Some("trips")),
            ("arn:aws:s3:us-east-1:000000000000:accesspoint:trips", Some("trips")),
            ("arn:aws:s3:us-east-1:000000000000:accesspoint/trips/object/a/b", Some("trips")),
            ("arn:aws:s3:us-east-1:000000000000:accesspoint/", None),
            ("arn:aws:s3:us-east-1:000000000000:accesspoints/trips", None),
            ("arn:aws:s3-object-lambda:us-east-1:000000000000:accesspoint/trips", None),
            ("arn:aws:s3:::accesspoint", None),
        ] {
            assert_eq!(name_in(&text.parse().unwrap()), expected, "{text}");
        }
    }
}
