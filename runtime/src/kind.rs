//! Lambda's runtime identifiers that can run here.

use std::fmt;
use std::str::FromStr;

/// Which language runtime a function asks for, parsed from Lambda's identifier (`python3.12`, `nodejs22.x`, `java21`,
/// `provided.al2023`). See AWS's page "Lambda runtimes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RuntimeKind {
    /// `python3.<minor>`, 3.9 to 3.14.
    Python {
        /// The minor version.
        minor: u8,
    },
    /// `nodejs<major>.x`: 18, 20, 22, 24.
    Node {
        /// The major version.
        major: u8,
    },
    /// `java<major>`: 8 (`java8.al2`), 11, 17, 21, 25.
    Java {
        /// The major version.
        major: u8,
    },
    /// `ruby<major>.<minor>`: 3.2, 3.3, 3.4, 4.0.
    Ruby {
        /// The major version.
        major: u8,
        /// The minor version.
        minor: u8,
    },
    /// `dotnet<major>`: 8, 10. Known by name, and served by nothing.
    Dotnet {
        /// The major version.
        major: u8,
    },
    /// `provided.al2`: the folder's own `bootstrap`.
    ProvidedAl2,
    /// `provided.al2023`: the folder's own `bootstrap`.
    ProvidedAl2023,
}

const PYTHON_MINORS: std::ops::RangeInclusive<u8> = 9..=14;
const NODE_MAJORS: [u8; 4] = [18, 20, 22, 24];
const JAVA_MAJORS: [u8; 5] = [8, 11, 17, 21, 25];
const RUBIES: [(u8, u8); 4] = [(3, 2), (3, 3), (3, 4), (4, 0)];
const DOTNET_MAJORS: [u8; 2] = [8, 10];

/// The identifier names no runtime that can run here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("runtime {0} is not supported")]
pub struct UnknownRuntime(pub String);

impl FromStr for RuntimeKind {
    type Err = UnknownRuntime;

    fn from_str(text: &str) -> Result<Self, UnknownRuntime> {
        let kind = Self::all().into_iter().find(|kind| kind.to_string() == text);
        kind.ok_or_else(|| UnknownRuntime(text.to_owned()))
    }
}

impl fmt::Display for RuntimeKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Python { minor } => write!(out, "python3.{minor}"),
            Self::Node { major } => write!(out, "nodejs{major}.x"),
            Self::Java { major: 8 } => out.write_str("java8.al2"),
            Self::Java { major } => write!(out, "java{major}"),
            Self::Ruby { major, minor } => write!(out, "ruby{major}.{minor}"),
            Self::Dotnet { major } => write!(out, "dotnet{major}"),
            Self::ProvidedAl2 => out.write_str("provided.al2"),
            Self::ProvidedAl2023 => out.write_str("provided.al2023"),
        }
    }
}

impl RuntimeKind {
    /// All that there are.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let python = PYTHON_MINORS.map(|minor| Self::Python { minor });
        let node = NODE_MAJORS.into_iter().map(|major| Self::Node { major });
        let java = JAVA_MAJORS.into_iter().map(|major| Self::Java { major });
        let ruby = RUBIES.into_iter().map(|(major, minor)| Self::Ruby { major, minor });
        let dotnet = DOTNET_MAJORS.into_iter().map(|major| Self::Dotnet { major });
        let provided = [Self::ProvidedAl2, Self::ProvidedAl2023];
        python.chain(node).chain(java).chain(ruby).chain(dotnet).chain(provided).collect()
    }

    /// The version as `INIT_START` prints it: `python:3.12.v1`.
    pub(crate) fn version_label(self) -> String {
        match self {
            Self::Python { minor } => format!("python:3.{minor}.v1"),
            Self::Node { major } => format!("nodejs:{major}.v1"),
            Self::Java { major: 8 } => "java:8.al2.v1".to_owned(),
            Self::Java { major } => format!("java:{major}.v1"),
            Self::Ruby { major, minor } => format!("ruby:{major}.{minor}.v1"),
            Self::Dotnet { major } => format!("dotnet:{major}.v1"),
            Self::ProvidedAl2 => "provided:al2.v1".to_owned(),
            Self::ProvidedAl2023 => "provided:al2023.v1".to_owned(),
        }
    }

    /// `AWS_EXECUTION_ENV`; custom runtimes have none on AWS.
    pub(crate) fn execution_environment(self) -> Option<String> {
        match self {
            Self::ProvidedAl2 | Self::ProvidedAl2023 => None,
            _ => Some(format!("AWS_Lambda_{self}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_identifier_survives_parsing_and_printing() {
        for text in [
            "python3.9",
            "python3.14",
            "nodejs18.x",
            "nodejs24.x",
            "java8.al2",
            "java25",
            "ruby3.4",
            "dotnet8",
            "provided.al2",
            "provided.al2023",
        ] {
            assert_eq!(text.parse::<RuntimeKind>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_lambda_does_not_have_is_refused() {
        for text in [
            "",
            "python3.8",
            "python3.15",
            "python3.012",
            "nodejs19.x",
            "nodejs20",
            "java8",
            "java18",
            "ruby2.7",
            "go1.x",
            "Python3.12",
        ] {
            assert_eq!(text.parse::<RuntimeKind>(), Err(UnknownRuntime(text.to_owned())));
        }
    }
}
