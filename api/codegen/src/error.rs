//! Why no code could be made.

use std::fmt;
use std::io;
use std::path::Path;

/// Why no code could be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Not run as a build script: this variable is not set.
    Environment(&'static str),
    /// A file cannot be read or written.
    File(String),
    /// The facts are not what `cargo xtask apis` writes.
    Facts(String),
    /// The list of written operations is wrong.
    Written(String),
}

impl Error {
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Error::File(format!("{}: {error}", path.display()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Environment(variable) => {
                write!(f, "{variable} is not set: this runs in build scripts only")
            }
            Error::File(what) => f.write_str(what),
            Error::Facts(what) => write!(f, "facts: {what}"),
            Error::Written(what) => write!(f, "operations.txt: {what}"),
        }
    }
}

impl std::error::Error for Error {}
