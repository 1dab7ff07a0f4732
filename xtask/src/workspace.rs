//! Where the workspace is, and which crates it has.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::program::{cargo, failed};

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask).to_path_buf()
}

/// A crate of the workspace.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Within the workspace.
    pub(crate) folder: PathBuf,
    /// The folders of those in the workspace that it builds on.
    pub(crate) builds_on: Vec<PathBuf>,
}

/// Every crate of the workspace.
pub(crate) fn packages(root: &Path) -> Result<Vec<Package>> {
    let mut command = cargo(root, ["metadata", "--no-deps", "--format-version", "1"]);
    let output = command.output().map_err(failed("cargo metadata"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|why| Error::Program { program: "cargo metadata".into(), why: why.to_string() })?;
    Ok(metadata["packages"].as_array().into_iter().flatten().map(|package| read(root, package)).collect())
}

/// Where the sources are of a package that a manifest of its own names. They are fetched if they are not there.
pub(crate) fn source_of(manifest: &Path, name: &str) -> Result<PathBuf> {
    let folder = manifest.parent().unwrap_or(manifest);
    let mut command = cargo(folder, ["metadata", "--locked", "--format-version", "1"]);
    let output = command.stderr(Stdio::inherit()).output().map_err(failed("cargo metadata"))?;
    let unusable = |why: String| Error::Program { program: "cargo metadata".into(), why };
    let metadata: Value = serde_json::from_slice(&output.stdout).map_err(|why| unusable(why.to_string()))?;
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let package = packages.find(|package| package["name"] == name);
    let manifest = package.and_then(|package| package["manifest_path"].as_str());
    let folder = manifest.and_then(|manifest| Path::new(manifest).parent());
    folder.map(Path::to_path_buf).ok_or_else(|| unusable(format!("there is no package {name}")))
}

fn read(root: &Path, package: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let inside = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_path_buf();
    let manifest = PathBuf::from(text(&package["manifest_path"]));
    let dependencies = package["dependencies"].as_array().into_iter().flatten();
    let paths = dependencies.filter_map(|dependency| dependency["path"].as_str());
    Package {
        name: text(&package["name"]),
        folder: inside(manifest.parent().unwrap_or(&manifest)),
        builds_on: paths.map(|path| inside(Path::new(path))).collect(),
    }
}
