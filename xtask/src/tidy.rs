//! `cargo xtask tidy`: rules of the house that no compiler checks.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::{layers, layouts, workspace};

/// Lines that no source file exceeds. A ratchet: it may only be turned down.
const LINES_MAX: usize = 400;
/// Lines that no function exceeds, so that one fits a screen. A ratchet as well.
const FUNCTION_LINES_MAX: usize = 60;
/// Where source files are.
const FOLDERS: [&str; 11] = [
    "base", "api", "store", "runtime", "service", "services", "edge", "cloudlet", "bench", "xtask",
    "examples",
];

/// Looks at every source file and every service, and names all that is wrong.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let mut wrong = Vec::new();
    for folder in FOLDERS {
        visit(&root.join(folder), &mut |path, text| check_source(path, text, &mut wrong))?;
    }
    check_operations(&root, &mut wrong)?;
    check_layouts(&root, &mut wrong)?;
    layers::check(&mut wrong)?;
    if wrong.is_empty() { Ok(()) } else { Err(Error::Check(wrong.join("\n"))) }
}

fn visit(folder: &Path, each: &mut dyn FnMut(&Path, &str)) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(Error::file(folder))?;
    for entry in entries {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.is_dir() {
            visit(&path, each)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            each(&path, &fs::read_to_string(&path).map_err(Error::file(&path))?);
        }
    }
    Ok(())
}

fn check_source(path: &Path, text: &str, wrong: &mut Vec<String>) {
    if !text.starts_with("//!") {
        wrong.push(format!("{}: opens without a line that says what it is for", path.display()));
    }
    let lines = text.lines().count();
    if lines > LINES_MAX {
        wrong.push(format!("{}: has {lines} lines; split it by idea", path.display()));
    }
    for (name, lines) in functions(text).filter(|(_, lines)| *lines > FUNCTION_LINES_MAX) {
        wrong.push(format!("{}: {name} has {lines} lines; split it by what it does", path.display()));
    }
}

/// Every function's name and length, as rustfmt lays it out: it ends at a brace that stands as far in as it began.
fn functions(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.lines().enumerate().filter_map(move |(at, line)| {
        let (before, rest) = line.split_once("fn ")?;
        let code = before.trim_start();
        let is_declared = code.is_empty()
            || code.starts_with("pub")
            || code.ends_with("async ")
            || code.ends_with("const ");
        let opens = is_declared && !code.starts_with("//") && !line.ends_with([';', '}']);
        let indent = &before[..before.len() - code.len()];
        let end = format!("{indent}}}");
        let lines =
            opens.then(|| text.lines().skip(at).position(|line| line == end))?.map(|last| last + 1)?;
        let name = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()?;
        Some((name, lines))
    })
}

/// What the frame and each service store has tests of its layout.
fn check_layouts(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let services = root.join("services");
    let entries = fs::read_dir(&services).map_err(Error::file(&services))?;
    let mut folders = vec![root.join("service")];
    for entry in entries {
        folders.push(entry.map_err(Error::file(&services))?.path());
    }
    for folder in folders {
        let mut sources = Vec::new();
        visit(&folder.join("src"), &mut |path, text| {
            if !path.ends_with("tests.rs") {
                sources.push(text.to_owned());
            }
        })?;
        for name in layouts::untested(&sources) {
            wrong.push(format!("{}: no test holds the layout of {name}", folder.display()));
        }
    }
    Ok(())
}

/// Each service registers exactly the operations that its list names.
fn check_operations(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let services = root.join("services");
    for entry in fs::read_dir(&services).map_err(Error::file(&services))? {
        let folder = entry.map_err(Error::file(&services))?.path();
        for (list, code) in lists(&folder) {
            let named = fs::read_to_string(&list).map_err(Error::file(&list))?;
            let registered = registered(&fs::read_to_string(&code).map_err(Error::file(&code))?);
            // The operation GetSMSAttributes has the type GetSmsAttributes.
            let sorted = |names: &mut dyn Iterator<Item = String>| {
                let mut names: Vec<_> = names.collect();
                names.sort_unstable();
                names
            };
            let named = sorted(&mut named.lines().map(str::to_ascii_lowercase));
            if named != sorted(&mut registered.iter().map(|name| name.to_ascii_lowercase())) {
                wrong.push(format!("{}: does not list what {} registers", list.display(), code.display()));
            }
        }
    }
    Ok(())
}

/// The lists of a service's folder, each with the code that registers them: its own, and those of other APIs that it offers.
pub(crate) fn lists(folder: &Path) -> Vec<(PathBuf, PathBuf)> {
    let modules = fs::read_dir(folder.join("src")).into_iter().flatten().flatten();
    let others = modules.map(|module| (module.path().join("operations.txt"), module.path().join("mod.rs")));
    let own = (folder.join("operations.txt"), folder.join("src/lib.rs"));
    std::iter::once(own).chain(others).filter(|(list, _)| list.exists()).collect()
}

/// The operations in lines such as `.read::<api::ListQueues>(`, sorted.
fn registered(code: &str) -> Vec<String> {
    let starts = code.match_indices("::<api::").map(|(at, found)| &code[at + found.len()..]);
    let mut names: Vec<String> =
        starts.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>()).collect();
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests {
    use super::{check_source, functions, registered};

    #[test]
    fn registered_operations_are_found() {
        let code = ".waiting::<api::ReceiveMessage, _, _>(x)\n.read::<api::GetQueueUrl>(y)";
        assert_eq!(registered(code), ["GetQueueUrl", "ReceiveMessage"]);
    }

    #[test]
    fn long_and_silent_files_are_named() {
        let mut wrong = Vec::new();
        check_source("good.rs".as_ref(), "//! Good.\n", &mut wrong);
        assert!(wrong.is_empty());
        check_source("bad.rs".as_ref(), &"x\n".repeat(401), &mut wrong);
        assert_eq!(wrong.len(), 2);
    }

    #[test]
    fn functions_are_measured() {
        let code = "impl X {\n    pub async fn long(\n        self,\n    ) {\n        if x {\n        }\n    }\n}\nfn short() {}\nfn two() {\n}\n";
        assert_eq!(functions(code).collect::<Vec<_>>(), [("long", 6), ("two", 2)]);
        let mut wrong = Vec::new();
        check_source("bad.rs".as_ref(), &format!("//! X.\nfn f() {{\n{}}}\n", "x;\n".repeat(60)), &mut wrong);
        assert_eq!(wrong.len(), 1);
    }
}
