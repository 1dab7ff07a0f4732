//! What can go wrong in a developer's command, worded for the developer who has to mend it.

use std::path::{Path, PathBuf};

/// The outcome of a developer's command.
pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a developer's command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file was read, but it does not say what it should.
    #[error("{}: {why}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another program was needed, and failed.
    #[error("{program}: {why}")]
    Program {
        /// Its name.
        program: String,
        /// What it said.
        why: String,
    },
    /// A published description is not as this program understands it.
    #[error("the description of {service}: {why}")]
    Description {
        /// The service.
        service: String,
        /// What is not understood, and where.
        why: String,
    },
    /// A check found something; every line tells one thing.
    #[error("{0}")]
    Check(String),
}

impl Error {
    /// For `map_err` on a file operation.
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Error::File { path, source }
    }

    /// A file whose content is wrong.
    pub(crate) fn content(path: &Path, why: impl ToString) -> Self {
        Error::Content { path: path.to_path_buf(), why: why.to_string() }
    }

    /// A description that is not understood.
    pub(crate) fn description(service: &str, why: impl ToString) -> Self {
        Error::Description { service: service.to_owned(), why: why.to_string() }
    }
}
