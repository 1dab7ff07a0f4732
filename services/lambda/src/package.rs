//! Deployment packages: checked, kept in pieces beside the function's record, unpacked to disk.

use std::fs::{self, File};
use std::io::{self, Cursor, Read as _};
use std::path::Path;

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
const UNPACKED_BYTES_MAX: u64 = 262_144_000;
/// Bytes of a record.
const PIECE_BYTES: usize = 1 << 20;

/// A package in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stored {
    pub(crate) id: Id,
    pub(crate) size_bytes: u64,
    /// In base64, as the API shows it.
    pub(crate) sha256: String,
}

/// Refuses what is no package.
pub(crate) fn check(zip: &[u8]) -> Result<(), Fault> {
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
    Ok(())
}

/// How a package is shown before it is stored.
pub(crate) fn describe(zip: &[u8], id: Id) -> Stored {
    let digest = ring::digest::digest(&ring::digest::SHA256, zip);
    Stored { id, size_bytes: zip.len() as u64, sha256: STANDARD.encode(digest) }
}

pub(crate) fn put(tx: &mut Tx<'_>, id: &Id, zip: &Bytes) {
    for (piece, start) in (0..zip.len()).step_by(PIECE_BYTES).enumerate() {
        let end = zip.len().min(start + PIECE_BYTES);
        tx.put(keys::piece(id, piece as u64), zip.slice(start..end));
    }
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

/// Unpacks a package into a folder that is there whole or not at all.
pub(crate) fn unpack(zip: &[u8], folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let unfinished = tempfile::Builder::new().prefix("unpacking-").tempdir_in(parent)?;
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    let mut bytes_left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.enclosed_name().ok_or_else(|| io::Error::other("a file outside of the package"))?;
        let path = unfinished.path().join(name);
        if file.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let mode = file.unix_mode();
        bytes_left -= io::copy(&mut file.by_ref().take(bytes_left), &mut File::create(&path)?)?;
        make_readable(&path, mode)?;
    }
    // Kept: from here on it is the folder itself.
    fs::rename(unfinished.keep(), folder)
}

/// Functions run as another user, so everybody must be able to read; what is executable stays so.
#[cfg(unix)]
fn make_readable(path: &Path, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = mode.unwrap_or(0o644) & 0o755 | 0o444;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in files {
            writer.start_file(*name, SimpleFileOptions::default().unix_permissions(0o700)).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_package_is_unpacked_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("code/one");
        let zip = zipped(&[("main.py", b"x = 1"), ("a/b/c.txt", b"deep")]);
        check(&zip).unwrap();
        unpack(&zip, &target).unwrap();
        assert_eq!(fs::read(target.join("a/b/c.txt")).unwrap(), b"deep");
        assert_eq!(fs::read_dir(folder.path().join("code")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn what_is_no_package_is_refused() {
        assert!(check(b"no zip").is_err());
        assert!(check(&zipped(&[])).is_err());
        assert!(check(&zipped(&[("../outside", b"x")])).is_err());
        assert!(check(&zipped(&[("big", &vec![0; UNPACKED_BYTES_MAX as usize])])).is_err());
    }
}
