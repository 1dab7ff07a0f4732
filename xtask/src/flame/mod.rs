//! `cargo xtask flame`: a flame graph of the server under one load of the bench.
//!
//! The bench runs the load and has `perf` look at the server; here its looks are added up and drawn. The usual library for
//! that, inferno, has a licence that `deny.toml` does not allow, and what is needed of it is little.

mod picture;
mod stacks;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use self::stacks::Stacks;
use crate::error::{Error, Result};
use crate::program::{cargo, failed, must};
use crate::workspace;

/// What is looked at.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The load, as `cloudlet-bench run --only` has it: send, put, get, rounds, batch, publish, transact …
    load: String,
    /// How many requests it has
    #[arg(long, default_value_t = 40_000)]
    requests: usize,
    /// How Cloudlet is built: as a release with names, or quickly (dev)
    #[arg(long, default_value = "profiling")]
    profile: String,
}

/// Records, and writes `target/flame/<load>.svg`, and beside it the stacks as text.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let (load, profile) = (arguments.load.as_str(), arguments.profile.as_str());
    let root = workspace::root();
    let build = ["build", "--profile", profile, "--package", "cloudlet", "--package", "cloudlet-bench"];
    must("cargo build", &mut cargo(&root, build))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let built = target.join(if profile == "dev" { "debug" } else { profile });
    let folder = target.join("flame");
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    let recorded = folder.join(load).with_extension("perf");
    let mut bench = Command::new(built.join("cloudlet-bench"));
    bench.args(["run", "--only", load, "--requests"]).arg(arguments.requests.to_string());
    bench.arg("--record").arg(&recorded);
    bench.arg("--figures").arg(folder.join("figures.json")).arg("--cloudlet").arg(built.join("cloudlet"));
    must("cloudlet-bench", &mut bench)?;

    let mut script = Command::new("perf");
    script.args(["script", "--no-inline", "--fields", "comm,ip,sym", "--input"]).arg(&recorded);
    let output = script.stderr(Stdio::null()).output().map_err(failed("perf script"))?;
    let stacks = Stacks::read(&String::from_utf8_lossy(&output.stdout));
    if stacks.is_empty() {
        return Err(Error::Program { program: "perf".into(), why: "it saw nothing".into() });
    }
    let (text, svg) = (folder.join(load).with_extension("txt"), folder.join(load).with_extension("svg"));
    fs::write(&text, stacks.folded()).map_err(Error::file(&text))?;
    fs::write(&svg, picture::draw(&format!("Cloudlet, {load}"), &stacks)).map_err(Error::file(&svg))?;
    // It is large, and what matters of it is in the text.
    fs::remove_file(&recorded).map_err(Error::file(&recorded))?;
    println!("{}", svg.display());
    Ok(())
}
