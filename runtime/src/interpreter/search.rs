//! Looks for interpreters in the folder of packs and in the PATH.
//!
//! One is asked for its version and its real place, so that shims of version managers are seen through.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::wanted::{Question, Wanted, Way};
use super::{Interpreter, jdk};

/// A shim that takes longer than this is broken.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// Asks each program once.
#[derive(Debug, Default)]
pub(super) struct Search {
    /// The `bin` folders of packs, and those of the PATH.
    folders: Vec<PathBuf>,
    packs: Option<PathBuf>,
    asked: HashMap<PathBuf, Option<Interpreter>>,
}

impl Search {
    pub(super) fn new(packs: Option<&Path>) -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
        let folders = below(packs).into_iter().map(|pack| pack.join("bin")).chain(folders).collect();
        Self { folders, packs: packs.map(Path::to_owned), asked: HashMap::new() }
    }

    /// All interpreters of that language that there are; the search ends with the one that is wanted.
    pub(super) async fn look(&mut self, wanted: &Wanted) -> Vec<Interpreter> {
        let (names, question) = match &wanted.way {
            Way::Programs(names, question) => (names, question),
            Way::Jdk => return jdk::all(&below(self.packs.as_deref())),
            Way::None => return Vec::new(),
        };
        let mut all: Vec<Interpreter> = Vec::new();
        for program in self.candidates(names) {
            let Some(found) = self.ask(program, question).await else { continue };
            let is_it = found.version == wanted.version;
            if all.iter().all(|other| other.program != found.program) {
                all.push(found);
            }
            if is_it {
                break;
            }
        }
        all
    }

    /// Every file of these names, the names' order first.
    fn candidates(&self, names: &[String]) -> Vec<PathBuf> {
        let files = names.iter().flat_map(|name| self.folders.iter().map(move |folder| folder.join(name)));
        files.filter(|path| path.is_file()).collect()
    }

    async fn ask(&mut self, program: PathBuf, question: &Question) -> Option<Interpreter> {
        if let Some(answered) = self.asked.get(&program) {
            return answered.clone();
        }
        let answer = ask(&program, question).await;
        self.asked.insert(program, answer.clone());
        answer
    }
}

/// The folders in a folder, which need not be there.
pub(super) fn below(folder: Option<&Path>) -> Vec<PathBuf> {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let mut all: Vec<PathBuf> = entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    all.sort();
    all
}

async fn ask(program: &Path, question: &Question) -> Option<Interpreter> {
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
    // A link to it may lie where nothing is shown.
    let is_seen = program.starts_with("/usr") || folders.iter().any(|folder| program.starts_with(folder));
    let program = if is_seen { program } else { program.canonicalize().ok()? };
    Some(Interpreter { program, version, folders })
}

/// `/usr` is shown anyway; the root folder never is.
pub(super) fn needs_showing(folder: &Path) -> bool {
    folder.is_absolute() && folder.components().count() > 1 && !folder.starts_with("/usr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_disk_is_never_shown() {
        assert!(!needs_showing(Path::new("/")));
        assert!(!needs_showing(Path::new("/usr/local")));
        assert!(!needs_showing(Path::new("relative")));
        assert!(needs_showing(Path::new("/opt/python")));
    }
}
