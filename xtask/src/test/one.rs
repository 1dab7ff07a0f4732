//! What belongs to one crate, for who works on it: the tests beside its code, and those from outside that bear its name.
//!
//! It leaves out lints, the other crates, and what asks for the whole, so that it takes seconds; `everything` leaves out
//! nothing. Tests from outside belong to `sqs` when they stand in `test_sqs.py` or in `test_sqs_….py`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::available_parallelism;
use std::time::Instant;

use crate::clients;
use crate::error::{Error, Result};
use crate::program::{cargo, must};
use crate::workspace::{self, Package};

/// Where tests from outside are.
const OUTSIDE: &str = "tests/e2e";

/// How long each part took.
#[derive(Default)]
struct Parts(Vec<(&'static str, f64)>);

impl Parts {
    fn run(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        println!("── {name}");
        let begun = Instant::now();
        let outcome = must(name, command);
        self.0.push((name, begun.elapsed().as_secs_f64()));
        outcome
    }

    fn print(&self) {
        let parts: Vec<_> = self.0.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
        let all: f64 = self.0.iter().map(|(_, seconds)| seconds).sum();
        println!("── {all:.1} s: {}", parts.join(", "));
    }
}

/// Runs the tests of the crate of that name, all of them even when some fail.
pub(crate) fn run(root: &Path, name: &str) -> Result<()> {
    let package = find(workspace::packages(root)?, name)?;
    let files = outside(&root.join(OUTSIDE), name)?;
    let mut parts = Parts::default();
    parts.run("build", &mut cargo(root, ["build", "--quiet", "--package", "cloudlet"]))?;
    let examples = ["build", "--quiet", "--examples", "--package", package.name.as_str()];
    if root.join(&package.folder).join("examples").is_dir() {
        parts.run("examples", &mut cargo(root, examples))?;
    }
    if root.join(&package.folder).join("suites.txt").is_file() {
        clients::suites(root)?;
    }
    let beside = parts.run("beside the code", &mut beside(root, &package));
    let outside = match files.as_slice() {
        [] => {
            println!("no test from outside has the name {name}");
            Ok(())
        }
        files => {
            clients::javascript(root)?;
            parts.run("from outside", &mut pytest(root, &clients::python(root)?, files))
        }
    };
    parts.print();
    beside.and(outside)
}

/// The crate that is meant by `sqs`.
fn find(packages: Vec<Package>, name: &str) -> Result<Package> {
    let mut known: Vec<String> = packages.iter().map(|package| short(&package.name).to_owned()).collect();
    let found = packages.into_iter().find(|package| short(&package.name) == name);
    found.ok_or_else(|| {
        known.sort_unstable();
        Error::Check(format!("there is no crate {name}; there are {}", known.join(", ")))
    })
}

fn short(package: &str) -> &str {
    package.strip_prefix("cloudlet-").unwrap_or(package)
}

/// nextest where the machine has it, because it runs the tests of all binaries side by side.
fn beside(root: &Path, package: &Package) -> Command {
    let mut asked = cargo(root, ["nextest", "--version"]);
    let is_there =
        asked.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let run: &[&str] = if is_there {
        &["nextest", "run", "--cargo-quiet", "--no-tests", "pass", "--no-fail-fast", "--status-level", "fail"]
    } else {
        &["test", "--quiet", "--no-fail-fast"]
    };
    cargo(root, run.iter().chain(&["--package", package.name.as_str()]))
}

/// The files of tests from outside that bear that name.
fn outside(folder: &Path, name: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.file_name().is_some_and(|file| bears(&file.to_string_lossy(), name)) {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn bears(file: &str, name: &str) -> bool {
    let idea = file.strip_prefix("test_").and_then(|rest| rest.strip_suffix(".py"));
    let rest = idea.and_then(|idea| idea.strip_prefix(&name.replace('-', "_")));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

fn pytest(root: &Path, python: &Path, files: &[PathBuf]) -> Command {
    let workers = available_parallelism().map_or(1, std::num::NonZero::get).to_string();
    let mut command = Command::new(python);
    command.args([
        "-m",
        "pytest",
        "-q",
        "-n",
        workers.as_str(),
        "--dist",
        "worksteal",
        "-p",
        "no:cacheprovider",
    ]);
    command.args(files).current_dir(root);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_from_outside_bear_a_name() {
        assert!(bears("test_sqs.py", "sqs") && bears("test_sqs_fifo.py", "sqs"));
        assert!(bears("test_states_language_words.py", "states-language"));
        assert!(!bears("test_sqsx.py", "sqs") && !bears("sqs.py", "sqs") && !bears("test_sns.py", "sqs"));
    }

    #[test]
    fn an_unknown_name_is_answered_with_those_that_there_are() {
        let package = |name: &str| Package { name: name.into(), folder: "x".into(), builds_on: Vec::new() };
        let packages = || vec![package("cloudlet-sqs"), package("cloudlet")];
        assert_eq!(find(packages(), "sqs").unwrap().name, "cloudlet-sqs");
        assert_eq!(find(packages(), "cloudlet").unwrap().name, "cloudlet");
        let why = find(packages(), "sqz").unwrap_err().to_string();
        assert!(why.ends_with("there are cloudlet, sqs"), "{why}");
    }
}
