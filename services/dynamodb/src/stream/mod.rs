//! Streams of tables: what is kept of each change of an item, for a day.
//!
//! A stream has one shard or several; an item's changes all go to one. A change takes the next number of its shard from the
//! shard's head, so the order of numbers is that of commits, and whoever sees a record sees all before it. What closes stays
//! readable for as long as its records would, also when the table is gone. `dynamodbstreams` shows all of it.
//!
//! Never here: who reads, and how far. That is the readers' own to know.

mod record;
mod settings;
mod trim;

use api_dynamodb as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, news, rising};
use store::Reads as _;
use store::tuple::Key;
use wire::{Timestamp, TimestampFormat};

pub(crate) use self::record::{Cause, Kind, Record, follow};
pub(crate) use self::settings::{change, ensure, of_new, of_replica};
pub(crate) use self::trim::run;
use crate::keys::{self, Id};
use crate::table::{KeyPart, Table};

/// How long a record is kept, and a closed stream.
pub(crate) const KEPT_MS: i64 = 86_400_000;
/// Shards of a table on demand, so that writers of different items seldom wait for each other's numbers; AWS, too, begins
/// such a table with several.
const SHARDS_ON_DEMAND: u32 = 4;
/// Shards of a table whose units are provisioned.
const SHARDS_PROVISIONED: u32 = 1;
/// Sequence numbers are shown above this, so that each has 21 digits.
const TEXT_BASE: u128 = 100_000_000_000_000_000_000;

/// What a table's record says of its latest stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Streaming {
    pub(crate) label: String,
    pub(crate) id: Id,
    pub(crate) view: View,
    pub(crate) shards: u32,
    /// Whether it takes what happens now.
    pub(crate) is_open: bool,
}

/// What a record has beside the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum View {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

/// A stream, open or closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) scope: Scope,
    pub(crate) table: String,
    pub(crate) label: String,
    pub(crate) id: Id,
    pub(crate) view: View,
    pub(crate) partition: KeyPart,
    pub(crate) sort: Option<KeyPart>,
    pub(crate) shards: u32,
    /// Numbers of shards are interleaved from here on: no two records of a stream have the same.
    pub(crate) start: u64,
    pub(crate) created_ms: i64,
    pub(crate) closed_ms: Option<i64>,
}

#[cfg(test)]
layouts::stays!(stored_stream: Stream);

/// The head of a shard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The number of the last record.
    pub(crate) last: u64,
    /// The number of the last record that is gone.
    pub(crate) trimmed: u64,
    /// Whether there is a job that will trim.
    pub(crate) trims: bool,
}

#[cfg(test)]
layouts::stays!(stored_stream_head: compact Head);

impl View {
    const ALL: [(Self, &'static str); 4] = [
        (View::KeysOnly, "KEYS_ONLY"),
        (View::NewImage, "NEW_IMAGE"),
        (View::OldImage, "OLD_IMAGE"),
        (View::NewAndOldImages, "NEW_AND_OLD_IMAGES"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(view, _)| *view == self).map_or("", |(_, name)| name)
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(view, _)| *view)
    }

    fn has_new(self) -> bool {
        matches!(self, View::NewImage | View::NewAndOldImages)
    }

    fn has_old(self) -> bool {
        matches!(self, View::OldImage | View::NewAndOldImages)
    }
}

impl Streaming {
    /// Its ARN.
    pub(crate) fn arn(&self, scope: &Scope, table: &str) -> Arn {
        arn(scope, table, &self.label)
    }

    /// As tables show it, while it is open.
    pub(crate) fn specification(&self) -> Option<api::StreamSpecification> {
        self.is_open.then(|| api::StreamSpecification {
            stream_enabled: true,
            stream_view_type: Some(self.view.name().into()),
        })
    }
}

impl Stream {
    pub(crate) fn arn(&self) -> Arn {
        arn(&self.scope, &self.table, &self.label)
    }

    pub(crate) fn key(&self) -> Key {
        keys::stream(&self.scope, &self.table, &self.label)
    }

    /// The number from which a shard's first record is one step away.
    fn before_first(&self, shard: u32) -> u64 {
        self.start + u64::from(shard)
    }

    /// The number of a shard's first record.
    pub(crate) fn first(&self, shard: u32) -> u64 {
        self.before_first(shard) + u64::from(self.shards)
    }

    /// The name of a shard; names sort as the shards do.
    pub(crate) fn shard_id(&self, shard: u32) -> String {
        let number = self.created_ms.saturating_add(shard.into());
        let [a, b, c, d, ..] = self.id;
        format!("shardId-{number:020}-{:08x}", u32::from_be_bytes([a, b, c, d]) ^ shard)
    }
}

fn arn(scope: &Scope, table: &str, label: &str) -> Arn {
    Arn::in_scope("dynamodb", scope, format_args!("table/{table}/stream/{label}"))
}

/// A sequence number as clients see it.
pub(crate) fn sequence_text(number: u64) -> String {
    (TEXT_BASE + u128::from(number)).to_string()
}

/// The number that a client means.
pub(crate) fn sequence_of(text: &str) -> Option<u64> {
    let number: u128 = text.parse().ok()?;
    u64::try_from(number.checked_sub(TEXT_BASE)?).ok()
}

/// Opens a stream of the table's changes from now on.
fn open(tx: &mut Tx<'_>, table: &Table, view: View) -> Result<Streaming> {
    // Labels are moments, and no table has two streams of one label.
    let mut at = tx.now;
    let label = loop {
        let label = label(at);
        if tx.get(&keys::stream(&table.scope, &table.name, &label))?.is_none() {
            break label;
        }
        at = Timestamp(at.millis() + 1);
    };
    let shards = if table.provisioned.is_some() { SHARDS_PROVISIONED } else { SHARDS_ON_DEMAND };
    let start = rising(tx.now);
    let stream = Stream {
        scope: table.scope,
        table: table.name.clone(),
        label: label.clone(),
        id: tx.random().bytes(),
        view,
        partition: table.partition.clone(),
        sort: table.sort.clone(),
        shards,
        start,
        created_ms: tx.now.millis(),
        closed_ms: None,
    };
    tx.put_record(stream.key(), &stream)?;
    for shard in 0..shards {
        let before = stream.before_first(shard);
        tx.put_compact(
            keys::shard(&stream.id, shard),
            &Head { last: before, trimmed: before, trims: false },
        )?;
    }
    Ok(Streaming { label, id: stream.id, view, shards, is_open: true })
}

fn label(at: Timestamp) -> String {
    let text = at.format(TimestampFormat::DateTime);
    let text = text.trim_end_matches('Z');
    if text.contains('.') { text.to_owned() } else { format!("{text}.000") }
}

/// Closes the table's stream, if it has an open one: it takes nothing any more, and goes when its records do.
pub(crate) fn close(tx: &mut Tx<'_>, table: &Table) -> Result<()> {
    let Some(streaming) = table.stream.as_ref().filter(|streaming| streaming.is_open) else { return Ok(()) };
    let key = keys::stream(&table.scope, &table.name, &streaming.label);
    if let Some(stream) = tx.get_record::<Stream>(&key)? {
        let closed_ms = tx.now.millis();
        trim::end(tx, stream.scope, &key, closed_ms + KEPT_MS)?;
        tx.signal(news(&stream.arn()));
        tx.put_record(key, &Stream { closed_ms: Some(closed_ms), ..stream })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_milliseconds() {
        assert_eq!(label(Timestamp(1_431_379_293_331)), "2015-05-11T21:21:33.331");
        assert_eq!(label(Timestamp(1_431_379_293_000)), "2015-05-11T21:21:33.000");
    }

    #[test]
    fn sequence_numbers_have_21_digits_and_come_back() {
        for number in [0, 1, 1 << 61, u64::MAX] {
            assert_eq!(sequence_text(number).len(), 21);
            assert_eq!(sequence_of(&sequence_text(number)), Some(number));
        }
        for text in ["", "x", "1", "-100000000000000000000", "999999999999999999999", "1e21"] {
            assert_eq!(sequence_of(text), None, "{text}");
        }
    }

    #[test]
    fn views_have_their_names() {
        for (view, name) in View::ALL {
            assert_eq!((View::from_name(name), view.name()), (Some(view), name));
        }
        assert_eq!(View::from_name("ALL"), None);
    }
}
