//! Every type that can be stored has a test of its layout, or is a part of one that has.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};

/// What stands in the comment of a type that serde reads and writes but no record has.
const NEVER: &str = "Never stored";

/// Names the types of the frame and of each service that have no test of their layout.
pub(crate) fn check(root: &Path, wrong: &mut Vec<String>) -> Result<()> {
    let services = root.join("services");
    let entries = fs::read_dir(&services).map_err(Error::file(&services))?;
    let mut folders = vec![root.join("service")];
    for entry in entries {
        folders.push(entry.map_err(Error::file(&services))?.path());
    }
    for folder in folders {
        let mut sources = Vec::new();
        visit(&folder.join("src"), &mut sources)?;
        for name in untested(&sources) {
            wrong.push(format!("{}: no test holds the layout of {name}", folder.display()));
        }
    }
    Ok(())
}

/// All sources in a folder, but those of tests.
fn visit(folder: &Path, sources: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let path = entry.map_err(Error::file(folder))?.path();
        if path.is_dir() {
            visit(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            sources.push(fs::read_to_string(&path).map_err(Error::file(&path))?);
        }
    }
    Ok(())
}

/// Names the types of a crate, given all of its sources, that could be stored and whose layout no test holds.
fn untested(sources: &[String]) -> Vec<String> {
    let types: Vec<Type> = sources.iter().flat_map(|text| types(text)).collect();
    let mut reached: BTreeSet<&str> = sources.iter().flat_map(|text| tested(text)).collect();
    loop {
        let inner = |one: &&Type| {
            let outer = types.iter().filter(|outer| reached.contains(&*outer.name));
            !reached.contains(&*one.name) && outer.clone().any(|outer| mentions(&outer.text, &one.name))
        };
        let Some(next) = types.iter().find(inner) else { break };
        reached.insert(&next.name);
    }
    types
        .iter()
        .filter(|one| !reached.contains(&*one.name) && !one.is_never_stored)
        .map(|one| one.name.clone())
        .collect()
}

/// A type that serde reads and writes.
struct Type {
    name: String,
    text: String,
    is_never_stored: bool,
}

/// All such types of a file, but those of its tests.
fn types(text: &str) -> Vec<Type> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let items = text.split("\n\n").filter(|item| {
        item.lines().any(|line| {
            line.starts_with("#[derive(") && line.contains(" Serialize") && line.contains(" Deserialize")
                || line == "#[derive(Serialize, Deserialize)]"
        })
    });
    let aliases = text.lines().filter(|line| line.contains("type ") && line.contains(" = "));
    items.filter_map(named).chain(aliases.filter_map(alias)).collect()
}

/// What an alias stands for is a part of whatever mentions the alias.
fn alias(line: &str) -> Option<Type> {
    let (before, rest) = line.split_once("type ")?;
    let name = rest.split(|letter: char| !letter.is_alphanumeric()).next()?.to_owned();
    let is_one = before.is_empty() || before.starts_with("pub");
    is_one.then(|| Type { name, text: line.to_owned(), is_never_stored: true })
}

fn named(item: &str) -> Option<Type> {
    let declares = |line: &&str| ["struct ", "enum "].iter().any(|word| line.contains(word));
    let line = item.lines().filter(|line| !line.starts_with(['/', '#', ' '])).find(declares)?;
    let rest = line.split_once("struct ").or_else(|| line.split_once("enum "))?.1;
    let name = rest.split(|letter: char| !letter.is_alphanumeric()).next()?.to_owned();
    Some(Type { name, text: item.to_owned(), is_never_stored: item.contains(NEVER) })
}

/// The types whose layouts a file has tests of.
fn tested(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let (_, rest) = line.strip_prefix("layouts::stays!(")?.split_once(": ")?;
        let name = rest.strip_prefix("compact ").unwrap_or(rest);
        name.split(|letter: char| !letter.is_alphanumeric()).next()
    })
}

fn mentions(text: &str, name: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric()).any(|word| word == name)
}

#[cfg(test)]
mod tests {
    use super::untested;

    #[test]
    fn types_without_a_test_are_named() {
        let text = "\
//! Things.

/// A thing.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Thing {
    parts: Parts,
}

type Parts = Vec<Part>;

#[cfg(test)]
layouts::stays!(stored_thing: compact Thing);

#[derive(Serialize, Deserialize)]
struct Part(u8);

/// Never stored: clients have it.
#[derive(Serialize, Deserialize)]
struct Token(u8);

#[derive(Deserialize)]
struct Asked(u8);

#[derive(Clone, Serialize, Deserialize)]
enum Forgotten {
    Part,
}
";
        assert_eq!(untested(&[text.to_owned()]), ["Forgotten"]);
    }
}
