//! Other programs that a command runs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};

/// The cargo that runs this, with its arguments.
pub(crate) fn cargo<S: AsRef<OsStr>>(root: &Path, arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root);
    command
}

/// Runs a program that must succeed.
pub(crate) fn must(name: &str, command: &mut Command) -> Result<()> {
    let status = command.status().map_err(failed(name))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Program { program: name.to_owned(), why: format!("it ended with {status}") })
}

/// A program that could not be run.
pub(crate) fn failed(program: &str) -> impl FnOnce(std::io::Error) -> Error {
    let program = program.to_owned();
    move |error| Error::Program { program, why: error.to_string() }
}
