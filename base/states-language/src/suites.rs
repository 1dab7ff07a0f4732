//! Cases that other people wrote for the languages in which expressions are written: how many pass, and that they become no fewer.
//!
//! `cargo xtask test` fetches them from the registries of packages into `target/suites`. How many pass stands in `suites.txt`.
//! Cases that ask for what AWS's dialects do not have stand in `inapplicable.txt`, each with its reason; they are run all the same,
//! for none may panic or take long.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

const NUMBERS: &str = include_str!("../suites.txt");
const INAPPLICABLE: &str = include_str!("../inapplicable.txt");
/// How long a case may take, in builds for development on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(20);

/// Where the cases of a suite are. Whoever has not fetched them is told so, unless they must be there.
pub(crate) fn folder(suite: &str) -> Option<PathBuf> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/suites")).join(suite);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("CLOUDLET_SUITES").is_none(), "{} is not there", folder.display());
    println!("{suite}: not fetched; `cargo xtask test states-language` does it");
    None
}

/// What came of the cases of a suite.
pub(crate) struct Tally {
    suite: &'static str,
    /// The beginnings of the names of cases that do not apply.
    inapplicable: Vec<&'static str>,
    passed: usize,
    skipped: usize,
    failed: BTreeMap<String, String>,
}

impl Tally {
    pub(crate) fn of(suite: &'static str) -> Self {
        let lines = INAPPLICABLE.lines().filter_map(|line| line.strip_prefix(suite)?.strip_prefix(" | "));
        let inapplicable = lines.filter_map(|line| line.split(" | ").next()).collect();
        Tally { suite, inapplicable, passed: 0, skipped: 0, failed: BTreeMap::new() }
    }

    /// Runs a case.
    pub(crate) fn run(&mut self, name: &str, case: impl FnOnce() -> Result<(), String>) {
        let begun = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(case));
        assert!(begun.elapsed() < TIME_MAX, "{name} took {:?}", begun.elapsed());
        let Ok(outcome) = outcome else { panic!("{name} panicked") };
        let applies = !self.inapplicable.iter().any(|known| is_named(name, known));
        match outcome {
            Ok(()) => self.passed += 1,
            Err(_) if !applies => self.skipped += 1,
            Err(why) => drop(self.failed.insert(name.to_owned(), why)),
        }
    }

    /// Prints how many passed. Fewer than before are too few; more are to be noted.
    pub(crate) fn end(self) {
        let Tally { suite, passed, skipped, failed, .. } = self;
        for (name, why) in &failed {
            println!("{suite} | {name} | {why}");
        }
        println!("{suite}: {passed} pass, {} fail, {skipped} do not apply", failed.len());
        let noted = NUMBERS.lines().find_map(|line| line.strip_prefix(suite)?.trim().parse::<usize>().ok());
        assert_eq!(Some(passed), noted, "suites.txt has another number of cases of {suite} that pass");
    }
}

/// A name, or all that begin with what stands before a star.
fn is_named(name: &str, known: &str) -> bool {
    known.strip_suffix('*').map_or(name == known, |start| name.starts_with(start))
}
