//! `cargo xtask console`: runs Cloudlet so that tokio-console shows its tasks: which there are, how long they ran, and what
//! they wait for.

use crate::error::Result;
use crate::program::{cargo, must};
use crate::workspace;

/// What Cloudlet is run with.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Arguments of `cloudlet up`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    up: Vec<String>,
}

/// Builds for development in a folder of its own, because tokio tells of tasks only where everything was built so, and runs.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    println!("look with: cargo install --locked tokio-console && tokio-console");
    let run = ["run", "--quiet", "--package", "cloudlet", "--features", "console", "--", "up"];
    let mut command = cargo(&root, run);
    command.args(&arguments.up).env("RUSTFLAGS", "--cfg tokio_unstable");
    command.env("CARGO_TARGET_DIR", root.join("target/console"));
    must("cloudlet", &mut command)
}
