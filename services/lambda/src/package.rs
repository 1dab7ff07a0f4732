//! Packages of functions and layers: checked, and kept in pieces beside the records that refer to them.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

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
/// Entries of a package, more or less: each costs memory before anything can be said of it.
const ENTRIES_MAX: usize = 200_000;
/// What each entry in the list at the end of a package begins with.
const ENTRY: &[u8] = b"PK\x01\x02";

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
    /// A folder of the disk, which is there instead of a package.
    #[serde(default)]
    pub(crate) folder: Option<String>,
}

/// A package that was looked into.
#[derive(Clone)]
pub(crate) struct Package {
    zip: Bytes,
    sha256: String,
    unpacked_bytes: u64,
    folder: Option<String>,
}

impl Package {
    /// No package, but a folder that changes.
    pub(crate) fn of_folder(folder: String) -> Self {
        Package {
            zip: Bytes::new(),
            sha256: sha256(folder.as_bytes()),
            unpacked_bytes: 0,
            folder: Some(folder),
        }
    }

    /// How it is shown, stored under that id.
    pub(crate) fn describe(&self, id: Id) -> Stored {
        let (size_bytes, unpacked_bytes) = (self.zip.len() as u64, self.unpacked_bytes);
        Stored { id, size_bytes, sha256: self.sha256.clone(), unpacked_bytes, folder: self.folder.clone() }
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

/// Refuses what is no package, or unpacks to more than Lambda takes, code and layers together. Beside the threads that serve
/// connections, because that takes long for large ones.
pub(crate) async fn check(zip: Bytes) -> Result<Package> {
    let looked = tokio::task::spawn_blocking(move || {
        let unpacked_bytes = look_into(&zip)?;
        Ok::<_, Fault>(Package { sha256: sha256(&zip), zip, unpacked_bytes, folder: None })
    });
    match looked.await {
        Ok(package) => Ok(package?),
        Err(error) => {
            tracing::error!(%error, "a package could not be looked into");
            Err(errors::bad_zip().into())
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}

fn look_into(zip: &[u8]) -> Result<u64, Fault> {
    if memchr::memmem::find_iter(zip, ENTRY).nth(ENTRIES_MAX).is_some() {
        return Err(errors::bad_zip());
    }
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

/// One piece of a package as it was uploaded; none behind the last.
pub(crate) fn piece(reads: &impl Reads, id: &Id, number: u64) -> Result<Option<Bytes>, store::Error> {
    reads.get(&keys::piece(id, number))
}

/// A package as it was uploaded, read where it lies: no more than a piece of it is held.
pub(crate) struct Reader<R> {
    reads: R,
    id: Id,
    size_bytes: u64,
    at: u64,
    /// The piece that was read last, and its number.
    held: Option<(u64, Bytes)>,
}

impl<R: Reads> Reader<R> {
    pub(crate) fn new(reads: R, package: &Stored) -> Self {
        Reader { reads, id: package.id, size_bytes: package.size_bytes, at: 0, held: None }
    }

    fn hold(&mut self, number: u64) -> io::Result<&Bytes> {
        if self.held.as_ref().is_none_or(|(held, _)| *held != number) {
            let piece = piece(&self.reads, &self.id, number).map_err(io::Error::other)?;
            let piece = piece.ok_or_else(|| io::Error::other("a piece of a package is missing"))?;
            self.held = Some((number, piece));
        }
        self.held.as_ref().map(|(_, piece)| piece).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

impl<R: Reads> Read for Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.size_bytes || buffer.is_empty() {
            return Ok(0);
        }
        let (at, pieces) = (self.at, PIECE_BYTES as u64);
        let piece = self.hold(at / pieces)?;
        let rest = piece.get((at % pieces) as usize..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl<R> Seek for Reader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(behind) => self.size_bytes.checked_add_signed(behind),
            SeekFrom::Current(on) => self.at.checked_add_signed(on),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
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

    #[test]
    fn no_more_entries_are_read_than_may_be() {
        let mut zip = zipped(&[("main.py", b"x = 1")]);
        let refused = [ENTRY.repeat(ENTRIES_MAX), zip.clone()].concat();
        assert!(look_into(&refused).is_err());
        zip.splice(0..0, ENTRY.repeat(100));
        assert!(look_into(&zip).is_ok(), "what only looks like entries does no harm");
    }

    #[tokio::test]
    async fn a_stored_package_is_read_as_it_was() {
        let store = store::Store::open(store::Options::memory()).unwrap();
        let noise: Vec<u8> =
            (0..3 * PIECE_BYTES as u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        let zip = Bytes::from(zipped(&[("a", &noise), ("b", b"small")]));
        let id = [7; 16];
        let put = |tx: &mut store::Transaction| {
            for (number, piece) in zip.chunks(PIECE_BYTES).enumerate() {
                tx.put(keys::piece(&id, number as u64), zip.slice_ref(piece));
            }
            Ok::<_, store::Error>(())
        };
        store.transact_now(put).unwrap();
        let stored = check(zip.clone()).await.unwrap().describe(id);
        assert!(stored.size_bytes > PIECE_BYTES as u64);
        let mut archive = ZipArchive::new(Reader::new(store.snapshot(), &stored)).unwrap();
        let mut read = Vec::new();
        archive.by_name("a").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == noise);
        let short = Stored { size_bytes: stored.size_bytes + PIECE_BYTES as u64, ..stored };
        assert!(
            ZipArchive::new(Reader::new(store.snapshot(), &short)).is_err(),
            "a missing piece is an error"
        );
    }
}
