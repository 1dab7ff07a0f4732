//! `cargo xtask test`: everything that must hold, or what belongs to one crate.

mod everything;
mod one;

use crate::error::Result;
use crate::workspace;

/// What is tested.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A service or another crate, such as sqs: only its own tests, without lints, to run after each change.
    /// Without it, everything that must hold.
    name: Option<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    match &arguments.name {
        Some(name) => one::run(&root, name),
        None => everything::run(&root),
    }
}
