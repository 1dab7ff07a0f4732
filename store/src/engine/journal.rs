//! fjall's journals, while fjall does not use them: a torn end is cut off, and what tables have is emptied out.
//!
//! A disk that loses its power in the middle of a sync may have later pages of it and not earlier ones. fjall 3.1 leaves
//! out an end that stops, but refuses to open on one with a hole in it. What is cut off was not acknowledged at `power`,
//! and not a second old at `crash`; it is kept beside the journal, because a disk that damages what was synced looks the
//! same. Older journals were synced as a whole before the next one began, and are never touched.
//!
//! A journal, `<number>.jnl`, is a row of batches, and zeros behind them. Whole numbers have their least byte first.
//!
//! | entry | bytes |
//! |---|---|
//! | start of a batch | `1`, count of entries (4), sequence number (8) |
//! | item | `2`, kind (1), compression (1), keyspace (8), length of the key (2), of the value (4), of the value as stored (4), key, value as stored |
//! | clearing of a keyspace | `4`, keyspace (8) |
//! | end of a batch | `3`, XXH3 of all bytes between start and end (8), `FJL` and `3` |

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

const START: u8 = 1;
const ITEM: u8 = 2;
const END: u8 = 3;
const CLEAR: u8 = 4;
const MAGIC: [u8; 4] = [b'F', b'J', b'L', 3];
/// What file systems count in.
const BLOCK_BYTES: u64 = 512;

/// Cuts off what stands behind the last whole batch of the newest journal in `folder`. Says where it is kept, and how
/// long it is.
pub(super) fn cut_torn_end(folder: &Path) -> io::Result<Option<(PathBuf, usize)>> {
    let Some(journal) = journals(folder)?.pop() else { return Ok(None) };
    let bytes = fs::read(&journal)?;
    let whole = whole_batches(&bytes);
    let written = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if written <= whole {
        return Ok(None);
    }
    let kept = journal.with_extension(format!("torn-at-{whole}"));
    fs::write(&kept, &bytes[whole..written])?;
    let file = OpenOptions::new().write(true).open(&journal)?;
    file.set_len(whole as u64)?;
    file.sync_all()?;
    Ok(Some((kept, written - whole)))
}

/// How much all journals of `folder` hold: of what is set aside for them the system keeps nothing.
pub(super) fn bytes(folder: &Path) -> io::Result<u64> {
    journals(folder)?.iter().map(|journal| Ok(fs::metadata(journal)?.blocks() * BLOCK_BYTES)).sum()
}

/// Empties all journals of `folder`. They stay, because fjall goes on to number its writes only where it finds one.
pub(super) fn empty(folder: &Path) -> io::Result<()> {
    for journal in journals(folder)? {
        match OpenOptions::new().write(true).open(&journal) {
            Ok(file) => file.set_len(0).and_then(|()| file.sync_all())?,
            // fjall deletes what it needs no more.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The oldest first.
fn journals(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut journals = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_journal = path.extension().is_some_and(|extension| extension == "jnl");
        let number = path.file_stem().and_then(|stem| stem.to_str()?.parse::<u64>().ok());
        if let Some(number) = number.filter(|_| is_journal) {
            journals.insert(number, path);
        }
    }
    Ok(journals.into_values().collect())
}

/// The length of all whole batches from the beginning on.
fn whole_batches(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some(after) = after_batch(rest) {
        rest = after;
    }
    bytes.len() - rest.len()
}

/// What stands behind a batch; none when it is not whole.
fn after_batch(bytes: &[u8]) -> Option<&[u8]> {
    let (head, entries) = bytes.split_at_checked(13)?;
    if head[0] != START {
        return None;
    }
    let count = u32::from_le_bytes(head[1..5].try_into().ok()?);
    let mut rest = entries;
    for _ in 0..count {
        rest = rest.get(length_of_entry(rest)?..)?;
    }
    let content = &entries[..entries.len() - rest.len()];
    let (end, after) = rest.split_at_checked(13)?;
    let checksum = u64::from_le_bytes(end[1..9].try_into().ok()?);
    let is_whole = end[0] == END && end[9..] == MAGIC && checksum == xxh3_64(content);
    is_whole.then_some(after)
}

fn length_of_entry(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        ITEM => {
            let key = u16::from_le_bytes(bytes.get(11..13)?.try_into().ok()?);
            let stored = u32::from_le_bytes(bytes.get(17..21)?.try_into().ok()?);
            Some(21 + usize::from(key) + usize::try_from(stored).ok()?)
        }
        CLEAR => Some(9),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{cut_torn_end, whole_batches};
    use crate::engine::{Embedded, Engine as _, Writes};

    /// The table above is what fjall writes: if it were not, batches of it would not be whole.
    #[test]
    fn the_journal_is_as_described() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Embedded::open(folder.path(), 1 << 20, 16 << 20).unwrap();
        let writes = |number: u8| -> Writes {
            let long = vec![number; 10_000].into();
            [(vec![number], Some(long)), (vec![number, 1], None), (vec![number, 2], Some("x".into()))].into()
        };
        engine.write(&writes(1)).unwrap();
        engine.clear().unwrap();
        engine.write(&writes(2)).unwrap();
        engine.flush().unwrap();
        let journal = std::fs::read(folder.path().join("0.jnl")).unwrap();
        let written = journal.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!(whole_batches(&journal), written);
        assert!(cut_torn_end(folder.path()).unwrap().is_none(), "nothing is torn");
    }

    #[test]
    fn nothing_read_from_bytes_panics() {
        for length in 0..40 {
            for first in 0..6 {
                let mut bytes = vec![0xff; length];
                bytes.iter_mut().take(1).for_each(|byte| *byte = first);
                assert_eq!(whole_batches(&bytes), 0);
            }
        }
    }
}
