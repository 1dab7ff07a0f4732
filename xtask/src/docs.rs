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
struct Operations {
    works: Vec<String>,
    rest: Vec<String>,
    page: Option<String>,
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
        let mut works: Vec<String> = read(&list)?.lines().map(str::to_owned).collect();
        works.sort_unstable();
        let facts = root.join("apis").join(format!("{name}.json"));
        let api: Value = serde_json::from_str(&read(&facts)?).map_err(|why| Error::content(&facts, why))?;
        let known = api["operations"].as_object().into_iter().flat_map(|operations| operations.keys());
        let mut rest: Vec<String> = known.filter(|name| !works.contains(name)).cloned().collect();
        rest.sort_unstable();
        services.insert(name, Operations { works, rest, page: None });
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
    let (works, rest) = (service.works.len(), service.rest.len());
    let mut text = format!("{works} of the API's {} operations work:\n\n", works + rest);
    text.push_str(&list(&service.works));
    if rest > 0 {
        text.push_str(&format!("\nThe other {rest} answer `501 NotImplemented`:\n\n"));
        text.push_str(&list(&service.rest));
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
    let mut text = String::from("| service | operations that work | of |\n|---|---|---|\n");
    for (name, Operations { works, rest, page }) in services {
        let (count, page) = (works.len(), page.as_deref().unwrap_or_default());
        text.push_str(&format!("| [{name}]({page}) | {count} | {} |\n", count + rest.len()));
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
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let service =
            Operations { works: names(&["A", "C"]), rest: names(&["B"]), page: Some("x.md".into()) };
        BTreeMap::from([("x".to_owned(), service)])
    }

    #[test]
    fn a_table_is_made_between_the_comments_and_nothing_else_changes() {
        let page = "# X\n\n<!-- operations of x: made by `cargo xtask docs` -->\nold\n<!-- end -->\nwords\n";
        let first = made("x.md".as_ref(), page, &some()).unwrap().unwrap();
        assert!(first.starts_with("# X\n") && first.ends_with("\n<!-- end -->\nwords\n"));
        assert!(first.contains("2 of the API's 3 operations work:\n\n`A`, `C`\n"));
        assert!(first.contains("The other 1 answer `501 NotImplemented`:\n\n`B`\n"));
        assert_eq!(made("x.md".as_ref(), &first, &some()).unwrap().unwrap(), first);
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
