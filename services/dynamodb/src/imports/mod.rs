//! Imports of new tables from S3.
//!
//! `begin` makes the table, which nobody may use before its last item is there. `job` goes on in the background: it reads the
//! objects in the order of their keys, and `load` writes what is in them, each batch in one transaction that also notes how far
//! it came. So the end of the process loses no item, and counts none twice. `complaints` tells in CloudWatch Logs what is wrong
//! with items. `list` and `shown` are what clients see.
//!
//! Formats of files are in `formats`, never here. The items are no changes: there is no stream that would have them.

pub(crate) mod begin;
mod complaints;
pub(crate) mod job;
pub(crate) mod list;
mod load;
mod object;
mod shown;

use api_dynamodb as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::tuple::Key;

use crate::keys::{self, Id};
use crate::table::Place;
use crate::transfer::{Asker, Failure, Kind};

const KIND: Kind = Kind {
    name: "import",
    title: "Import",
    at_once_max: 50,
    not_found: |message| api::error::import_not_found_exception(message),
};

/// An import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Import {
    table: Place,
    table_id: Id,
    /// The last part of its ARN.
    label: String,
    asker: Asker,
    started_ms: i64,
    ended_ms: Option<i64>,
    failure: Option<Failure>,
    token: Option<String>,
    from: Source,
    /// The table as it was asked for, as [`wire::keep`] has it.
    creation: Vec<u8>,
    counts: Counts,
    progress: Progress,
}

#[cfg(test)]
layouts::stays!(stored_import: Import);

/// Where items come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Source {
    bucket: String,
    owner: Option<String>,
    prefix: Option<String>,
    /// `DYNAMODB_JSON`, `ION` or `CSV`.
    format: String,
    /// As [`wire::keep`] has them.
    options: Option<Vec<u8>>,
    /// `GZIP`, `ZSTD` or `NONE`.
    packing: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Counts {
    bytes: i64,
    processed: i64,
    imported: i64,
    errors: i64,
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    /// The key of the last object that is done, and the bytes of all that are.
    finished: Option<String>,
    finished_bytes: i64,
    /// The key of the object that is read, and how many of its entries are done.
    current: Option<String>,
    within: u64,
}

impl Import {
    fn scope(&self) -> &Scope {
        &self.table.scope
    }

    fn place(&self) -> Key {
        keys::imports_of(self.scope(), &self.table.name).str(&self.label)
    }

    fn arn(&self) -> Arn {
        KIND.arn(self.scope(), &self.table.name, &self.label)
    }
}
