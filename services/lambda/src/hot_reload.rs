//! Functions whose code is a folder of this machine's disk: what changes in it is there at the next invocation.
//!
//! Whoever started the program has said below which folder they may be, and nobody may without that. A folder is shown to its
//! function as it is, and never written to. Its state is one number, made of what the system says of its files; environments are
//! shared by it.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use wire::Fault;

use crate::errors;

/// The bucket that stands for the disk, as LocalStack spells it; the key is the folder.
pub(crate) const BUCKET: &str = "hot-reload";
/// More files than any function has.
const FILES_MAX: usize = 200_000;
/// What changes without the code changing.
const IGNORED: [&str; 2] = [".git", "__pycache__"];

/// Which folders may be functions.
pub(crate) struct HotReload {
    root: Option<PathBuf>,
    /// The keys of environments, with the state of their folders and without.
    seen: Mutex<HashMap<String, String>>,
}

impl HotReload {
    pub(crate) fn below(root: Option<PathBuf>) -> Self {
        HotReload { root, seen: Mutex::default() }
    }

    /// The folder that is meant, as the system knows it.
    pub(crate) fn folder(&self, path: &str) -> Result<PathBuf, Fault> {
        let Some(root) = &self.root else {
            let message =
                format!("Hot reload of {path} is off: this cloud was started without `--hot-reload DIR`.");
            return Err(errors::invalid(message));
        };
        let unknown = |_| errors::invalid(format!("Hot reload: {path} is no folder of this machine."));
        let (folder, root) =
            (fs::canonicalize(path).map_err(unknown)?, fs::canonicalize(root).map_err(unknown)?);
        if !folder.starts_with(&root) {
            let message = format!("Hot reload: {path} is not below the folder that `--hot-reload` names.");
            return Err(errors::invalid(message));
        }
        if folder.is_dir() { Ok(folder) } else { Err(unknown(io::ErrorKind::NotADirectory.into())) }
    }

    /// The key of environments for that state of a folder, and that of an earlier state, if it was another one.
    pub(crate) fn key(&self, key: &str, state: u64) -> (String, Option<String>) {
        let full = format!("{key}+{state:016x}");
        let old = self.seen.lock().insert(key.to_owned(), full.clone());
        let old = old.filter(|old| *old != full);
        (full, old)
    }

    /// Nothing of it is kept any more; tells the last key.
    pub(crate) fn forget(&self, key: &str) -> Option<String> {
        self.seen.lock().remove(key)
    }

    /// Nothing of any is.
    pub(crate) fn forget_all(&self) {
        self.seen.lock().clear();
    }
}

/// The state of all files in a folder. It blocks.
pub(crate) fn state(folder: &Path) -> io::Result<u64> {
    let mut hasher = DefaultHasher::new();
    let mut files_left = FILES_MAX;
    // A list, not calls of calls: folders may lie in each other deeper than the stack is.
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        match add(&next, &mut hasher, &mut files_left, &mut folders) {
            // One that has gone meanwhile is seen to be gone the next time.
            Err(error) if has_gone(&error) && next != folder => {}
            added => added?,
        }
    }
    Ok(hasher.finish())
}

fn has_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn add(
    folder: &Path,
    hasher: &mut DefaultHasher,
    files_left: &mut usize,
    folders: &mut Vec<PathBuf>,
) -> io::Result<()> {
    folder.hash(hasher);
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| IGNORED.iter().all(|ignored| entry.file_name() != *ignored));
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        *files_left =
            files_left.checked_sub(1).ok_or_else(|| io::Error::other("the folder has too many files"))?;
        // Likewise a file that has gone.
        let Ok(facts) = entry.metadata() else { continue };
        entry.file_name().hash(hasher);
        add_facts(&facts, hasher);
        if facts.is_dir() {
            folders.push(entry.path());
        } else if facts.is_symlink() {
            // What it leads to may change without it.
            if let Ok(facts) = fs::metadata(entry.path()) {
                add_facts(&facts, hasher);
            }
        }
    }
    Ok(())
}

fn add_facts(facts: &Metadata, hasher: &mut DefaultHasher) {
    (facts.mode(), facts.size(), facts.ino()).hash(hasher);
    // A folder's own moments change with what is ignored in it.
    if !facts.is_dir() {
        (facts.mtime(), facts.mtime_nsec(), facts.ctime(), facts.ctime_nsec()).hash(hasher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_below_the_named_one_are_taken() {
        let disk = tempfile::tempdir().unwrap();
        let path = |name: &str| disk.path().join(name).to_string_lossy().into_owned();
        fs::create_dir_all(path("code/one")).unwrap();
        fs::create_dir_all(path("other")).unwrap();
        fs::write(path("code/file"), "").unwrap();
        std::os::unix::fs::symlink(path("other"), path("code/out")).unwrap();
        let hot = HotReload::below(Some(path("code").into()));
        assert!(hot.folder(&path("code/one")).is_ok() && hot.folder(&path("code")).is_ok());
        for wrong in ["other", "code/out", "code/one/../../other", "code/file", "code/none"] {
            assert!(hot.folder(&path(wrong)).is_err(), "{wrong}");
        }
        assert!(
            HotReload::below(None).folder(&path("code/one")).unwrap_err().message.contains("--hot-reload")
        );
    }

    #[test]
    fn every_change_is_another_state() {
        let disk = tempfile::tempdir().unwrap();
        let at = |name: &str| disk.path().join(name);
        fs::create_dir(at("lib")).unwrap();
        fs::write(at("main.py"), "1").unwrap();
        let mut states = vec![state(disk.path()).unwrap()];
        let mut note = || states.push(state(disk.path()).unwrap());
        fs::write(at("lib/a.py"), "1").unwrap();
        note();
        fs::write(at("lib/a.py"), "22").unwrap();
        note();
        fs::rename(at("lib/a.py"), at("lib/b.py")).unwrap();
        note();
        fs::remove_file(at("lib/b.py")).unwrap();
        fs::create_dir(at("lib/__pycache__")).unwrap();
        fs::write(at("lib/__pycache__/x.pyc"), "1").unwrap();
        note();
        let (first, last) = (states[0], states[4]);
        assert_eq!(first, last, "nothing has stayed but what is ignored");
        states.truncate(4);
        states.dedup();
        assert_eq!(states.len(), 4);
    }
}
