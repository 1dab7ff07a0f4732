//! What became of an object after it was written: whether it was brought back from an archive, and where copies of it are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::keys::Id;

/// All of it. Fields are only ever added, and at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fate {
    pub(crate) restore: Option<Restore>,
    pub(crate) replication: Option<Replication>,
    /// Under which id its parts stand, where that is not the version's own: a replica has the id of its source.
    pub(crate) parts: Option<Id>,
}

/// A copy of an archived object, which is there for some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Restore {
    /// For how long it is wanted.
    pub(crate) days: i32,
    /// Until when it is there; nothing while it is still to come.
    pub(crate) until_ms: Option<i64>,
    pub(crate) tier: Tier,
}

/// How fast it is wanted; later ones are faster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Tier {
    Bulk,
    Standard,
    Expedited,
}

/// How an object has to do with replication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Replication {
    /// It is a copy itself.
    Replica,
    /// It is to be copied to these buckets.
    Source(BTreeMap<String, Status>),
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Pending,
    Completed,
    Failed,
}

impl Replication {
    /// As the model calls it: the worst that is true of any copy.
    pub(crate) fn status(&self) -> &'static str {
        let Replication::Source(copies) = self else { return "REPLICA" };
        match copies {
            copies if copies.values().any(|status| *status == Status::Failed) => "FAILED",
            copies if copies.values().any(|status| *status == Status::Pending) => "PENDING",
            _ => "COMPLETED",
        }
    }
}

impl Fate {
    /// Whether it may go or move: not while copies of it are still owed.
    pub(crate) fn owes_copies(&self) -> bool {
        matches!(&self.replication, Some(Replication::Source(copies))
            if copies.values().any(|status| *status != Status::Completed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_the_worst_of_all() {
        let of = |statuses: &[Status]| {
            let copies = statuses.iter().enumerate().map(|(n, status)| (n.to_string(), *status));
            Replication::Source(copies.collect()).status()
        };
        assert_eq!(of(&[Status::Completed, Status::Completed]), "COMPLETED");
        assert_eq!(of(&[Status::Completed, Status::Pending]), "PENDING");
        assert_eq!(of(&[Status::Failed, Status::Pending]), "FAILED");
        assert_eq!(Replication::Replica.status(), "REPLICA");
    }
}
