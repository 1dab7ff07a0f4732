//! Finds the versions of a bucket, a piece at a time, that something is to become of.

use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use wire::Timestamp;

use super::Ruled;
use super::fortune::{End, Fortune, Standing};
use crate::keys::{self, Id};
use crate::object::list::walk::{Begin, Walk};
use crate::object::version::Version;

/// Versions that one piece looks at.
const PIECE: usize = 1000;

/// The last version that was looked at, and what has to be known of it for the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    key: String,
    number: u64,
    modified_ms: i64,
    /// Of its key, how many were looked at.
    count: u32,
}

/// What a piece has found.
pub(super) struct Survey {
    pub(super) found: Vec<Found>,
    /// Where the next piece begins, if there is one.
    pub(super) next: Option<Place>,
}

/// A version that something is to become of.
pub(super) struct Found {
    pub(super) key: String,
    pub(super) number: u64,
    pub(super) id: Id,
    pub(super) standing: Standing,
    pub(super) fortune: Fortune,
}

/// The piece behind a place.
pub(super) fn of(reads: &impl Reads, ruled: &Ruled, from: Option<Place>, now: Timestamp) -> Result<Survey> {
    let trees = vec![keys::objects(&ruled.bucket.id), keys::versions(&ruled.bucket.id)];
    let begin =
        from.as_ref().map_or(Begin::Start, |from| Begin::Within { key: &from.key, number: from.number });
    let mut walk = Walk::new(reads, trees, ruled.rules.prefix(), begin)?;
    let mut survey = Survey { found: Vec::new(), next: from.clone() };
    for _ in 0..PIECE {
        let Some((key, record)) = walk.next()? else {
            survey.next = None;
            return Ok(survey);
        };
        let version: Version = store::record::decode(&record)?;
        survey.look(ruled, key, &version, now.millis());
    }
    Ok(survey)
}

impl Survey {
    fn look(&mut self, ruled: &Ruled, key: String, version: &Version, now_ms: i64) {
        let before = self.next.take().filter(|before| before.key == key);
        if before.is_some() {
            self.forget_lone_marker(&key);
        }
        let standing = match &before {
            None => Standing::Current,
            Some(before) => Standing::Older { since_ms: before.modified_ms, newer: before.count - 1 },
        };
        let fortune = ruled.rules.fortune(&key, version, standing, ruled.keeping, now_ms);
        let count = before.map_or(1, |before| before.count.saturating_add(1));
        self.next =
            Some(Place { key: key.clone(), number: version.number, modified_ms: version.modified_ms, count });
        if fortune != Fortune::default() {
            let (number, id) = (version.number, version.id);
            self.found.push(Found { key, number, id, standing, fortune });
        }
    }

    /// Something stands behind the marker, so it stays.
    fn forget_lone_marker(&mut self, key: &str) {
        let is_lone = |found: &mut Found| found.key == key && found.fortune.end == Some(End::RemovedIfLone);
        let _ = self.found.pop_if(is_lone);
    }
}
