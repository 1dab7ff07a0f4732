//! Pages speak of the code by links; this holds them true.
//!
//! Every relative link of a page leads to something that is there. Where the text of a link to a source file is code, as in
//! ``[`send::one`](../services/sqs/src/send.rs)``, the file defines what is named so.

use std::fs;
use std::path::{Path, PathBuf};

use super::tokens;
use crate::error::{Error, Result};

/// Where pages are.
const FOLDERS: [&str; 2] = [".", "docs"];

/// A link of a page.
#[derive(Debug, PartialEq, Eq)]
struct Link<'a> {
    text: &'a str,
    target: &'a str,
}

/// Names every link of a page that leads nowhere.
pub(crate) fn check(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    for page in pages(root)? {
        let text = fs::read_to_string(&page).map_err(Error::file(&page))?;
        let folder = page.parent().unwrap_or(root);
        for link in links(&text).filter(|link| !link.target.contains("://")) {
            if let Some(why) = fault(folder, &link)? {
                let name = page.strip_prefix(root).unwrap_or(&page).display();
                wrong.push(format!("{name}: [{}]({}) {why}", link.text, link.target));
            }
        }
    }
    Ok(())
}

fn pages(root: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for folder in FOLDERS.map(|folder| root.join(folder)) {
        for entry in fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let path = entry.map_err(Error::file(&folder))?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort_unstable();
    Ok(pages)
}

/// The links of a page, in order.
fn links(text: &str) -> impl Iterator<Item = Link<'_>> {
    text.match_indices("](").filter_map(|(at, found)| {
        let begin = text[..at].rfind('[')? + 1;
        let target = text[at + found.len()..].split_once(')')?.0;
        Some(Link { text: &text[begin..at], target })
    })
}

/// What is wrong with a link of a page in that folder.
fn fault(folder: &Path, link: &Link<'_>) -> Result<Option<&'static str>> {
    let target = link.target.split('#').next().unwrap_or_default();
    if target.is_empty() {
        return Ok(None);
    }
    let path = folder.join(target);
    if !path.exists() {
        return Ok(Some("leads nowhere"));
    }
    let Some(symbol) = symbol(link.text).filter(|_| target.ends_with(".rs")) else { return Ok(None) };
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let contents = tokens::read(&text).map_err(|why| Error::content(&path, why))?;
    Ok((!contents.names.iter().any(|name| name == symbol))
        .then_some("names something that is not defined there"))
}

/// The last name in a text such as `` `Store::transact` ``; none where it is not code, or a path of files.
fn symbol(text: &str) -> Option<&str> {
    let code = text.strip_prefix('`')?.strip_suffix('`')?;
    let name = code.rsplit("::").next()?;
    name.chars().all(|letter| letter.is_alphanumeric() || letter == '_').then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found() {
        let found: Vec<_> = links("See [the map](x.md#map), or\n[`a::b`](../a.rs).").collect();
        let expected =
            [Link { text: "the map", target: "x.md#map" }, Link { text: "`a::b`", target: "../a.rs" }];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_link_leads_to_a_file_and_to_what_it_names() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.rs"), "//! A.\nstruct Door;\nimpl Door { fn answer() {} }").unwrap();
        let is_fine = |text, target| fault(folder.path(), &Link { text, target }).unwrap().is_none();
        assert!(is_fine("a", "a.rs"));
        assert!(is_fine("`Door::answer`", "a.rs"));
        assert!(is_fine("`src/a.rs`", "a.rs"));
        assert!(is_fine("elsewhere on this page", "#part"));
        assert!(!is_fine("`Door::ask`", "a.rs"));
        assert!(!is_fine("`Door`", "b.rs"));
    }
}
