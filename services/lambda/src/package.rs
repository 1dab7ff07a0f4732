//! Deployment packages: checked, kept in pieces beside the function's record, unpacked to disk.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Cursor, Read as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

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
/// The longest target of a symbolic link.
const LINK_BYTES_MAX: u64 = 4096;
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

/// Unpacks packages, one over the other, into a folder that is there whole or not at all.
pub(crate) fn unpack(zips: &[Vec<u8>], folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let unfinished = tempfile::Builder::new().prefix("unpacking-").tempdir_in(parent)?;
    let mut links = BTreeMap::new();
    let mut bytes_left = UNPACKED_BYTES_MAX;
    for zip in zips {
        unpack_one(zip, unfinished.path(), &mut links, &mut bytes_left)?;
    }
    // Last, so that nothing was written through them. What they lead to is looked for inside of the sandbox.
    for (path, target) in links {
        symlink(target, path)?;
    }
    // Kept: from here on it is the folder itself.
    fs::rename(unfinished.keep(), folder)
}

/// Writes its files, and tells its symbolic links.
fn unpack_one(
    zip: &[u8],
    folder: &Path,
    links: &mut BTreeMap<PathBuf, String>,
    bytes_left: &mut u64,
) -> io::Result<()> {
    let mut archive = ZipArchive::new(Cursor::new(zip))?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.enclosed_name().ok_or_else(|| io::Error::other("a file outside of the package"))?;
        let path = folder.join(name);
        if file.is_dir() {
            fs::create_dir_all(&path)?;
            continue;
        }
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if file.is_symlink() {
            let mut target = String::new();
            file.by_ref().take(LINK_BYTES_MAX).read_to_string(&mut target)?;
            unlink(&path)?;
            links.insert(path, target);
            continue;
        }
        links.remove(&path);
        let mode = file.unix_mode();
        unlink(&path)?;
        *bytes_left -= io::copy(&mut file.by_ref().take(*bytes_left), &mut File::create(&path)?)?;
        make_readable(&path, mode)?;
    }
    Ok(())
}

/// What an earlier package has there goes.
fn unlink(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
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
        look_into(&zip).unwrap();
        unpack(&[zip], &target).unwrap();
        assert_eq!(fs::read(target.join("a/b/c.txt")).unwrap(), b"deep");
        assert_eq!(fs::read_dir(folder.path().join("code")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn later_packages_lie_over_earlier_ones() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("opt");
        let mut linked = ZipWriter::new(Cursor::new(Vec::new()));
        linked.add_symlink("lib/a", "../../outside", SimpleFileOptions::default()).unwrap();
        linked.add_symlink("lib/b", "c", SimpleFileOptions::default()).unwrap();
        let linked = linked.finish().unwrap().into_inner();
        let zips = [linked, zipped(&[("lib/a", b"2"), ("lib/c", b"2")]), zipped(&[("lib/c", b"3")])];
        unpack(&zips, &target).unwrap();
        for (name, content) in [("a", b"2"), ("b", b"3"), ("c", b"3")] {
            assert_eq!(fs::read(target.join("lib").join(name)).unwrap(), content, "{name}");
        }
        assert!(!folder.path().join("outside").exists());
        assert!(fs::symlink_metadata(target.join("lib/b")).unwrap().is_symlink());
    }

    #[test]
    fn what_is_no_package_is_refused() {
        assert!(look_into(b"no zip").is_err());
        assert!(look_into(&zipped(&[])).is_err());
        assert!(look_into(&zipped(&[("../outside", b"x")])).is_err());
        assert!(look_into(&zipped(&[("big", &vec![0; UNPACKED_BYTES_MAX as usize])])).is_err());
    }
}
