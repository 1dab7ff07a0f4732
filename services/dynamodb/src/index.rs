//! Secondary indexes: what a table knows of each. `keys` has the layout of their entries.
//!
//! `declare` and `update` make them of requests, `backfill` fills those that come late, `entry` keeps their entries as items
//! change, `shown` describes them. How they are read stands in `source`, never here.

pub(crate) mod backfill;
pub(crate) mod declare;
pub(crate) mod entry;
mod shown;
pub(crate) mod update;

use serde::{Deserialize, Serialize};

pub(crate) use self::shown::{projection, shown_global, shown_local};
use crate::keys::Id;
use crate::settings::Units;
use crate::table::{KeyPart, Table};

/// A secondary index of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) name: String,
    /// Its entries stand behind this: an index that is made anew under the same name has nothing of the old one.
    pub(crate) id: Id,
    pub(crate) kind: Kind,
    pub(crate) partition: KeyPart,
    pub(crate) sort: Option<KeyPart>,
    pub(crate) projected: Projected,
    /// Read and write units per second, when they are provisioned.
    pub(crate) provisioned: Option<(i64, i64)>,
    #[serde(default)]
    pub(crate) on_demand: Option<Units>,
    #[serde(default)]
    pub(crate) warm: Option<Units>,
    /// Further attributes of the partition key, and of the sort key, of a global index that has several of a kind.
    #[serde(default)]
    pub(crate) more_partition: Vec<KeyPart>,
    #[serde(default)]
    pub(crate) more_sort: Vec<KeyPart>,
    /// Items that were there before it are not all in it yet.
    #[serde(default)]
    pub(crate) is_building: bool,
}

/// The two kinds of indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    /// It has the table's partitions, in another order each.
    Local,
    /// It has partitions of its own.
    Global,
}

/// What entries have besides the keys of the index and of the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Projected {
    All,
    KeysOnly,
    /// Those attributes, sorted.
    Include(Vec<String>),
}

impl Index {
    pub(crate) fn is_global(&self) -> bool {
        self.kind == Kind::Global
    }

    /// The attributes of its key.
    pub(crate) fn key_parts(&self) -> impl Iterator<Item = &KeyPart> {
        self.partition_parts().chain(self.sort_parts())
    }

    pub(crate) fn partition_parts(&self) -> impl Iterator<Item = &KeyPart> {
        std::iter::once(&self.partition).chain(&self.more_partition)
    }

    pub(crate) fn sort_parts(&self) -> impl Iterator<Item = &KeyPart> {
        self.sort.iter().chain(&self.more_sort)
    }

    /// Whether its key has several attributes of a kind.
    pub(crate) fn is_composite(&self) -> bool {
        !self.more_partition.is_empty() || !self.more_sort.is_empty()
    }

    /// Whether its entries have that attribute.
    pub(crate) fn projects(&self, table: &Table, attribute: &str) -> bool {
        let is_key = |part: &KeyPart| part.name == attribute;
        match &self.projected {
            Projected::All => true,
            Projected::Include(names) if names.iter().any(|name| name == attribute) => true,
            _ => self.key_parts().chain(table.key_parts()).any(is_key),
        }
    }
}

impl Table {
    /// The index of that name.
    pub(crate) fn index(&self, name: &str) -> Option<&Index> {
        self.indexes.iter().find(|index| index.name == name)
    }

    /// Its indexes of one kind.
    pub(crate) fn indexes_of(&self, kind: Kind) -> impl Iterator<Item = &Index> {
        self.indexes.iter().filter(move |index| index.kind == kind)
    }
}

#[cfg(test)]
mod tests;
