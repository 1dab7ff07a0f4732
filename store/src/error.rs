//! Why the store cannot do what it was asked.

use std::io;
use std::path::PathBuf;

/// Why the store cannot do what it was asked. None of these is a client's fault.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder cannot be made, read or written.
    #[error("{path}: {source}")]
    Folder {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process uses the data folder.
    #[error("another process uses the data folder {0}; stop it, or choose another folder")]
    Locked(PathBuf),
    /// The data folder was written by a newer or an unknown program.
    #[error("the data folder has the format {found:?}, and this program knows {known:?}")]
    Format {
        /// What the folder says.
        found: String,
        /// What this program reads and writes.
        known: &'static str,
    },
    /// The engine failed: the disk is full or broken, or its files are damaged.
    #[error("the storage engine failed: {0}")]
    Engine(String),
    /// A key or a record is not what was once written there.
    #[error("a stored {what} cannot be read: {why}")]
    Corrupt {
        /// `key` or `record`.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// A blob does not have the bytes that were written, or has lost some.
    #[error("blob {blob} is damaged: {why}")]
    Damaged {
        /// Its id, or that of its file.
        blob: String,
        /// What is wrong with it.
        why: String,
    },
    /// A sync failed before, so that nobody knows what is on the disk; nothing more is accepted until a restart. Or
    /// the store was closed.
    #[error("the store accepts nothing more: {0}")]
    Failed(String),
}

impl Error {
    pub(crate) fn key(why: &str) -> Self {
        Error::Corrupt { what: "key", why: why.to_owned() }
    }
}

impl From<fjall::Error> for Error {
    fn from(error: fjall::Error) -> Self {
        Error::Engine(match error {
            // What the system says, without fjall's words around it.
            fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => error.to_string(),
            fjall::Error::Poisoned => "a write failed before; a restart is needed".to_owned(),
            error => error.to_string(),
        })
    }
}
