//! Finding the machine's own interpreter for a managed runtime.

pub(crate) mod jdk;
mod search;
mod sources;
mod wanted;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use self::search::Search;
use self::wanted::Wanted;
use crate::{Error, RuntimeKind};

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
        /// What would bring it.
        remedy: String,
    },
}

/// All runtimes, and how each is served here, with what is installed in that folder of packs.
pub async fn runtimes(packs: Option<&Path>) -> Vec<(RuntimeKind, Served)> {
    let mut search = Search::new(packs);
    let mut all = Vec::new();
    for kind in RuntimeKind::all() {
        all.push((kind, served(kind, &mut search).await));
    }
    all
}

async fn served(kind: RuntimeKind, search: &mut Search) -> Served {
    let Some(wanted) = Wanted::by(kind) else { return Served::ByItself };
    match best(&wanted, search.look(&wanted).await, true) {
        Some(Interpreter { program, version, .. }) if version == wanted.version => {
            Served::By { version, program }
        }
        Some(Interpreter { program, version, .. }) => Served::InItsPlace { version, program },
        None => Served::Not { wanted: format!("{} {}", wanted.label, wanted.version), remedy: wanted.remedy },
    }
}

/// The one that is wanted, or, where that is accepted, the best that can stand in for it.
fn best(wanted: &Wanted, found: Vec<Interpreter>, fallback: bool) -> Option<Interpreter> {
    let ranked = found.into_iter().filter_map(|found| Some((wanted.rank(&found.version)?, found)));
    let best = ranked.min_by_key(|(rank, _)| *rank).map(|(_, found)| found);
    best.filter(|best| fallback || best.version == wanted.version)
}

impl Interpreters {
    /// The interpreter for a managed runtime; `None` for `provided.*`. A missing one is searched for again each time:
    /// it may be installed meanwhile.
    pub(crate) async fn find(
        &self,
        kind: RuntimeKind,
        packs: Option<&Path>,
        fallback: bool,
    ) -> Result<Option<Interpreter>, Error> {
        let Some(wanted) = Wanted::by(kind) else { return Ok(None) };
        let mut found = self.found.lock().await;
        if let Some(interpreter) = found.get(&kind) {
            return Ok(Some(interpreter.clone()));
        }
        let seen = Search::new(packs).look(&wanted).await;
        let Some(interpreter) = best(&wanted, seen.clone(), fallback) else {
            return Err(Error::InterpreterNotFound(missing(kind, &wanted, &seen, packs).await));
        };
        if interpreter.version != wanted.version {
            tracing::warn!("functions of runtime {kind} run in {} {}", wanted.label, interpreter.version);
        }
        found.insert(kind, interpreter.clone());
        Ok(Some(interpreter))
    }
}

/// What there is instead, and what would help.
async fn missing(kind: RuntimeKind, wanted: &Wanted, seen: &[Interpreter], packs: Option<&Path>) -> String {
    let seen: Vec<String> =
        seen.iter().map(|other| format!("{} ({})", other.version, other.program.display())).collect();
    let seen = if seen.is_empty() { "none".to_owned() } else { seen.join(", ") };
    let others = runtimes(packs).await.into_iter();
    let others = others.filter(|(_, served)| !matches!(served, Served::Not { .. }));
    let others: Vec<String> = others.map(|(kind, _)| kind.to_string()).collect();
    format!(
        "runtime {kind} needs {} {}, found: {seen}. To have it, {}. Runtimes that are served here: {}",
        wanted.label,
        wanted.version,
        wanted.remedy,
        others.join(", ")
    )
}
