//! A named pipe of the host, into which the launcher lets extensions write. It has gone from the disk when this has.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use tokio::net::unix::pipe::{OpenOptions, Receiver};

/// Holds the pipe open: without a writer, its reader would take it for ended before anybody has begun.
pub(super) struct NamedPipe {
    path: PathBuf,
    _writer: File,
}

impl NamedPipe {
    /// Makes it, if it is wanted, and opens its reading end.
    pub(super) fn make(path: &Path, is_wanted: bool) -> io::Result<Option<(Receiver, Self)>> {
        if !is_wanted {
            return Ok(None);
        }
        nix::unistd::mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR)?;
        let receiver = OpenOptions::new().open_receiver(path)?;
        let writer = File::options().write(true).open(path)?;
        Ok(Some((receiver, Self { path: path.to_owned(), _writer: writer })))
    }
}

impl Drop for NamedPipe {
    fn drop(&mut self) {
        // A start of the server removes what is left.
        let _ = std::fs::remove_file(&self.path);
    }
}
