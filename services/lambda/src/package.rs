//! Packages of functions and layers: checked, and kept in pieces beside the records that refer to them.

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::{Direction, Reads};
use wire::Fault;
use zip::ZipArchive;

use crate::errors;
use crate::keys::{self, Id};

/// What all files of a package may be together (AWS's quota).
pub(crate) const UNPACKED_BYTES_MAX: u64 = 262_144_000;
/// Bytes of a record.
const PIECE_BYTES: usize = 1 << 20;

/// A package in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) id: Id,
    pub(crate) size_bytes: u64,
    /// In base64, as the API shows it.
    pub(crate) sha256: String,
    /// All its files together; 0 where an earlier program has stored it.
    #[serde(default)]
    pub(crate) unpacked_bytes: u64,
}

/// A package that was looked into.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) zip: Bytes,
    unpacked_bytes: u64,
}

impl Package {
    /// How it is shown, stored under that id.
    pub(crate) fn describe(&self, id: Id) -> Stored {
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.zip);
        let (size_bytes, unpacked_bytes) = (self.zip.len() as u64, self.unpacked_bytes);
        Stored { id, size_bytes, sha256: STANDARD.encode(digest), unpacked_bytes }
    }

    /// Stores it.
    pub(crate) fn put(&self, tx: &mut Tx<'_>) -> Stored {
        let stored = self.describe(tx.random().bytes());
        for (piece, start) in (0..self.zip.len()).step_by(PIECE_BYTES).enumerate() {
            let end = self.zip.len().min(start + PIECE_BYTES);
            tx.put(keys::piece(&stored.id, piece as u64), self.zip.slice(start..end));
        }
        stored
    }
}

/// Refuses what is no package, or unpacks to more than Lambda takes, code and layers together.
pub(crate) fn check(zip: Bytes) -> Result<Package, Fault> {
    let unpacked_bytes = look_into(&zip)?;
    Ok(Package { zip, unpacked_bytes })
}

fn look_into(zip: &[u8]) -> Result<u64, Fault> {
    let mut archive = ZipArchive::new(Cursor::new(zip)).map_err(|_| errors::bad_zip())?;
    let mut unpacked_bytes = 0u64;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(|_| errors::bad_zip())?;
        file.enclosed_name().ok_or_else(errors::bad_zip)?;
        unpacked_bytes = unpacked_bytes.saturating_add(file.size());
    }
    if archive.is_empty() {
        return Err(errors::invalid("Uploaded file must be a non-empty zip"));
    }
    if unpacked_bytes >= UNPACKED_BYTES_MAX {
        let message = format!("Unzipped size must be smaller than {UNPACKED_BYTES_MAX} bytes");
        return Err(errors::invalid(message));
    }
    Ok(unpacked_bytes)
}

/// Whether it is there.
pub(crate) fn is_stored(reads: &impl Reads, id: &Id) -> Result<bool> {
    Ok(reads.get(&keys::piece(id, 0))?.is_some())
}

pub(crate) fn delete(tx: &mut Tx<'_>, id: &Id) -> Result<()> {
    let pieces = tx.scan_unchecked(keys::package(id).prefix_range(), Direction::Forward);
    let pieces: Vec<_> = pieces.map(|entry| entry.map(|(key, _)| key)).collect::<Result<_, _>>()?;
    pieces.iter().for_each(|key| tx.delete(&**key));
    Ok(())
}

/// The package as it was uploaded.
pub(crate) fn read(reads: &impl Reads, id: &Id) -> Result<Vec<u8>> {
    let mut zip = Vec::new();
    for entry in reads.scan(keys::package(id).prefix_range(), Direction::Forward) {
        zip.extend_from_slice(&entry?.1);
    }
    Ok(zip)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    pub(crate) fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o700)).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn what_is_no_package_is_refused() {
        assert!(look_into(b"no zip").is_err());
        assert!(look_into(&zipped(&[])).is_err());
        assert!(look_into(&zipped(&[("../outside", b"x")])).is_err());
        assert!(look_into(&zipped(&[("big", &vec![0; UNPACKED_BYTES_MAX as usize])])).is_err());
    }
}
