//! Interpreters from a package registry, unpacked into a folder where the server looks for them.
//!
//! npm's registry ships Node.js itself, as a package for each kind of machine. The machine's own npm fetches it, from wherever it is
//! set up for, and compares it with the registry's checksum. No registry ships the other languages in a form that runs anywhere.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use runtime::RuntimeKind;

/// Installs the interpreter of a runtime, in the place of one that was there. Returns its folder.
pub(crate) fn install(name: &str, folder: &Path) -> Result<PathBuf> {
    let kind: RuntimeKind = name.parse()?;
    let RuntimeKind::Node { major } = kind else {
        bail!(
            "only runtimes of Node.js can be installed: no package registry has those of {kind}; the machine's own interpreter \
             serves, in the PATH or as {}/bin",
            folder.join(name).display()
        );
    };
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let staging = tempfile::Builder::new().prefix(".installing").tempdir_in(folder)?;
    let package = node_package()?;
    fetch(&format!("{package}@{major}"), staging.path())?;
    let unpacked = staging.path().join("node_modules").join(package);
    check(&unpacked.join("bin/node"), major)?;
    let (pack, old) = (folder.join(name), staging.path().join("old"));
    let is_replaced = pack.exists();
    if is_replaced {
        fs::rename(&pack, &old)?;
    }
    if let Err(error) = fs::rename(unpacked, &pack) {
        // What is in the staging folder goes with it.
        if is_replaced {
            fs::rename(&old, &pack).with_context(|| format!("{} is lost", pack.display()))?;
        }
        return Err(error.into());
    }
    Ok(pack)
}

/// Node.js for this machine.
fn node_package() -> Result<String> {
    let system = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        other => bail!("npm's registry has no Node.js for {other}"),
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("npm's registry has no Node.js for {other}"),
    };
    Ok(format!("node-{system}-{processor}"))
}

/// Has npm unpack a package, of which nothing is run.
fn fetch(package: &str, folder: &Path) -> Result<()> {
    let output = Command::new("npm")
        .args([
            "install",
            "--ignore-scripts",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ])
        .arg(folder)
        .arg(package)
        .output()
        .context("npm, which fetches the package, cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "npm could not fetch {package}: {}", said.trim());
    Ok(())
}

/// It runs here, and is what it is said to be.
fn check(program: &Path, major: u8) -> Result<()> {
    let output = Command::new(program).arg("--version").output();
    let output = output.with_context(|| format!("{} does not run here", program.display()))?;
    let version = String::from_utf8_lossy(&output.stdout);
    let is_it = output.status.success() && version.starts_with(&format!("v{major}."));
    ensure!(is_it, "{} is Node.js {}", program.display(), version.trim());
    Ok(())
}
