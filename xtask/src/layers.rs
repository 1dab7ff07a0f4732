//! The layers: which folder's crates may build on which. `tidy` asks cargo what each crate depends on.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::program::failed;
use crate::workspace;

/// Folders from the ground up, each with those of its neighbours on the same height that it may build on.
const LAYERS: [(&str, u8, &[&str]); 11] = [
    ("base", 0, &["base"]),
    ("api", 1, &["api/codegen"]),
    ("store", 1, &["store"]),
    ("runtime", 1, &[]),
    ("outgoing", 1, &[]),
    ("service", 2, &[]),
    // Neighbours call each other through the frame; their crates never meet.
    ("services", 3, &[]),
    ("edge", 3, &[]),
    ("cloudlet", 4, &[]),
    // These two use Cloudlet from outside.
    ("bench", 1, &[]),
    ("xtask", 0, &[]),
];

/// Names every crate that builds on one which it may not.
pub(crate) fn check(wrong: &mut Vec<String>) -> Result<()> {
    let root = workspace::root();
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(&root);
    let output = command.output().map_err(failed("cargo metadata"))?;
    let metadata: Value = serde_json::from_slice(&output.stdout)
        .map_err(|why| Error::Program { program: "cargo metadata".into(), why: why.to_string() })?;
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
        let own = inside(&root, manifest.parent().unwrap_or(manifest));
        let dependencies = package["dependencies"].as_array().into_iter().flatten();
        for path in dependencies.filter_map(|dependency| dependency["path"].as_str()) {
            let other = inside(&root, Path::new(path));
            if !may(&own, &other) {
                wrong.push(format!("{own}: builds on {other}, which is not below it"));
            }
        }
    }
    Ok(())
}

fn inside(root: &Path, folder: &Path) -> String {
    folder.strip_prefix(root).unwrap_or(folder).display().to_string()
}

fn may(own: &str, other: &str) -> bool {
    let layer = |path: &str| {
        let folder = path.split('/').next().unwrap_or_default();
        LAYERS.iter().find(|(name, ..)| *name == folder)
    };
    let (Some((_, height, beside)), Some((folder, below, _))) = (layer(own), layer(other)) else {
        return false;
    };
    below < height || beside.iter().any(|allowed| *allowed == *folder || *allowed == other)
}

#[cfg(test)]
mod tests {
    use super::may;

    #[test]
    fn layers_build_on_what_is_below_them() {
        for (own, other, expected) in [
            ("services/sqs", "service", true),
            ("services/sqs", "api/sqs", true),
            ("services/sns", "services/sqs", false),
            ("service", "services/sqs", false),
            ("service", "store", true),
            ("store", "service", false),
            ("base/policy", "base/names", true),
            ("base/names", "store", false),
            ("api/sqs", "api/codegen", true),
            ("api/sqs", "api/sns", false),
            ("cloudlet", "edge/http", true),
            ("edge/http", "services/sqs", false),
            ("somewhere", "base/names", false),
        ] {
            assert_eq!(may(own, other), expected, "{own} on {other}");
        }
    }
}
