//! The layers: which folder's crates may build on which. `tidy` asks cargo what each crate depends on.

use std::path::Path;

use crate::error::Result;
use crate::workspace::{self, Package};

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

/// Where source files are: the layers, and the example, which is a workspace of its own.
pub(crate) fn folders() -> Vec<&'static str> {
    LAYERS.iter().map(|(folder, ..)| *folder).chain(["examples"]).collect()
}

/// Names every crate that builds on one which it may not.
pub(crate) fn check(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for Package { folder, builds_on, .. } in workspace::packages(root)? {
        let own = folder.display().to_string();
        for other in builds_on.iter().map(|other| other.display().to_string()) {
            if !may(&own, &other) {
                wrong.push(format!("{own}: builds on {other}, which is not below it"));
            }
        }
    }
    Ok(())
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
