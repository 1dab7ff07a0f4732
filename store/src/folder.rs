//! A data folder: one process at a time, of one format.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// What `format` says in folders that this program writes.
const FORMAT: &str = "cloudlet 1";

/// A data folder that this process alone may use, until this is dropped.
pub(crate) struct Folder {
    path: PathBuf,
    /// Held, not used: the lock ends with it, and with the process.
    _lock: File,
}

impl Folder {
    /// Makes the folder when it is missing, locks it, and checks its format.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        make(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        let lock =
            options.write(true).create(true).truncate(false).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        let folder = Folder { path: path.to_owned(), _lock: lock };
        check_format(&path.join("format"))?;
        make(&folder.engine()).map_err(failed)?;
        Ok(folder)
    }

    /// Where the engine keeps its files.
    pub(crate) fn engine(&self) -> PathBuf {
        self.path.join("store")
    }
}

/// Written before the first data, so that a folder without it has none.
fn check_format(path: &Path) -> Result<(), Error> {
    let failed = |source| Error::Folder { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(found) if found.trim_end() == FORMAT => Ok(()),
        Ok(found) => Err(Error::Format { found: found.trim_end().to_owned(), known: FORMAT }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            write(path, format!("{FORMAT}\n").as_bytes()).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a small file that only appears whole, and outlives a power cut from then on.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let unfinished = path.with_extension("new");
    let mut file = File::create(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    path.parent().map_or(Ok(()), sync)
}

/// Makes a folder, and those above it, so that their names outlive a power cut: what is synced inside of a folder is
/// lost with the folder's own name.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(above)?;
    match fs::create_dir(path) {
        // Somebody else may be making it.
        Err(error) if !path.is_dir() => Err(error),
        _ => sync(above),
    }
}

/// Brings the names in a folder to the disk.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::Folder;
    use crate::Error;

    #[test]
    fn one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::open(folder.path()).unwrap();
        assert!(matches!(Folder::open(folder.path()), Err(Error::Locked(_))));
        drop(held);
        Folder::open(folder.path()).unwrap();
    }

    #[test]
    fn another_format_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("format"), "cloudlet 99\n").unwrap();
        assert!(
            matches!(Folder::open(folder.path()), Err(Error::Format { found, .. }) if found == "cloudlet 99")
        );
        assert_eq!(std::fs::read_to_string(folder.path().join("format")).unwrap(), "cloudlet 99\n");
    }
}
