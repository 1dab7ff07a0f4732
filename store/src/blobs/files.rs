//! The folder of blobs: files that are written once, from their beginning to their end, read anywhere, and deleted.
//!
//! Everything here blocks. It knows nothing of references and sums; another place for large blobs would do these same things.

use std::fs::{self, File, OpenOptions};
use std::io::{self, IoSlice, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use parking_lot::Mutex;
use tempfile::TempDir;

use super::BlobId;
use crate::{Durability, Error, folder};

/// The files of a folder, in 256 folders within, which are made when there is need.
pub(crate) struct Files {
    place: Place,
    /// The folders within whose names are on the disk, as far as this process knows.
    made: Mutex<[bool; 256]>,
    /// Something was finished that nobody has synced.
    is_unsynced: AtomicBool,
    /// Whoever finds nothing to sync waits for who is at it.
    syncing: Mutex<()>,
}

enum Place {
    Folder {
        path: PathBuf,
        durability: Durability,
    },
    /// For a store in memory: made with the first file, gone with the process.
    Temporary(OnceLock<TempDir>),
}

/// A file that is being written.
pub(super) struct NewFile {
    file: File,
    path: PathBuf,
}

/// A file that is read.
pub(super) struct OldFile(File);

impl Files {
    pub(crate) fn in_folder(path: PathBuf, durability: Durability) -> Self {
        Self::at(Place::Folder { path, durability })
    }

    pub(crate) fn temporary() -> Self {
        Self::at(Place::Temporary(OnceLock::new()))
    }

    fn at(place: Place) -> Self {
        let (is_unsynced, syncing) = (AtomicBool::new(false), Mutex::default());
        Files { place, made: Mutex::new([false; 256]), is_unsynced, syncing }
    }

    /// Begins a file.
    pub(super) fn create(&self, id: BlobId) -> Result<NewFile, Error> {
        let root = self.root()?;
        let path = path_in(root, id);
        let created = self
            .make_folder(root, id)
            .and_then(|()| OpenOptions::new().write(true).create_new(true).open(&path));
        match created {
            Ok(file) => Ok(NewFile { file, path }),
            Err(source) => Err(Error::Folder { path, source }),
        }
    }

    /// Ends a file, and makes it as durable as the store's acknowledgements are.
    pub(super) fn finish(&self, file: NewFile) -> Result<(), Error> {
        match &self.place {
            Place::Folder { durability: Durability::Power, .. } => file.sync(),
            Place::Folder { durability: Durability::Crash, .. } => {
                self.is_unsynced.store(true, Ordering::Release);
                Ok(())
            }
            Place::Temporary(_) => Ok(()),
        }
    }

    /// Brings to the disk what was finished since the last time.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let _alone = self.syncing.lock();
        let Some(root) = self.existing_root().filter(|_| self.is_unsynced.swap(false, Ordering::AcqRel))
        else {
            return Ok(());
        };
        // Of the file system, because names and bytes of many files cost one wait for the disk.
        let synced = File::open(root).and_then(|folder| Ok(rustix::fs::syncfs(folder)?));
        synced.map_err(|source| Error::Folder { path: root.to_owned(), source })
    }

    /// Opens a file; none when there is none.
    pub(super) fn open(&self, id: BlobId) -> Result<Option<OldFile>, Error> {
        let Some(root) = self.existing_root() else { return Ok(None) };
        let path = path_in(root, id);
        match File::open(&path) {
            Ok(file) => Ok(Some(OldFile(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Folder { path, source }),
        }
    }

    /// Deletes a file. Says whether there was one.
    pub(super) fn delete(&self, id: BlobId) -> Result<bool, Error> {
        let Some(root) = self.existing_root() else { return Ok(false) };
        let path = path_in(root, id);
        match fs::remove_file(&path) {
            Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::Folder { path, source }),
            Ok(()) => Ok(true),
        }
    }

    /// Shows every file. What has no blob's name is not ours.
    pub(super) fn each(&self, mut visit: impl FnMut(BlobId) -> Result<(), Error>) -> Result<(), Error> {
        let Some(root) = self.existing_root() else { return Ok(()) };
        for folder in entries(root)? {
            for file in entries(&folder)? {
                let id: Option<BlobId> = file.file_name().and_then(|name| name.to_str()?.parse().ok());
                if let Some(id) = id.filter(|id| path_in(root, *id) == file) {
                    visit(id)?;
                }
            }
        }
        Ok(())
    }

    fn root(&self) -> Result<&Path, Error> {
        match &self.place {
            Place::Folder { path, .. } => Ok(path),
            Place::Temporary(folder) => {
                if let Some(folder) = folder.get() {
                    return Ok(folder.path());
                }
                let made = tempfile::Builder::new().prefix("cloudlet-blobs-").tempdir();
                let made = made.map_err(|source| Error::Folder { path: std::env::temp_dir(), source })?;
                // Where two are made at once, one of them goes again.
                Ok(folder.get_or_init(|| made).path())
            }
        }
    }

    fn existing_root(&self) -> Option<&Path> {
        match &self.place {
            Place::Folder { path, .. } => Some(path),
            Place::Temporary(folder) => folder.get().map(TempDir::path),
        }
    }

    /// Makes the folder of a file. Who finds it made may rely on its name: it is on the disk.
    fn make_folder(&self, root: &Path, id: BlobId) -> io::Result<()> {
        let mut made = self.made.lock();
        let made = &mut made[usize::from(id.0[15])];
        if !*made {
            folder::make(root)?;
            folder::make(&folder_in(root, id))?;
            // An earlier process may have made it, and not have come to this.
            folder::sync(root)?;
            *made = true;
        }
        Ok(())
    }
}

fn folder_in(root: &Path, id: BlobId) -> PathBuf {
    root.join(format!("{:02x}", id.0[15]))
}

fn path_in(root: &Path, id: BlobId) -> PathBuf {
    folder_in(root, id).join(id.to_string())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries: io::Result<Vec<_>> = match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    };
    entries.map_err(|source| Error::Folder { path: folder.to_owned(), source })
}

impl NewFile {
    /// Writes what comes next.
    pub(super) fn append(&mut self, pieces: &[Bytes]) -> Result<(), Error> {
        let mut slices: Vec<_> = pieces.iter().map(|piece| IoSlice::new(piece)).collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match self.file.write_vectored(rest) {
                Ok(0) => return Err(self.failed(io::ErrorKind::WriteZero.into())),
                Ok(count) => IoSlice::advance_slices(&mut rest, count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(error)),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        let folder = self.path.parent().unwrap_or(&self.path);
        let synced = self.file.sync_data().and_then(|()| folder::sync(folder));
        synced.map_err(|source| self.failed(source))
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Folder { path: self.path.clone(), source }
    }
}

impl OldFile {
    /// How many bytes it has.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    /// Bytes from somewhere within; fewer only where it ends before.
    pub(super) fn read(&self, from: u64, count: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(count);
        while bytes.len() < count {
            let at = from + bytes.len() as u64;
            let room = rustix::buffer::spare_capacity(&mut bytes);
            match rustix::io::pread(&self.0, room, at) {
                Ok(0) => break,
                Ok(_) => {}
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        bytes.truncate(count);
        Ok(bytes)
    }
}
