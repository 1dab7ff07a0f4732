//! Tags: the one place where resources of all services have theirs.
//!
//! A service says how a resource is found by its ARN, how its two actions are called and how it words what is wrong with
//! tags: a [`Tagging`]. Its operations on tags are then a few lines, and whoever asks for resources by their tags finds
//! those of all services in one range, without knowing one of them.
//!
//! Never here: tags of who calls (users and roles), which are a part of what IAM keeps of them.

mod across;
mod inside;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::Range;

use names::tags::{COUNT_MAX, Error};
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::tuple::{Key, Parts};
use store::{Direction, Reads, Transaction, record};
use wire::Fault;

use crate::{Result, Tx};

pub use across::Taggable;
pub use inside::{Inside, Whose, take_over};

/// Finds the resource that an ARN names: where it is, and its ARN as its service writes it; or the service's error.
pub type Find = fn(&Tx<'_>, &Arn) -> Result<(Scope, Arn)>;

/// How a service tags its resources.
///
/// | key | value |
/// |---|---|
/// | `"tags", account, region, ARN` | [`Kept`]; it is there from the first tag on, until its resource is deleted |
/// | `"tags taken over", service` | nothing: [`take_over`] has nothing more to do |
#[derive(Clone, Copy)]
pub struct Tagging {
    find: Find,
    refusal: fn(Error) -> Fault,
    actions: [&'static str; 2],
    /// How the resources begin that are this service's, among those of services that have one name in ARNs; empty: all.
    beginnings: &'static [&'static str],
}

/// What is stored of a resource's tags, in the order of their keys. Earlier programs took some that names do not allow.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    tags: BTreeMap<String, String>,
}

/// A resource that has tags, or had some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    /// Where it stands among all of its account and region: lists of them are in this order.
    pub place: Vec<u8>,
    /// Its ARN.
    pub arn: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Tagging {
    /// `refusal` words what is wrong with tags.
    #[must_use]
    pub const fn new(find: Find, refusal: fn(Error) -> Fault) -> Self {
        Tagging { find, refusal, actions: ["TagResource", "UntagResource"], beginnings: &[] }
    }

    /// Which resources are this service's, where another one has the same name in ARNs: how they begin.
    #[must_use]
    pub const fn of(self, beginnings: &'static [&'static str]) -> Self {
        Tagging { beginnings, ..self }
    }

    /// Whether that resource may be this service's, if the service's name is.
    fn is_of(&self, resource: &str) -> bool {
        self.beginnings.is_empty() || self.beginnings.iter().any(|beginning| resource.starts_with(beginning))
    }

    /// IAM's names for adding and for taking away tags, where they are not `TagResource` and `UntagResource`.
    #[must_use]
    pub const fn actions(self, add: &'static str, remove: &'static str) -> Self {
        Tagging { actions: [add, remove], ..self }
    }

    /// The tags of a request, as far as AWS takes them.
    ///
    /// # Errors
    /// The service's words for the first that is malformed, or given twice.
    pub fn checked<K: Into<String>, V: Into<String>>(
        &self,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<BTreeMap<String, String>, Fault> {
        names::tags::checked(tags).map_err(self.refusal)
    }

    /// Adds tags to a resource, and changes the values of those that it has.
    ///
    /// # Errors
    /// As [`Tagging::checked`], or when there would be too many.
    pub fn add<K: Into<String>, V: Into<String>>(
        &self,
        tx: &mut Transaction,
        scope: &Scope,
        arn: &Arn,
        tags: impl IntoIterator<Item = (K, V)>,
    ) -> Result<()> {
        let new = self.checked(tags)?;
        if new.is_empty() {
            return Ok(());
        }
        let mut tags = of(tx, scope, arn)?;
        tags.extend(new);
        if tags.len() > COUNT_MAX {
            return Err((self.refusal)(Error::TooMany).into());
        }
        Ok(tx.put_record(key(scope, arn), &Kept { tags })?)
    }
}

/// The tags of a resource; none where there is no such resource.
///
/// # Errors
/// The store's.
pub fn of(reads: &impl Reads, scope: &Scope, arn: &Arn) -> Result<BTreeMap<String, String>> {
    Ok(reads.get_record::<Kept>(&key(scope, arn))?.unwrap_or_default().tags)
}

/// Takes tags away from a resource; those that it does not have are no error.
///
/// # Errors
/// The store's.
pub fn remove(tx: &mut Transaction, scope: &Scope, arn: &Arn, keys: &[String]) -> Result<()> {
    let key = key(scope, arn);
    let Some(mut kept) = tx.get_record::<Kept>(&key)? else { return Ok(()) };
    kept.tags.retain(|key, _| !keys.contains(key));
    Ok(tx.put_record(key, &kept)?)
}

/// Forgets the tags of a resource that is deleted.
pub fn forget(tx: &mut Transaction, scope: &Scope, arn: &Arn) {
    tx.delete(key(scope, arn));
}

/// Every resource in a part of [`range`] that has tags or had some, in the order of ARNs.
///
/// # Errors
/// The store's, for each.
pub fn all<'a, R: Reads>(
    reads: &'a R,
    range: Range<Vec<u8>>,
) -> impl Iterator<Item = Result<Tagged>> + use<'a, R> {
    reads.scan(range, Direction::Forward).map(|entry| {
        let (place, value) = entry?;
        let arn = arn_in(&place)?;
        Ok(Tagged { place: place.into(), arn, tags: record::decode::<Kept>(&value)?.tags })
    })
}

/// Where the tagged resources of an account and region are.
#[must_use]
pub fn range(scope: &Scope) -> Range<Vec<u8>> {
    of_scope(scope).prefix_range()
}

fn of_scope(scope: &Scope) -> Key {
    Key::new().str("tags").str(scope.account.as_str()).str(scope.region.as_str())
}

fn key(scope: &Scope, arn: &Arn) -> Key {
    of_scope(scope).str(arn.as_str())
}

/// The ARN in a key.
fn arn_in(key: &[u8]) -> Result<String, store::Error> {
    let mut parts = Parts::new(key);
    for _ in 0..3 {
        parts.str()?;
    }
    Ok(parts.str()?.into_owned())
}
