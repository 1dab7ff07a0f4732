//! Everything that must hold, from formatting to the tests from outside, on a bare machine.
//!
//! It installs what it needs into `target/`, runs every step even when one fails, and ends with one line:
//! `N passed, N failed`.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::clients;
use crate::error::{Error, Result};
use crate::program::{cargo, failed};

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
}

impl Count {
    fn of(is_ok: bool) -> Self {
        Count { passed: u64::from(is_ok), failed: u64::from(!is_ok) }
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Runs everything.
pub(crate) fn run(root: &Path) -> Result<()> {
    let mut total = Count::default();
    total.add(check("rustfmt", cargo(root, ["fmt", "--all", "--check"]))?);
    let lints = ["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    total.add(check("clippy", cargo(root, lints))?);
    total.add(check("tidy", cargo(root, ["xtask", "tidy"]))?);
    total.add(check("facts", cargo(root, ["xtask", "apis", "--check"]))?);
    total.add(check("docs", cargo(root, ["xtask", "docs", "--check"]))?);
    let mut deny = clients::deny(root)?;
    // Without the advisories, which would need a network at every run.
    deny.args(["--log-level", "error", "check", "licenses", "bans", "sources"]);
    total.add(check("dependencies", deny)?);
    let python = clients::python(root)?;
    clients::suites(root)?;
    total.add(rust_tests(root)?);
    total.add(tests_from_outside(root, &python)?);
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 { Ok(()) } else { Err(Error::Check(format!("{} failed", total.failed))) }
}

/// A step that passes or fails as a whole.
fn check(name: &str, mut command: Command) -> Result<Count> {
    println!("── {name}");
    let status = command.status().map_err(failed(name))?;
    Ok(Count::of(status.success()))
}

fn rust_tests(root: &Path) -> Result<Count> {
    println!("── tests beside the code");
    let mut command = cargo(root, ["test", "--workspace", "--quiet", "--no-fail-fast"]);
    command.env("CLOUDLET_SUITES", "fetched");
    let output = command.stderr(Stdio::inherit()).output().map_err(failed("cargo test"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let count = count_rust(&text);
    // A test binary that does not build or crashes prints no summary.
    Ok(if output.status.success() || count.failed > 0 { count } else { Count { failed: 1, ..count } })
}

/// Adds up lines such as `test result: ok. 3 passed; 0 failed; 0 ignored; …`.
fn count_rust(text: &str) -> Count {
    let mut total = Count::default();
    for line in text.lines().filter_map(|line| line.trim().strip_prefix("test result: ")) {
        total.add(Count { passed: number_before(line, " passed"), failed: number_before(line, " failed") });
    }
    total
}

fn tests_from_outside(root: &Path, python: &Path) -> Result<Count> {
    println!("── tests from outside");
    let built = check("build", cargo(root, ["build", "--quiet", "--package", "cloudlet"]))?;
    let helpers = [
        "--package",
        "cloudlet-wire",
        "--example",
        "oracle",
        "--package",
        "cloudlet-http",
        "--example",
        "echo",
        "--package",
        "cloudlet-templates",
        "--example",
        "render",
    ];
    let helpers = check("helpers", cargo(root, ["build", "--quiet"].iter().chain(&helpers)))?;
    if built.failed + helpers.failed > 0 {
        return Ok(Count { failed: built.failed + helpers.failed, passed: 0 });
    }
    let mut command = Command::new(python);
    command.args(["-m", "pytest", "-q", "-n", "4", "--dist", "worksteal"]);
    // A test that takes more than five seconds needs a reason: they are named.
    command.args(["--durations", "10", "--durations-min", "5"]);
    command.args(["-p", "no:cacheprovider", "tests/e2e"]);
    let output = command.current_dir(root).stderr(Stdio::inherit()).output().map_err(failed("pytest"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    print!("{text}");
    let count = count_pytest(&text);
    Ok(if output.status.success() || count.failed > 0 { count } else { Count { failed: 1, ..count } })
}

/// Reads the last line: `2 failed, 40 passed, 1 error in 12.3s`.
fn count_pytest(text: &str) -> Count {
    let Some(line) = text.lines().rev().find(|line| line.contains(" in ")) else { return Count::default() };
    let failed = number_before(line, " failed") + number_before(line, " error");
    Count { passed: number_before(line, " passed"), failed }
}

/// The number that stands right before `word`, or 0.
fn number_before(line: &str, word: &str) -> u64 {
    let Some((before, _)) = line.split_once(word) else { return 0 };
    let digits = before.rsplit(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_added_up() {
        let text = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n\
                    test result: FAILED. 1 passed; 2 failed; 0 ignored\n";
        assert_eq!(count_rust(text), Count { passed: 4, failed: 2 });
        assert_eq!(count_pytest("...\n12 passed in 3.21s\n"), Count { passed: 12, failed: 0 });
        let broken = "===== 2 failed, 40 passed, 1 error in 12.3s =====";
        assert_eq!(count_pytest(broken), Count { passed: 40, failed: 3 });
        assert_eq!(count_pytest("no summary"), Count::default());
    }
}
