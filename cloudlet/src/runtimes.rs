//! `cloudlet runtimes`: which runtimes of functions this machine can serve, and with what; and how it gets more of them.

mod install;

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use runtime::Served;

use crate::cli::{RuntimesCommand, RuntimesFlags};
use crate::settings::runtimes_folder;

/// Carries the command out.
pub(crate) fn run(command: RuntimesCommand) -> Result<()> {
    match command {
        RuntimesCommand::List(flags) => list(runtimes_folder(flags.runtimes)),
        RuntimesCommand::Install { name, flags: RuntimesFlags { runtimes } } => {
            let folder =
                runtimes_folder(runtimes).context("there is no home folder; say `--runtimes DIR`")?;
            let installed = install::install(&name, &folder)?;
            println!("{name}: {}", installed.display());
            Ok(())
        }
    }
}

/// Prints a line for each runtime.
fn list(folder: Option<PathBuf>) -> Result<()> {
    let asking = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (kind, served) in asking.block_on(runtime::runtimes(folder.as_deref())) {
        let how = match served {
            Served::ByItself => "the function brings what it runs".to_owned(),
            Served::By { version, program } => format!("{version:<5} {}", program.display()),
            Served::InItsPlace { version, program } => {
                format!("{version:<5} {}  (another version, in its place)", program.display())
            }
            Served::Not { wanted, remedy } => format!("not here: needs {wanted}; {remedy}"),
        };
        println!("{:<16} {how}", kind.to_string());
    }
    Ok(())
}
