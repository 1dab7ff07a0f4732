//! What a managed runtime asks for, and what may stand in for it.

use crate::RuntimeKind;

/// A version: `3.12` is [3, 12].
pub(super) type Version = Vec<u32>;

pub(super) fn version(text: &str) -> Option<Version> {
    text.split('.').map(|part| part.parse().ok()).collect()
}

/// The words that make an interpreter tell its version, its real place, and its folders, a line each.
pub(super) type Question = [&'static str; 2];

const PYTHON: Question = [
    "-c",
    "import sys; print('%d.%d' % sys.version_info[:2], sys.executable, sys.prefix, sys.base_prefix, sep='\\n')",
];
const NODE: Question = [
    "-p",
    "[process.versions.node.split('.')[0], process.execPath, path.resolve(process.execPath, '../..')].join('\\n')",
];
const RUBY: Question =
    ["-e", "puts RUBY_VERSION[/\\d+\\.\\d+/], File.realpath(RbConfig.ruby), RbConfig::CONFIG['prefix']"];

/// How an interpreter is found.
#[derive(Debug)]
pub(super) enum Way {
    /// By these names of programs, which answer that question.
    Programs(Vec<String>, Question),
    /// Where Java is installed.
    Jdk,
    /// Not at all: nothing here could run functions with it.
    None,
}

/// An interpreter of a language.
#[derive(Debug)]
pub(super) struct Wanted {
    /// `Python`.
    pub(super) label: &'static str,
    /// `3.12`.
    pub(super) version: String,
    /// The oldest version that the bootstrap is written for.
    oldest: Version,
    pub(super) way: Way,
    /// What would bring it.
    pub(super) remedy: String,
}

impl Wanted {
    /// `None` for functions that are programs of their own.
    pub(super) fn by(kind: RuntimeKind) -> Option<Self> {
        Some(match kind {
            RuntimeKind::Python { minor } => Wanted {
                label: "Python",
                version: format!("3.{minor}"),
                oldest: vec![3, 8],
                way: programs(
                    [format!("python3.{minor}"), "python3".to_owned(), "python".to_owned()],
                    PYTHON,
                ),
                remedy: format!("install Python 3.{minor} and have it in the server's PATH"),
            },
            RuntimeKind::Node { major } => Wanted {
                label: "Node.js",
                version: major.to_string(),
                oldest: vec![18],
                way: programs([format!("node{major}"), "node".to_owned(), "nodejs".to_owned()], NODE),
                remedy: format!("run `cloudlet runtimes install {kind}`"),
            },
            RuntimeKind::Ruby { major, minor } => Wanted {
                label: "Ruby",
                version: format!("{major}.{minor}"),
                oldest: vec![3, 0],
                way: programs([format!("ruby{major}.{minor}"), "ruby".to_owned()], RUBY),
                remedy: format!("install Ruby {major}.{minor} and have it in the server's PATH"),
            },
            RuntimeKind::Java { major } => Wanted {
                label: "Java",
                version: major.to_string(),
                oldest: vec![11],
                way: Way::Jdk,
                remedy: format!("install a JDK {major} (Debian's openjdk-{major}-jdk-headless, for one)"),
            },
            RuntimeKind::Dotnet { major } => Wanted {
                label: ".NET",
                version: major.to_string(),
                oldest: vec![8],
                way: Way::None,
                remedy: "publish the function self-contained, as the `bootstrap` of provided.al2023"
                    .to_owned(),
            },
            RuntimeKind::ProvidedAl2 | RuntimeKind::ProvidedAl2023 => return None,
        })
    }

    /// How well that version serves in the place of the one that is wanted: newer ones better than older ones, and near ones
    /// better than far ones. `None`: not at all.
    pub(super) fn rank(&self, found: &str) -> Option<(bool, i64)> {
        let (found, wanted) = (version(found)?, version(&self.version)?);
        if found < self.oldest || found.len() != wanted.len() {
            return None;
        }
        let number = |version: &Version| version.iter().fold(0, |sum, part| sum * 1000 + i64::from(*part));
        let distance = number(&found) - number(&wanted);
        Some((distance < 0, distance.abs()))
    }
}

fn programs<const COUNT: usize>(names: [String; COUNT], question: Question) -> Way {
    Way::Programs(names.into(), question)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rank(kind: RuntimeKind, found: &str) -> Option<(bool, i64)> {
        Wanted::by(kind).unwrap().rank(found)
    }

    #[test]
    fn only_versions_that_the_bootstraps_support_stand_in() {
        let python = RuntimeKind::Python { minor: 12 };
        assert!(rank(python, "3.11").is_some() && rank(python, "3.15").is_some());
        assert!(rank(python, "3.7").is_none() && rank(python, "2.7").is_none());
        assert!(rank(RuntimeKind::Node { major: 22 }, "20").is_some());
        assert!(rank(RuntimeKind::Node { major: 22 }, "16").is_none());
        assert!(rank(RuntimeKind::Java { major: 8 }, "17").is_some());
        assert!(rank(RuntimeKind::Java { major: 8 }, "8").is_none());
    }

    #[test]
    fn the_nearest_newer_one_is_the_best() {
        let java = RuntimeKind::Java { major: 21 };
        let mut found = ["11", "25", "17", "24"];
        found.sort_by_key(|found| rank(java, found));
        assert_eq!(found, ["24", "25", "17", "11"]);
    }
}
