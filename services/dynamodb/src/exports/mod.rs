//! Exports of tables to S3: whole as they were at a second of their recovery, or what changed between two.
//!
//! `begin` takes the request, `window` its moments; `job` goes on in the background: it writes `file`s of what `lines` makes of
//! items, and `manifest`s at the end. Every file has a name that its number gives it, so a piece that is done again after a crash
//! replaces itself. `list` and `shown` are what clients see.
//!
//! Objects are written with the rights of whoever asked for the export. Formats of items are in `formats`, never here.

pub(crate) mod begin;
mod file;
pub(crate) mod job;
mod lines;
pub(crate) mod list;
mod manifest;
mod shown;
mod window;

use api_dynamodb as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use store::tuple::Key;

use crate::backups::history::Reading;
use crate::keys::{self, Id};
use crate::table::Place;
use crate::transfer::{Asker, Failure, Kind};

const KIND: Kind = Kind {
    name: "export",
    title: "Export",
    at_once_max: 300,
    not_found: |message| api::error::export_not_found_exception(message),
};

/// An export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Export {
    table: Place,
    table_id: Id,
    /// The attributes of the table's key.
    key: Vec<String>,
    /// The last part of its ARN.
    label: String,
    /// What is noted of its files stands behind this.
    id: Id,
    asker: Asker,
    started_ms: i64,
    ended_ms: Option<i64>,
    failure: Option<Failure>,
    token: Option<String>,
    to: Destination,
    format: Format,
    range: Range,
    reading: Reading,
    progress: Progress,
}

#[cfg(test)]
layouts::stays!(stored_export: Export);

/// Where it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Destination {
    bucket: String,
    owner: Option<String>,
    prefix: Option<String>,
    /// As the request names the encryption: `AES256` or `KMS`.
    encryption: String,
    key_id: Option<String>,
}

/// How items are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    Json,
    Ion,
}

/// Which items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Range {
    /// All that were there.
    Full { at_ms: i64 },
    /// Those that changed from the first moment on, and before the second.
    Changes { from_ms: i64, to_ms: i64, with_old: bool },
}

/// How far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Progress {
    has_begun: bool,
    /// How many files are written.
    files: u64,
    /// The key of the last item that is done, behind the table's id.
    done: Option<Vec<u8>>,
    /// Whether all files are written.
    is_whole: bool,
    items: i64,
    bytes: i64,
}

impl Export {
    fn scope(&self) -> &Scope {
        &self.table.scope
    }

    fn place(&self) -> Key {
        keys::exports_of(self.scope(), &self.table.name).str(&self.label)
    }

    fn arn(&self) -> Arn {
        KIND.arn(self.scope(), &self.table.name, &self.label)
    }

    /// The key of an object of it, or of its folder.
    fn object(&self, name: &str) -> String {
        self.behind_prefix(&format!("AWSDynamoDB/{}/{name}", self.label))
    }

    fn behind_prefix(&self, name: &str) -> String {
        match self.to.prefix.as_deref().map(|prefix| prefix.trim_end_matches('/')) {
            None | Some("") => name.to_owned(),
            Some(prefix) => format!("{prefix}/{name}"),
        }
    }
}
