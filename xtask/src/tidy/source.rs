//! Source files, and what each must keep to by itself.

use std::fs;
use std::path::{Path, PathBuf};

use super::sizes::{FILE_LINES, FUNCTION_LINES};
use super::tokens::{self, Contents};
use crate::error::{Error, Result};

/// Names that say nothing of what is behind them: whatever is put there belongs somewhere else.
const EMPTY_NAMES: [&str; 6] = ["util", "utils", "helper", "helpers", "common", "misc"];

/// A source file.
pub(crate) struct Source {
    /// Within the workspace.
    pub(crate) path: PathBuf,
    pub(crate) lines: usize,
    /// Whether it opens with what it is for.
    is_introduced: bool,
    pub(crate) contents: Contents,
}

/// Every source file in these folders, in order.
pub(crate) fn all(root: &Path, folders: &[&str]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    folders.iter().try_for_each(|folder| visit(root, &root.join(folder), &mut sources))?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn visit(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.is_dir() {
            visit(root, &path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
            sources.push(Source::read(path.strip_prefix(root).unwrap_or(&path), &text)?);
        }
    }
    Ok(())
}

impl Source {
    fn read(path: &Path, text: &str) -> Result<Self> {
        let contents = tokens::read(text).map_err(|why| Error::content(path, why))?;
        let is_introduced = text.starts_with("//!");
        Ok(Source { path: path.to_path_buf(), lines: text.lines().count(), is_introduced, contents })
    }

    /// Names what is wrong with it.
    pub(crate) fn check(&self, wrong: &mut Vec<String>) {
        let path = self.path.display();
        if !self.is_introduced {
            wrong.push(format!("{path}: opens without a line that says what it is for"));
        }
        if let Some(name) = self.path.iter().filter_map(|name| name.to_str()).find(|name| is_empty(name)) {
            wrong.push(format!("{path}: {name} says nothing of what is in it; name the idea"));
        }
        if self.lines > FILE_LINES.max {
            wrong.push(format!("{path}: has {} lines; split it by idea", self.lines));
        }
        for function in self.contents.functions.iter().filter(|one| one.lines > FUNCTION_LINES.max) {
            let (name, lines) = (&function.name, function.lines);
            wrong.push(format!("{path}: {name} has {lines} lines; split it by what it does"));
        }
    }
}

/// Whether a module, file, folder or crate has a name that says nothing.
fn is_empty(name: &str) -> bool {
    EMPTY_NAMES.contains(&name.strip_suffix(".rs").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(path: &str, text: &str) -> usize {
        let mut wrong = Vec::new();
        Source::read(path.as_ref(), text).unwrap().check(&mut wrong);
        wrong.len()
    }

    #[test]
    fn long_and_silent_files_are_named() {
        assert_eq!(faults("good.rs", "//! Good.\n"), 0);
        assert_eq!(faults("bad.rs", &"x\n".repeat(401)), 2);
        assert_eq!(faults("bad.rs", &format!("//! X.\nfn f() {{\n{}}}\n", "x;\n".repeat(60))), 1);
    }

    #[test]
    fn names_that_say_nothing_are_named() {
        assert_eq!(faults("services/sqs/src/helpers.rs", "//! X.\n"), 1);
        assert_eq!(faults("base/common/src/lib.rs", "//! X.\n"), 1);
        assert_eq!(faults("base/names/src/uncommon.rs", "//! X.\n"), 0);
    }
}
