//! Installs into `target/` what the tests use: clients for Python and JavaScript, cases that other people wrote, and the check of
//! dependencies.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, io};

use crate::error::{Error, Result};
use crate::program::{cargo, must};
use crate::workspace;

/// The version of cargo-deny.
const DENY_VERSION: &str = "0.20.2";

/// The Python of a virtual environment with the clients of `tests/requirements.txt`.
pub(crate) fn python(root: &Path) -> Result<PathBuf> {
    let folder = root.join("target/python");
    let python = folder.join("bin/python");
    once(&root.join("tests/requirements.txt"), &folder.join("installed.txt"), |requirements| {
        must("python3 -m venv", Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        must("pip install", Command::new(&python).args(pip).arg(requirements))
    })?;
    Ok(python)
}

/// The folder with the JavaScript tests and the packages of `tests/js/package-lock.json`.
pub(crate) fn javascript(root: &Path) -> Result<PathBuf> {
    let (source, folder) = (root.join("tests/js"), root.join("target/js"));
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    for file in fs::read_dir(&source).map_err(Error::file(&source))? {
        let file = file.map_err(Error::file(&source))?;
        if file.path().is_file() {
            fs::copy(file.path(), folder.join(file.file_name())).map_err(Error::file(&file.path()))?;
        }
    }
    once(&source.join("package-lock.json"), &folder.join("installed.json"), |_| {
        let npm = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
        must("npm ci", Command::new("npm").args(npm).current_dir(&folder))
    })?;
    Ok(folder)
}

/// Cases that other people wrote for the languages of expressions, each suite a folder of `target/suites`.
pub(crate) fn suites(root: &Path) -> Result<()> {
    let (source, folder) = (root.join("tests/suites"), root.join("target/suites"));
    let package = javascript(root)?.join("node_modules/jsonpath-rfc9535");
    once(&source.join("Cargo.lock"), &folder.join("installed.lock"), |_| {
        let compliance = package.join("src/__tests__/jsonpath-compliance-test-suite");
        copy(&compliance, &folder.join("jsonpath"))?;
        let crate_of_jsonata = workspace::source_of(&source.join("Cargo.toml"), "jsonata-rs")?;
        copy(&crate_of_jsonata.join("tests/testsuite"), &folder.join("jsonata"))
    })
}

/// Copies a folder with all that is in it, in place of what was there.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).map_err(Error::file(to))?;
    }
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(Error::file(parent))?;
    must("cp", Command::new("cp").arg("-r").args([from, to]))
}

/// A command that runs cargo-deny: the machine's own, where it has one.
pub(crate) fn deny(root: &Path) -> Result<Command> {
    let mut own = cargo(root, ["deny", "--version"]);
    own.stdout(Stdio::null()).stderr(Stdio::null());
    if own.status().is_ok_and(|status| status.success()) {
        return Ok(cargo(root, ["deny"]));
    }
    let tools = root.join("target/tools");
    let program = tools.join("bin/cargo-deny");
    if !program.is_file() {
        println!("── installing cargo-deny");
        let install = ["install", "cargo-deny", "--quiet", "--locked", "--version", DENY_VERSION, "--root"];
        must("cargo install", cargo(root, install).arg(&tools))?;
    }
    let mut command = Command::new(program);
    command.current_dir(root);
    Ok(command)
}

/// Installs what `wanted` lists, unless `stamp` says that this was done.
fn once(wanted: &Path, stamp: &Path, install: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let list = fs::read_to_string(wanted).map_err(Error::file(wanted))?;
    if fs::read_to_string(stamp).is_ok_and(|installed| installed == list) {
        return Ok(());
    }
    println!("── installing the clients of {}", wanted.display());
    install(wanted)?;
    fs::write(stamp, list).map_err(|error: io::Error| Error::file(stamp)(error))
}
