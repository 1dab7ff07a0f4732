//! `cloudlet runtimes list`: which runtimes of functions this machine can serve, and with what.

use anyhow::Result;
use runtime::Served;

/// Prints a line for each runtime.
pub(crate) fn list() -> Result<()> {
    let asking = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (kind, served) in asking.block_on(runtime::runtimes()) {
        let how = match served {
            Served::ByItself => "the function brings what it runs".to_owned(),
            Served::By { version, program } => format!("{version:<5} {}", program.display()),
            Served::InItsPlace { version, program } => {
                format!("{version:<5} {}  (another version, in its place)", program.display())
            }
            Served::Not { wanted } => format!("not here: needs {wanted} in the PATH"),
        };
        println!("{:<16} {how}", kind.to_string());
    }
    Ok(())
}
