//! Each service registers exactly the operations that its list names.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Names every list that is not what its service registers.
pub(crate) fn check(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let services = root.join("services");
    for entry in fs::read_dir(&services).map_err(Error::file(&services))? {
        let folder = entry.map_err(Error::file(&services))?.path();
        for (list, code) in lists(&folder) {
            let named = fs::read_to_string(&list).map_err(Error::file(&list))?;
            let code_text = fs::read_to_string(&code).map_err(Error::file(&code))?;
            if sorted(named.lines().map(name)) != sorted(registered(&code_text)) {
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

/// The name in a line of a list: behind it stands what differs from AWS, if anything does.
fn name(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

/// In order, and in small letters: the operation GetSMSAttributes has the type GetSmsAttributes.
fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<_> = names.map(str::to_ascii_lowercase).collect();
    names.sort_unstable();
    names
}

/// What registers an operation.
const REGISTERS: [&str; 3] = [".read::<api::", ".transaction::<api::", ".waiting::<api::"];

/// The operations in lines such as `.read::<api::ListQueues>(`.
fn registered(code: &str) -> impl Iterator<Item = &str> {
    let starts = REGISTERS
        .iter()
        .flat_map(|call| code.match_indices(call).map(|(at, found)| &code[at + found.len()..]));
    starts.filter_map(|rest| rest.split(|letter: char| !letter.is_ascii_alphanumeric()).next())
}

#[cfg(test)]
mod tests {
    use super::{name, registered};

    #[test]
    fn lines_of_lists_begin_with_names() {
        assert_eq!([name("GetQueueUrl"), name("GetQueueUrl # never")], ["GetQueueUrl"; 2]);
    }

    #[test]
    fn registered_operations_are_found() {
        let code = ".waiting::<api::ReceiveMessage, _, _>(x)\n.read::<api::GetQueueUrl>(show::<api::Queue>)";
        assert_eq!(registered(code).collect::<Vec<_>>(), ["GetQueueUrl", "ReceiveMessage"]);
    }
}
