//! `cargo xtask docs`: the tables of operations in `docs/`, made from the facts and from each service's list.
//!
//! A page says by a comment which service it is about; only what stands between the two comments is made. What a page
//! says in words is nobody's but its author's.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::{tidy, workspace};

const BEGIN: &str = "<!-- operations of ";
const BEGIN_END: &str = ": made by `cargo xtask docs` -->\n";
const END: &str = "<!-- end -->\n";
/// What the page that sums all services up calls itself in its comment.
const ALL: &str = "all services";
/// The width at which lists are broken, as everything else here.
const WIDTH: usize = 120;

/// The arguments of `cargo xtask docs`.
#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Changes nothing; fails when a page is not what it would be made into.
    #[arg(long)]
    check: bool,
}

/// The operations of a service's API, written or not.
#[derive(Default)]
struct Operations {
    whole: Vec<String>,
    /// Those that work in part, with what differs from AWS.
    partial: Vec<(String, String)>,
    rest: Vec<String>,
    page: Option<String>,
}

impl Operations {
    /// Reads a list of written operations: what stands behind a `#` says what differs.
    fn written(list: &str) -> Self {
        let mut operations = Operations::default();
        let mut lines: Vec<&str> = list.lines().collect();
        lines.sort_unstable();
        for line in lines {
            match line.split_once('#') {
                Some((name, differs)) => operations.partial.push((name.trim().into(), differs.trim().into())),
                None => operations.whole.push(line.into()),
            }
        }
        operations
    }

    fn is_written(&self, name: &String) -> bool {
        self.whole.contains(name) || self.partial.iter().any(|(partial, _)| partial == name)
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    let mut services = services(&root)?;
    let mut pages = pages(&root.join("docs"))?;
    for (path, text) in &pages {
        if let Some(name) = subject(text).filter(|name| *name != ALL) {
            let found = services.get_mut(name);
            let service = found.ok_or_else(|| Error::content(path, format!("there is no service {name}")))?;
            service.page = path.file_name().map(|name| name.to_string_lossy().into_owned());
        }
    }
    if let Some((name, _)) = services.iter().find(|(_, service)| service.page.is_none()) {
        let why = format!("no page has the comment `{BEGIN}{name}{}`", BEGIN_END.trim_end());
        return Err(Error::content(&root.join("docs"), why));
    }
    let mut stale = Vec::new();
    for (path, text) in &mut pages {
        let Some(made) = made(path, text, &services)? else { continue };
        match (made == *text, arguments.check) {
            (true, _) => {}
            (false, true) => stale.push(path.display().to_string()),
            (false, false) => fs::write(&*path, made).map_err(Error::file(path))?,
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    Err(Error::Check(format!("{}: not what `cargo xtask docs` would make", stale.join(", "))))
}

/// Every service, by its name.
fn services(root: &Path) -> Result<BTreeMap<String, Operations>> {
    let folder = root.join("services");
    let mut services = BTreeMap::new();
    for (list, _) in entries(&folder)?.iter().flat_map(|path| tidy::lists(path)) {
        let Some(name) = list.parent().and_then(Path::file_name) else { continue };
        let name = name.to_string_lossy().into_owned();
        let mut operations = Operations::written(&read(&list)?);
        let facts = root.join("apis").join(format!("{name}.json"));
        let api: Value = serde_json::from_str(&read(&facts)?).map_err(|why| Error::content(&facts, why))?;
        let known = api["operations"].as_object().into_iter().flat_map(|operations| operations.keys());
        operations.rest = known.filter(|name| !operations.is_written(name)).cloned().collect();
        operations.rest.sort_unstable();
        services.insert(name, operations);
    }
    Ok(services)
}

/// Every page with its text.
fn pages(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    entries(folder)?.into_iter().filter(is_page).map(|path| Ok((path.clone(), read(&path)?))).collect()
}

/// What a page's comment says that it is about.
fn subject(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(BEGIN)?;
    rest.split_once(BEGIN_END).map(|(name, _)| name)
}

/// A page with its table made anew; nothing for pages without one.
fn made(path: &Path, text: &str, services: &BTreeMap<String, Operations>) -> Result<Option<String>> {
    let Some(name) = subject(text) else { return Ok(None) };
    let begin = format!("{BEGIN}{name}{BEGIN_END}");
    let (before, rest) = text.split_once(&begin).unwrap_or((text, ""));
    let (_, after) = rest.split_once(END).ok_or_else(|| Error::content(path, format!("has no {END}")))?;
    let table = match services.get(name) {
        Some(service) => table(service),
        None => summary(services),
    };
    Ok(Some(format!("{before}{begin}\n{table}\n{END}{after}")))
}

fn table(service: &Operations) -> String {
    let Operations { whole, partial, rest, .. } = service;
    let works = whole.len() + partial.len();
    let mut text = format!("{works} of the API's {} operations work. ", works + rest.len());
    text.push_str(&format!("As on AWS, but for what stands above, {}:\n\n{}", whole.len(), list(whole)));
    if !partial.is_empty() {
        text.push_str(&format!("\nIn part, {}:\n\n| operation | what differs |\n|---|---|\n", partial.len()));
        text.extend(partial.iter().map(|(name, differs)| format!("| `{name}` | {differs} |\n")));
    }
    if !rest.is_empty() {
        text.push_str(&format!("\nNot at all, {}; they answer `501 NotImplemented`:\n\n", rest.len()));
        text.push_str(&list(rest));
    }
    text
}

/// Names with commas, broken at the width.
fn list(names: &[String]) -> String {
    let mut text = String::new();
    let mut column = 0;
    for (at, name) in names.iter().enumerate() {
        let word = format!("`{name}`{}", if at + 1 == names.len() { "" } else { "," });
        if column > 0 && column + 1 + word.len() > WIDTH {
            text.push('\n');
            column = 0;
        } else if column > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(&word);
        column += word.len();
    }
    text.push('\n');
    text
}

fn summary(services: &BTreeMap<String, Operations>) -> String {
    let mut text =
        String::from("| service | operations | as on AWS | in part | not at all |\n|---|---|---|---|---|\n");
    for (name, Operations { whole, partial, rest, page }) in services {
        let [whole, partial, rest] = [whole.len(), partial.len(), rest.len()];
        let (all, page) = (whole + partial + rest, page.as_deref().unwrap_or_default());
        text.push_str(&format!("| [{name}]({page}) | {all} | {whole} | {partial} | {rest} |\n"));
    }
    text
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::file(folder))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(Error::file(folder)))
        .collect::<Result<Vec<_>>>()?;
    paths.sort_unstable();
    Ok(paths)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> BTreeMap<String, Operations> {
        let mut service = Operations::written("C\nA # nothing is copied\n");
        (service.rest, service.page) = (vec!["B".into()], Some("x.md".into()));
        BTreeMap::from([("x".to_owned(), service)])
    }

    #[test]
    fn a_table_is_made_between_the_comments_and_nothing_else_changes() {
        let page = "# X\n\n<!-- operations of x: made by `cargo xtask docs` -->\nold\n<!-- end -->\nwords\n";
        let first = made("x.md".as_ref(), page, &some()).unwrap().unwrap();
        assert!(first.starts_with("# X\n") && first.ends_with("\n<!-- end -->\nwords\n"));
        assert!(
            first.contains(
                "2 of the API's 3 operations work. As on AWS, but for what stands above, 1:\n\n`C`\n"
            )
        );
        assert!(first.contains(
            "\nIn part, 1:\n\n| operation | what differs |\n|---|---|\n| `A` | nothing is copied |\n"
        ));
        assert!(first.contains("Not at all, 1; they answer `501 NotImplemented`:\n\n`B`\n"));
        assert_eq!(made("x.md".as_ref(), &first, &some()).unwrap().unwrap(), first);
    }

    #[test]
    fn the_summary_counts() {
        assert!(summary(&some()).ends_with("| [x](x.md) | 3 | 1 | 1 | 1 |\n"));
    }

    #[test]
    fn pages_without_a_comment_are_left_alone_and_an_open_one_is_an_error() {
        assert!(made("y.md".as_ref(), "# Words\n", &some()).unwrap().is_none());
        let open = "<!-- operations of x: made by `cargo xtask docs` -->\n";
        assert!(made("x.md".as_ref(), open, &some()).is_err());
    }

    #[test]
    fn long_lists_are_broken() {
        let names: Vec<String> = (0..40).map(|n| format!("Operation{n}")).collect();
        assert!(list(&names).lines().all(|line| line.len() <= WIDTH));
    }
}
