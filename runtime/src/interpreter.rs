//! Finding the machine's own interpreter for a managed runtime.
//!
//! An interpreter is asked for its version and its real place, so that shims of version managers are seen through.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use crate::{Error, RuntimeKind};

/// A shim that takes longer than this is broken.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// An interpreter of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Interpreter {
    /// The real executable.
    pub(crate) program: PathBuf,
    /// `3.11` or `20`.
    pub(crate) version: String,
    /// Folders outside `/usr` that it needs.
    pub(crate) folders: Vec<PathBuf>,
}

/// The interpreters found so far; a machine is searched once for each runtime.
#[derive(Debug, Default)]
pub(crate) struct Interpreters {
    found: tokio::sync::Mutex<HashMap<RuntimeKind, Interpreter>>,
}

/// How a runtime is served on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Served {
    /// Functions of it are programs of their own.
    ByItself,
    /// By the interpreter that it asks for.
    By {
        /// `3.12`, `22`.
        version: String,
        /// The real executable.
        program: PathBuf,
    },
    /// By one of another version, where that is accepted.
    InItsPlace {
        /// Of the one that there is.
        version: String,
        /// The real executable.
        program: PathBuf,
    },
    /// By none.
    Not {
        /// `Python 3.12`.
        wanted: String,
    },
}

/// All runtimes, and how each is served here.
pub async fn runtimes() -> Vec<(RuntimeKind, Served)> {
    let mut all = Vec::new();
    for kind in RuntimeKind::all() {
        all.push((kind, served(kind).await));
    }
    all
}

async fn served(kind: RuntimeKind) -> Served {
    let Some(wanted) = wanted(kind) else { return Served::ByItself };
    let (exact, others) = look(&wanted).await;
    if let Some(Interpreter { program, version, .. }) = exact {
        return Served::By { version, program };
    }
    match others.into_iter().find(|other| runs_bootstrap(kind, &other.version)) {
        Some(Interpreter { program, version, .. }) => Served::InItsPlace { version, program },
        None => Served::Not { wanted: format!("{} {}", wanted.label, wanted.version) },
    }
}

/// What is asked for, as names of programs and the words that make them tell about themselves.
struct Wanted {
    label: &'static str,
    version: String,
    names: Vec<String>,
    question: [&'static str; 2],
}

impl Interpreters {
    /// The interpreter for a managed runtime; `None` for `provided.*`. A missing one is searched for again each time:
    /// it may be installed meanwhile.
    pub(crate) async fn find(&self, kind: RuntimeKind, fallback: bool) -> Result<Option<Interpreter>, Error> {
        let Some(wanted) = wanted(kind) else { return Ok(None) };
        let mut found = self.found.lock().await;
        if let Some(interpreter) = found.get(&kind) {
            return Ok(Some(interpreter.clone()));
        }
        let interpreter = search(kind, &wanted, fallback).await?;
        found.insert(kind, interpreter.clone());
        Ok(Some(interpreter))
    }
}

fn wanted(kind: RuntimeKind) -> Option<Wanted> {
    const PYTHON: [&str; 2] = [
        "-c",
        "import sys; print('%d.%d' % sys.version_info[:2], sys.executable, sys.prefix, sys.base_prefix, sep='\\n')",
    ];
    const NODE: [&str; 2] = [
        "-p",
        "[process.versions.node.split('.')[0], process.execPath, path.resolve(process.execPath, '../..')].join('\\n')",
    ];
    match kind {
        RuntimeKind::Python { minor } => Some(Wanted {
            label: "Python",
            version: format!("3.{minor}"),
            names: vec![format!("python3.{minor}"), "python3".to_owned(), "python".to_owned()],
            question: PYTHON,
        }),
        RuntimeKind::Node { major } => Some(Wanted {
            label: "Node.js",
            version: major.to_string(),
            names: vec![format!("node{major}"), "node".to_owned(), "nodejs".to_owned()],
            question: NODE,
        }),
        RuntimeKind::ProvidedAl2 | RuntimeKind::ProvidedAl2023 => None,
    }
}

async fn search(kind: RuntimeKind, wanted: &Wanted, fallback: bool) -> Result<Interpreter, Error> {
    let (exact, others) = look(wanted).await;
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let seen: Vec<String> =
        others.iter().map(|other| format!("{} ({})", other.version, other.program.display())).collect();
    let usable = others.into_iter().find(|other| runs_bootstrap(kind, &other.version));
    if let (true, Some(other)) = (fallback, usable) {
        tracing::warn!("functions of runtime {kind} run in {} {}", wanted.label, other.version);
        return Ok(other);
    }
    let found = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    Err(Error::InterpreterNotFound(format!(
        "runtime {kind} needs {} {} in the server's PATH; found: {found}",
        wanted.label, wanted.version
    )))
}

/// The interpreter that is wanted, or all others of its language.
async fn look(wanted: &Wanted) -> (Option<Interpreter>, Vec<Interpreter>) {
    let mut others: Vec<Interpreter> = Vec::new();
    for program in candidates(&wanted.names) {
        match ask(&program, &wanted.question).await {
            Some(found) if found.version == wanted.version => return (Some(found), others),
            Some(found) if others.iter().all(|other| other.program != found.program) => others.push(found),
            _ => {}
        }
    }
    (None, others)
}

/// Python 3.8 and Node.js 18 are the oldest that the bootstraps are written for.
fn runs_bootstrap(kind: RuntimeKind, version: &str) -> bool {
    match kind {
        RuntimeKind::Python { .. } => version
            .strip_prefix("3.")
            .and_then(|minor| minor.parse().ok())
            .is_some_and(|minor: u32| minor >= 8),
        _ => version.parse().is_ok_and(|major: u32| major >= 18),
    }
}

/// Every file of these names in the PATH, the names' order first.
fn candidates(names: &[String]) -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .filter(|path| path.is_file())
        .collect()
}

async fn ask(program: &Path, question: &[&str]) -> Option<Interpreter> {
    let answer = Command::new(program).args(question).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(ANSWER_TIME_MAX, answer).await.ok()?.ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    let mut lines = text.lines();
    let version = lines.next()?.to_owned();
    let program = PathBuf::from(lines.next()?);
    let mut folders: Vec<PathBuf> = lines.map(PathBuf::from).filter(|folder| needs_showing(folder)).collect();
    folders.dedup();
    Some(Interpreter { program, version, folders })
}

/// `/usr` is shown anyway; the root folder never is.
fn needs_showing(folder: &Path) -> bool {
    folder.is_absolute() && folder.components().count() > 1 && !folder.starts_with("/usr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_versions_that_the_bootstraps_support_are_fallbacks() {
        let python = RuntimeKind::Python { minor: 12 };
        assert!(runs_bootstrap(python, "3.11") && runs_bootstrap(python, "3.15"));
        assert!(!runs_bootstrap(python, "3.7") && !runs_bootstrap(python, "2.7"));
        assert!(runs_bootstrap(RuntimeKind::Node { major: 22 }, "20"));
        assert!(!runs_bootstrap(RuntimeKind::Node { major: 22 }, "16"));
    }

    #[test]
    fn the_whole_disk_is_never_shown() {
        assert!(!needs_showing(Path::new("/")));
        assert!(!needs_showing(Path::new("/usr/local")));
        assert!(!needs_showing(Path::new("relative")));
        assert!(needs_showing(Path::new("/opt/python")));
    }
}
