//! A data folder: one process at a time, of one format.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::Error;

/// What `format` says in folders that this program writes.
const FORMAT: &str = "cloudlet 1";
/// How long a start waits for the lock. A process that was killed while it started a function has left it to the child, until
/// that runs a program of its own.
const LOCK_WAIT: Duration = Duration::from_millis(500);

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
        if !taken(&lock).map_err(failed)? {
            return Err(Error::Locked(path.to_owned()));
        }
        check_format(&path.join("format"))?;
        Ok(Folder { path: path.to_owned(), _lock: lock })
    }

    /// Opens what the engine has in its own folder, or makes that: wholly, or anew at the next start. An engine that is
    /// stopped while it makes its first files may not be able to read them.
    pub(crate) fn engine<T>(&self, open: impl FnOnce(&Path) -> Result<T, Error>) -> Result<T, Error> {
        let failed = |source| Error::Folder { path: self.path.clone(), source };
        let store = self.path.join("store");
        // There from before the first file until after the last, so nothing was acknowledged while it is.
        let unfinished = self.path.join("unfinished");
        if unfinished.exists() && store.exists() {
            fs::remove_dir_all(&store).map_err(failed)?;
        }
        if store.is_dir() {
            return open(&store);
        }
        File::create(&unfinished).map_err(failed)?;
        make(&store).map_err(failed)?;
        let engine = open(&store)?;
        fs::remove_file(&unfinished).map_err(failed)?;
        sync(&self.path).map_err(failed)?;
        Ok(engine)
    }
}

/// Whether the lock is ours, at once or soon.
fn taken(lock: &File) -> io::Result<bool> {
    let until = Instant::now() + LOCK_WAIT;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() < until => std::thread::sleep(LOCK_WAIT / 100),
            Err(TryLockError::WouldBlock) => return Ok(false),
            Err(TryLockError::Error(source)) => return Err(source),
        }
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
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
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
        // Processes that other tests start at this moment have the lock too, until they run a program of their own.
        Folder::open(folder.path()).unwrap();
    }

    #[test]
    fn what_was_not_finished_is_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let held = Folder::open(folder.path()).unwrap();
        let fail = |path: &std::path::Path| {
            std::fs::write(path.join("half"), "").unwrap();
            Err::<(), _>(Error::Engine("of its own accord".into()))
        };
        held.engine(fail).unwrap_err();
        let make = |path: &std::path::Path| {
            assert_eq!(std::fs::read_dir(path).unwrap().count(), 0);
            std::fs::write(path.join("whole"), "").unwrap();
            Ok(())
        };
        held.engine(make).unwrap();
        // From now on, no failure takes anything away.
        held.engine(fail).unwrap_err();
        assert!(held.engine(|path| Ok(path.join("whole").exists())).unwrap());
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
