//! Proves all blobs: what `cloudlet fsck` does.

use std::collections::BTreeMap;

use memchr::memmem;

use super::blob::{BlobId, damaged, proved_value};
use super::blocks::{self, BLOCK_BYTES, SUM_BYTES};
use super::read::{BLOCKS_AT_ONCE, read};
use super::{Blobs, file_references, values};
use crate::tuple::{Key, Parts};
use crate::{Direction, Error, Reads as _, Snapshot, record};

/// For so many damaged blobs the records are searched that have them.
const OWNED_MAX: usize = 100;

/// What a check of all blobs has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Blobs in the store.
    pub values: u64,
    /// Files that something refers to.
    pub files: u64,
    /// Bytes of both.
    pub bytes: u64,
    /// What is not as it was written.
    pub damages: Vec<Damage>,
    /// Files that nothing refers to. They do no harm, and the sweeper deletes them.
    pub unreferenced: Vec<BlobId>,
}

/// A blob that is not as it was written.
#[derive(Debug, PartialEq, Eq)]
pub struct Damage {
    /// Its id, or that of its file.
    pub blob: BlobId,
    /// What is wrong.
    pub why: String,
    /// The keys of the records that have it.
    pub owners: Vec<String>,
}

/// Those who refer to a file, each with the length that it notes.
type References = BTreeMap<BlobId, Vec<(BlobId, u64)>>;

impl Blobs {
    /// Reads every blob, proves it, and looks for files that nothing refers to. It takes as long as the disk needs to read
    /// them all; nobody else may be at work on the store.
    ///
    /// # Errors
    /// The store's, or when a folder cannot be read.
    pub fn check(&self) -> Result<Checked, Error> {
        let snapshot = self.store.snapshot();
        let mut checked = Checked::default();
        let mut suspects = Vec::new();
        checked.prove_values(&snapshot, &mut suspects)?;
        let references = references(&snapshot)?;
        for (file, references) in &references {
            checked.files += 1;
            match self.prove_file(*file, references) {
                Ok(length) => checked.bytes += length,
                Err(error) => {
                    suspects.extend(references.iter().map(|(id, _)| (*id, checked.damages.len())));
                    checked.note(*file, &error);
                }
            }
        }
        self.shared.files.each(|file| {
            checked.unreferenced.extend(Some(file).filter(|file| !references.contains_key(file)));
            Ok(())
        })?;
        suspects.truncate(OWNED_MAX);
        checked.find_owners(&snapshot, &suspects)?;
        Ok(checked)
    }

    /// Reads a whole file. Returns the length of the blob.
    fn prove_file(&self, id: BlobId, references: &[(BlobId, u64)]) -> Result<u64, Error> {
        let length = references.first().map_or(0, |(_, length)| *length);
        if references.iter().any(|(_, other)| *other != length) {
            return Err(damaged(id, "its references have different lengths"));
        }
        let file = self.shared.files.open(id)?.ok_or_else(|| damaged(id, "its file is missing"))?;
        let found = file.length().map_err(|error| damaged(id, &error.to_string()))?;
        let expected = length + blocks::count(length) * SUM_BYTES as u64;
        if found != expected {
            return Err(damaged(id, &format!("its file has {found} bytes instead of {expected}")));
        }
        let step = BLOCKS_AT_ONCE * BLOCK_BYTES;
        for begin in (0..length).step_by(step as usize) {
            read(&file, id, length, begin..length.min(begin + step))?;
        }
        Ok(length)
    }
}

fn references(snapshot: &Snapshot) -> Result<References, Error> {
    let mut references = References::new();
    for entry in snapshot.scan(file_references().prefix_range(), Direction::Forward) {
        let (key, length) = entry?;
        let mut parts = Parts::new(&key);
        parts.str()?;
        let (file, id) = (BlobId::of(&mut parts)?, BlobId::of(&mut parts)?);
        references.entry(file).or_default().push((id, record::decode(&length)?));
    }
    Ok(references)
}

impl Checked {
    fn prove_values(
        &mut self,
        snapshot: &Snapshot,
        suspects: &mut Vec<(BlobId, usize)>,
    ) -> Result<(), Error> {
        for entry in snapshot.scan(values().prefix_range(), Direction::Forward) {
            let (key, value) = entry?;
            let mut parts = Parts::new(&key);
            parts.str()?;
            let id = BlobId::of(&mut parts)?;
            let length = value.len().saturating_sub(SUM_BYTES) as u64;
            self.values += 1;
            match proved_value(id, length, &value) {
                Ok(_) => self.bytes += length,
                Err(error) => {
                    suspects.push((id, self.damages.len()));
                    self.note(id, &error);
                }
            }
        }
        Ok(())
    }

    fn note(&mut self, blob: BlobId, error: &Error) {
        let why = match error {
            Error::Damaged { why, .. } => why.clone(),
            error => error.to_string(),
        };
        self.damages.push(Damage { blob, why, owners: Vec::new() });
    }

    /// Searches all records for the ids of damaged blobs, each with the place of its damage in the list: whoever has a blob
    /// is nowhere noted but there.
    fn find_owners(&mut self, snapshot: &Snapshot, suspects: &[(BlobId, usize)]) -> Result<(), Error> {
        if suspects.is_empty() {
            return Ok(());
        }
        let finders: Vec<_> =
            suspects.iter().map(|(id, place)| (memmem::Finder::new(&id.0), *place)).collect();
        for entry in snapshot.scan(Key::new().prefix_range(), Direction::Forward) {
            let (key, value) = entry?;
            for (_, place) in finders.iter().filter(|(finder, _)| finder.find(&value).is_some()) {
                let (owners, owner) = (&mut self.damages[*place].owners, shown(&key));
                // It may have several of its ids.
                if owners.last() != Some(&owner) {
                    owners.push(owner);
                }
            }
        }
        Ok(())
    }
}

/// A key for people to read.
fn shown(key: &[u8]) -> String {
    let mut parts = Parts::new(key);
    let mut shown = Vec::new();
    while let Some(part) = next_shown(&mut parts) {
        shown.push(part);
    }
    shown.join(" ")
}

fn next_shown(parts: &mut Parts<'_>) -> Option<String> {
    if let Ok(text) = parts.str() {
        return Some(format!("{text:?}"));
    }
    if let Ok(bytes) = parts.bytes() {
        return Some(match std::str::from_utf8(&bytes) {
            Ok(text) if !text.chars().any(char::is_control) => format!("{text:?}"),
            _ => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        });
    }
    parts.i64().ok().map(|number| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_can_be_read() {
        let key = Key::new().str("s3").bytes("a/\u{e9}").bytes([0u8, 255]).u64(7);
        assert_eq!(shown(&key), "\"s3\" \"a/\u{e9}\" 00ff 7");
        assert_eq!(shown(&[]), "");
    }
}
