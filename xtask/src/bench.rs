//! `cargo xtask bench`: builds Cloudlet and its load generator for release, and measures.

use std::path::PathBuf;
use std::process::Command;

use crate::error::Result;
use crate::program::{cargo, must};
use crate::workspace;

/// What is measured.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Messages and items that are stored for the second measurement
    #[arg(long, default_value_t = 100_000)]
    stored: usize,
    /// Measure other servers that speak the same protocols instead, as far as package registries have them
    #[arg(long)]
    peers: bool,
    /// Measure functions alone
    #[arg(long, conflicts_with_all = ["peers", "items"])]
    functions: bool,
    /// Measure a table that grows to so many items instead
    #[arg(long, conflicts_with = "peers")]
    items: Option<usize>,
}

/// Measures, and keeps the figures in `bench.json` beside the builds.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    let build = ["build", "--release", "--package", "cloudlet", "--package", "cloudlet-bench"];
    must("cargo build", &mut cargo(&root, build))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let release = target.join("release");
    let mut bench = Command::new(release.join("cloudlet-bench"));
    if arguments.peers {
        bench.arg("peers").arg("--folder").arg(target.join("peers"));
    } else if arguments.functions {
        bench.arg("functions");
    } else if let Some(items) = arguments.items {
        bench.args(["many", "--items", &items.to_string()]);
    } else {
        bench.args(["run", "--stored", &arguments.stored.to_string()]);
        bench.arg("--figures").arg(target.join("bench.json"));
    }
    bench.arg("--cloudlet").arg(release.join("cloudlet"));
    must("cloudlet-bench", &mut bench)
}
