//! `cloudlet demo`: builds the example application from its sources beside this program, and lets it run.
//!
//! All that is shown is the example's own doing (`examples/trips/demo`): it deploys through the public API, as any client.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::cli::DemoFlags;

/// The example's sources, where this program was built.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/trips");

/// Whether every booking came through is the exit code.
pub(crate) fn run(flags: &DemoFlags) -> Result<ExitCode> {
    let example = Path::new(EXAMPLE);
    if !example.join("Cargo.toml").is_file() {
        bail!("the demo is built from its sources, and they are no longer at {EXAMPLE}");
    }
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let built = build(example, &program)?;
    let mut demo = Command::new(built.join("trips-demo"));
    demo.arg("--cloudlet").arg(program);
    if flags.keep {
        demo.arg("--keep");
    }
    let status = demo.status().context("the demo cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The folder with the example's programs, up to date.
fn build(example: &Path, program: &Path) -> Result<PathBuf> {
    // Beside this program's own build, so that one `cargo clean` removes both.
    let target = program.parent().and_then(Path::parent).context("this program was not built by cargo")?;
    let target = target.join("examples").join("trips");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    println!("Building the example application (minutes the first time, then seconds)");
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
        .arg(example.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .stdout(Stdio::inherit())
        .status()
        .context("cargo, which builds the example, cannot be started")?;
    ensure!(status.success(), "the example could not be built");
    Ok(target.join("release"))
}
