//! A data folder: one process at a time, of one format.

use std::fs::{self, File, OpenOptions, TryLockError};
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
        fs::create_dir_all(path).map_err(failed)?;
        let mut options = OpenOptions::new();
        let lock =
            options.write(true).create(true).truncate(false).open(path.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Locked(path.to_owned())),
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        check_format(&path.join("format"))?;
        Ok(Folder { path: path.to_owned(), _lock: lock })
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let unfinished = path.with_extension("new");
            fs::write(&unfinished, format!("{FORMAT}\n")).map_err(failed)?;
            fs::rename(&unfinished, path).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
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
