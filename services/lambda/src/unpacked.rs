//! Packages on the disk: unpacked when they are first needed, one over the other where they are layers, and removed when the
//! program starts and they have gone from the store.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use store::Reads;
use zip::ZipArchive;

use crate::keys::Id;
use crate::package::{UNPACKED_BYTES_MAX, is_stored};

/// The longest target of a symbolic link.
const LINK_BYTES_MAX: u64 = 4096;

/// The name of the folder that these are unpacked into.
pub(crate) fn folder(packages: &[Id]) -> String {
    let names: Vec<String> = packages.iter().map(|id| format!("{:032x}", u128::from_be_bytes(*id))).collect();
    names.join("+")
}

/// The packages that a folder has its name of; none where it is another kind of folder.
fn packages_in(folder: &str) -> Option<Vec<Id>> {
    folder.split('+').map(|name| u128::from_str_radix(name, 16).ok().map(u128::to_be_bytes)).collect()
}

/// Removes the folders in one of which some package is not stored any more, and what was left unfinished.
pub(crate) fn sweep(parent: &Path, reads: &impl Reads) -> io::Result<()> {
    let folders = match fs::read_dir(parent) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        folders => folders?,
    };
    for folder in folders {
        let folder = folder?;
        let packages = folder.file_name().to_str().and_then(packages_in);
        let mut stored = packages.iter().flatten().map(|id| is_stored(reads, id));
        let is_whole = packages.is_some() && stored.all(|stored| !matches!(stored, Ok(false)));
        if !is_whole {
            fs::remove_dir_all(folder.path())?;
        }
    }
    Ok(())
}

/// Unpacks packages, one over the other, into a folder that is there whole or not at all.
pub(crate) fn unpack(zips: Vec<impl Read + Seek>, folder: &Path) -> io::Result<()> {
    let parent = folder.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent)?;
    let unfinished = tempfile::Builder::new().prefix("unpacking-").tempdir_in(parent)?;
    let mut tree = Tree { root: unfinished.path(), links: BTreeMap::new(), bytes_left: UNPACKED_BYTES_MAX };
    for zip in zips {
        tree.add(zip)?;
    }
    tree.link()?;
    // Kept: from here on it is the folder itself.
    fs::rename(unfinished.keep(), folder)
}

/// A folder to which packages are added. Where two have something of one name, the later one's stays.
struct Tree<'a> {
    root: &'a Path,
    /// Symbolic links, made last, so that nothing is written through them.
    links: BTreeMap<PathBuf, String>,
    bytes_left: u64,
}

impl Tree<'_> {
    fn add(&mut self, zip: impl Read + Seek) -> io::Result<()> {
        let mut archive = ZipArchive::new(zip)?;
        for index in 0..archive.len() {
            let mut file = archive.by_index(index)?;
            let name =
                file.enclosed_name().ok_or_else(|| io::Error::other("a file outside of the package"))?;
            if name.as_os_str().is_empty() {
                continue;
            }
            if file.is_dir() {
                self.make_folder(&name)?;
                continue;
            }
            let path = self.root.join(&name);
            self.make_folder(name.parent().unwrap_or(Path::new("")))?;
            self.clear(&path)?;
            if file.is_symlink() {
                let mut target = String::new();
                file.by_ref().take(LINK_BYTES_MAX).read_to_string(&mut target)?;
                self.links.insert(path, target);
                continue;
            }
            let mode = file.unix_mode();
            let mut content = file.by_ref().take(self.bytes_left);
            self.bytes_left -= io::copy(&mut content, &mut File::create(&path)?)?;
            make_readable(&path, mode)?;
        }
        Ok(())
    }

    /// Makes a folder with all above it. Links and files that stand in their places go.
    fn make_folder(&mut self, name: &Path) -> io::Result<()> {
        let mut path = self.root.to_owned();
        for part in name {
            path.push(part);
            self.links.remove(&path);
            if !path.is_dir() {
                self.clear(&path)?;
                fs::create_dir(&path)?;
            }
        }
        Ok(())
    }

    /// What an earlier package has there goes, with all that is below it.
    fn clear(&mut self, path: &Path) -> io::Result<()> {
        self.links.remove(path);
        let removed = if path.is_dir() {
            self.links.retain(|link, _| !link.starts_with(path));
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes the links. What they lead to is looked for inside of the sandbox.
    fn link(self) -> io::Result<()> {
        self.links.iter().try_for_each(|(path, target)| symlink(target, path))
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
    use store::{Options, Store, Transaction};
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use std::io::Cursor;

    use super::*;
    use crate::keys;
    use crate::package::tests::zipped;

    #[test]
    fn a_package_is_unpacked_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("code/one");
        let zip = zipped(&[("main.py", b"x = 1"), ("a/b/c.txt", b"deep")]);
        unpack(vec![Cursor::new(zip)], &target).unwrap();
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
        unpack(zips.map(Cursor::new).into(), &target).unwrap();
        for (name, content) in [("a", b"2"), ("b", b"3"), ("c", b"3")] {
            assert_eq!(fs::read(target.join("lib").join(name)).unwrap(), content, "{name}");
        }
        assert!(!folder.path().join("outside").exists());
        assert!(fs::symlink_metadata(target.join("lib/b")).unwrap().is_symlink());
    }

    #[test]
    fn links_files_and_folders_of_one_name_take_each_others_places() {
        let work = tempfile::tempdir().unwrap();
        let linked = |name: &str, target: &str| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            zip.add_symlink(name, target, SimpleFileOptions::default()).unwrap();
            Cursor::new(zip.finish().unwrap().into_inner())
        };
        let filed = |name: &str| Cursor::new(zipped(&[(name, b"x")]));
        let kind = |path: &Path| fs::symlink_metadata(path).map(|found| found.file_type());
        let opt = |number: u32, zips| {
            let folder = work.path().join(number.to_string());
            unpack(zips, &folder).unwrap();
            folder
        };
        let folder = opt(1, vec![linked("lib", "lib64"), filed("lib/a")]);
        assert_eq!(fs::read(folder.join("lib/a")).unwrap(), b"x");
        assert!(kind(&folder.join("lib")).unwrap().is_dir());
        let folder = opt(2, vec![filed("lib/a"), linked("lib/b", "c"), linked("lib", "lib64")]);
        assert!(kind(&folder.join("lib")).unwrap().is_symlink());
        let folder = opt(3, vec![filed("lib"), filed("lib/a/b"), filed("lib/a")]);
        assert!(kind(&folder.join("lib/a")).unwrap().is_file());
        let folder = opt(4, vec![linked("lib", "/etc"), linked("lib/a", "x"), filed("lib/b")]);
        assert!(kind(&folder.join("lib/a")).unwrap().is_symlink());
        assert!(kind(&folder.join("lib/b")).unwrap().is_file());
    }

    #[test]
    fn folders_of_packages_that_have_gone_are_removed() {
        let work = tempfile::tempdir().unwrap();
        let store = Store::open(Options::memory()).unwrap();
        let (one, other, gone) = ([1; 16], [0xfe; 16], [3; 16]);
        let put = |tx: &mut Transaction| {
            for id in [&one, &other] {
                tx.put(keys::piece(id, 0), "zip");
            }
            Ok::<_, store::Error>(())
        };
        store.transact_now(put).unwrap();
        let kept = [folder(&[one]), folder(&[other, one])];
        let removed = [folder(&[gone]), folder(&[one, gone]), "unpacking-x1".to_owned()];
        for name in kept.iter().chain(&removed) {
            fs::create_dir(work.path().join(name)).unwrap();
        }
        sweep(work.path(), &store.snapshot()).unwrap();
        assert!(kept.iter().all(|name| work.path().join(name).is_dir()));
        assert!(!removed.iter().any(|name| work.path().join(name).exists()));
        assert!(sweep(&work.path().join("none"), &store.snapshot()).is_ok());
    }
}
