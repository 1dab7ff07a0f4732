//! Global tables (version 2019.11.21): tables of one name in several regions, each of which takes writes.
//!
//! All regions are in one store, and yet what is written in one comes to the others after the write is answered, as at AWS:
//! `outgoing` notes each change beside it and carries it to the others, where the last writer wins. `join` makes a replica of
//! a table and copies what is there, `leave` ends one; both are jobs that outlive the process. `request` reads what
//! UpdateTable asks for, `update` carries it out, `mirror` keeps those settings equal that all replicas share, `shown`
//! describes replicas.
//!
//! Never here: strong consistency between regions, witnesses, and replicas in other accounts, and version 2017.11.29, whose operations are refused by name.

mod join;
mod leave;
mod mirror;
mod outgoing;
mod request;
mod shown;
mod update;

use std::sync::Arc;

use names::{Region, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use wire::Fault;

pub(crate) use self::join::run as run_joins;
pub(crate) use self::leave::{begin as leave, run as run_leaves};
pub(crate) use self::mirror::{settings as mirror_settings, ttl as mirror_ttl};
pub(crate) use self::outgoing::{follow, run as run_outgoing};
pub(crate) use self::shown::show;
pub(crate) use self::update::update;
use crate::keys::Id;
use crate::table::{Place, Table};

/// What a table's record says of its part in a global table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Global {
    /// The same for all its replicas.
    pub(crate) group: Id,
    pub(crate) state: State,
    /// The others, in the order in which this one came to know them.
    pub(crate) replicas: Vec<Replica>,
}

/// Whether a replica is one yet, and still is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    /// It gets the items of the one in that region.
    Creating {
        source: Region,
    },
    Active,
    /// It ends when all that was written there is in the others.
    Deleting,
}

/// Another replica.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replica {
    pub(crate) region: Region,
    /// Since when it is a replica, if it was made of this table.
    pub(crate) sourced_ms: Option<i64>,
}

impl State {
    /// As the API names it.
    fn name(&self) -> &'static str {
        match self {
            State::Creating { .. } => "CREATING",
            State::Active => "ACTIVE",
            State::Deleting => "DELETING",
        }
    }
}

impl Table {
    /// Its status, when nothing else happens to it.
    pub(crate) fn status(&self) -> &'static str {
        match self.restoring.is_some() || self.is_importing {
            true => "CREATING",
            false => self.global.as_ref().map_or("ACTIVE", |global| global.state.name()),
        }
    }

    /// Whether anybody may use it: not while it gets its first items, is restored or imported, and not while it ends.
    pub(crate) fn is_usable(&self) -> bool {
        let is_active = self.global.as_ref().is_none_or(|global| global.state == State::Active);
        is_active && self.restoring.is_none() && !self.is_importing
    }

    /// Where its replica in that region is.
    fn place_in(&self, region: Region) -> Place {
        Place { scope: Scope::new(self.scope.account, region), name: self.name.clone() }
    }
}

/// A replica of the same global table, by its region.
fn sibling(reads: &impl Reads, table: &Table, region: Region) -> Result<Option<Arc<Table>>> {
    let found: Option<Arc<Table>> = reads.get_shared(&table.place_in(region).key())?;
    let group = |table: &Table| table.global.as_ref().map(|global| global.group);
    Ok(found.filter(|found| group(found) == group(table)))
}

/// All other replicas of a table.
fn siblings(reads: &impl Reads, table: &Table) -> Result<Vec<Arc<Table>>> {
    let mut all = Vec::new();
    for replica in table.global.iter().flat_map(|global| &global.replicas) {
        all.extend(sibling(reads, table, replica.region)?);
    }
    Ok(all)
}

/// Refuses a change of a global table while a replica comes, or goes.
pub(crate) fn check_settled(reads: &impl Reads, table: &Table) -> Result<()> {
    let is_settled = |table: &Table| table.is_usable() && !table.indexes.iter().any(|it| it.is_building);
    if table.global.is_none() || siblings(reads, table)?.iter().all(|sibling| is_settled(sibling)) {
        return Ok(());
    }
    Err(in_use().into())
}

fn in_use() -> Fault {
    api_dynamodb::error::resource_in_use_exception(
        "The resource which you are attempting to change is in use.",
    )
}
