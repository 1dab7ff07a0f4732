//! `cargo xtask tidy`: rules of the house that no compiler checks.
//!
//! It names all that is wrong, and prints how long functions and files are. It changes nothing.

mod layers;
mod layouts;
mod operations;
mod references;
mod sizes;
mod source;
mod tokens;

use crate::error::{Error, Result};
use crate::workspace;

pub(crate) use operations::lists;

/// The arguments of `cargo xtask tidy`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Prints the lengths by crate instead of by layer.
    #[arg(long)]
    crates: bool,
}

/// Looks at every source file, every service and every page, and names all that is wrong.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    let mut wrong = Vec::new();
    let sources = source::all(&root, &layers::folders())?;
    sources.iter().for_each(|source| source.check(&mut wrong));
    sizes::check(&sources, &mut wrong);
    operations::check(&root, &mut wrong)?;
    layers::check(&root, &mut wrong)?;
    layouts::check(&root, &mut wrong)?;
    references::check(&root, &mut wrong)?;
    sizes::print(&sources, arguments.crates);
    if wrong.is_empty() { Ok(()) } else { Err(Error::Check(wrong.join("\n"))) }
}
