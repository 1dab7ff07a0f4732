//! `cargo xtask apis`: the facts of AWS APIs, made from published descriptions and small corrections.
//!
//! The facts hold what matters on the wire and no prose. They are committed, so that a build needs neither Python nor a
//! network; `--check` proves that they are still what the pinned descriptions and the corrections give.

mod corrections;
mod normalise;
mod package;
mod pretty;
mod references;
mod services;

use std::path::{Path, PathBuf};
use std::{fs, io};

use serde_json::Value;

use self::package::Package;
use self::services::Services;
use crate::error::{Error, Result};
use crate::workspace;

/// The arguments of `cargo xtask apis`.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    /// Changes nothing; fails when a file is not what it would be made into.
    #[arg(long)]
    check: bool,
    /// The services to make; all when none is named.
    services: Vec<String>,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Brings one more service: adds its line to apis/services.toml and makes its facts.
    Add {
        /// What Cloudlet calls it.
        name: String,
        /// What the published descriptions call it, when that differs.
        #[arg(long)]
        description: Option<String>,
    },
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let (folder, services, package) = open()?;
    match &arguments.action {
        Some(Action::Add { name, description }) => add(name, description.as_deref()),
        None => {
            let names = services.chosen(&arguments.services)?;
            if arguments.check {
                return check(&folder, &services, &package, &names);
            }
            names.iter().try_for_each(|name| make(&folder, &services, &package, name))
        }
    }
}

/// Brings one more service: `description` is what the published descriptions call it, when that differs.
pub(crate) fn add(name: &str, description: Option<&str>) -> Result<()> {
    let (folder, services, package) = open()?;
    let services = services.with(name, description.unwrap_or(name))?;
    make(&folder, &services, &package, name)?;
    services.write(&folder.join("services.toml"))
}

/// What the API of a service calls itself.
pub(crate) fn title(name: &str) -> Result<String> {
    let path = path(&workspace::root().join("apis"), name);
    let text = fs::read_to_string(&path).map_err(Error::file(&path))?;
    let facts: Value = serde_json::from_str(&text).map_err(|why| Error::content(&path, why))?;
    Ok(facts["serviceId"].as_str().unwrap_or(name).to_owned())
}

/// The folder of facts, the services that it has, and where their descriptions are.
fn open() -> Result<(PathBuf, Services, Package)> {
    let folder = workspace::root().join("apis");
    let services = Services::read(&folder.join("services.toml"))?;
    let package = Package::find(services.version(), &workspace::root().join("target/apis"))?;
    Ok((folder, services, package))
}

/// Writes the facts of one service.
fn make(folder: &Path, services: &Services, package: &Package, name: &str) -> Result<()> {
    let facts = generate(folder, services, package, name)?;
    let path = path(folder, name);
    fs::write(&path, pretty::print(&facts)).map_err(Error::file(&path))?;
    println!("{name}: {} operations, {} shapes", count(&facts, "operations"), count(&facts, "shapes"));
    Ok(())
}

/// Compares the facts of every named service with what they would be made into.
fn check(folder: &Path, services: &Services, package: &Package, names: &[&str]) -> Result<()> {
    let mut drifted = Vec::new();
    for name in names {
        let path = path(folder, name);
        let expected = pretty::print(&generate(folder, services, package, name)?);
        let present = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Error::file(&path)(error)),
        };
        if let Some(difference) = first_difference(&present, &expected) {
            drifted.push(format!("apis/{name}.json is not what it would be made into; {difference}"));
        }
    }
    if drifted.is_empty() {
        return Ok(());
    }
    drifted
        .push("Run `cargo xtask apis` and commit the result; to change a fact, write a correction.".into());
    Err(Error::Check(drifted.join("\n")))
}

/// The facts of one service: its published description, normalised and corrected.
fn generate(folder: &Path, services: &Services, package: &Package, name: &str) -> Result<Value> {
    let description = package.description(services.description_of(name)?)?;
    let mut facts = normalise::facts(name, package.version(), &description)?;
    corrections::apply(&folder.join("corrections").join(format!("{name}.toml")), &mut facts)?;
    references::check(name, &facts)?;
    Ok(facts)
}

fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.json"))
}

fn count(facts: &Value, part: &str) -> usize {
    facts[part].as_object().map_or(0, serde_json::Map::len)
}

/// The first line that differs, told with both versions; `None` when the texts are equal.
fn first_difference(present: &str, expected: &str) -> Option<String> {
    if present == expected {
        return None;
    }
    let (mut left, mut right) = (present.lines(), expected.lines());
    for number in 1.. {
        match (left.next(), right.next()) {
            (None, None) => break,
            (here, there) if here == there => {}
            (here, there) => {
                let (here, there) = (here.unwrap_or("(end of file)"), there.unwrap_or("(end of file)"));
                return Some(format!(
                    "first at line {number}:\n  is:     {}\n  should: {}",
                    here.trim(),
                    there.trim()
                ));
            }
        }
    }
    Some("only in its line endings".into())
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn equal_texts_do_not_differ() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
    }

    #[test]
    fn the_first_differing_line_is_told() {
        let told = first_difference("a\nb\n", "a\nc\nd\n").unwrap();
        assert!(
            told.contains("line 2") && told.contains("is:     b") && told.contains("should: c"),
            "{told}"
        );
    }

    #[test]
    fn a_missing_end_is_told() {
        assert!(first_difference("", "a\n").unwrap().contains("(end of file)"));
        assert_eq!(first_difference("a", "a\n").as_deref(), Some("only in its line endings"));
    }
}
