//! `cargo xtask new-service`: everything that a service has before its first operation.
//!
//! It brings the facts, makes the crates of the API and of the service, names them where crates and services are named, and
//! begins the page of documentation. The service answers `NotImplemented` to all of its API from then on.

use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::{apis, docs, workspace};

/// The arguments of `cargo xtask new-service`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// What Cloudlet calls it.
    name: String,
    /// What the published descriptions call it, when that differs.
    #[arg(long)]
    description: Option<String>,
}

/// Files of a new service; `NAME` is its name and `TITLE` what the API calls itself.
const FILES: [(&str, &str); 7] = [
    ("api/NAME/Cargo.toml", include_str!("new_service/api.toml")),
    ("api/NAME/build.rs", include_str!("new_service/api_build.rs.txt")),
    ("api/NAME/src/lib.rs", include_str!("new_service/api_lib.rs.txt")),
    ("services/NAME/Cargo.toml", include_str!("new_service/service.toml")),
    ("services/NAME/src/lib.rs", include_str!("new_service/service_lib.rs.txt")),
    ("services/NAME/operations.txt", ""),
    ("docs/NAME.md", include_str!("new_service/page.md")),
];

/// Lines of a new service, each among those that begin alike: file, how they begin, line.
const LINES: [(&str, &str, &str); 4] = [
    ("Cargo.toml", "api-", "api-NAME = { package = \"cloudlet-api-NAME\", path = \"api/NAME\" }"),
    ("Cargo.toml", "service-", "service-NAME = { package = \"cloudlet-NAME\", path = \"services/NAME\" }"),
    ("cloudlet/Cargo.toml", "service-", "service-NAME.workspace = true"),
    ("cloudlet/src/services.rs", "service_", "service_NAME::service(),"),
];

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let root = workspace::root();
    let name = arguments.name.as_str();
    if let Some((path, _)) = FILES.iter().find(|(path, _)| root.join(named(path, name)).exists()) {
        return Err(Error::Check(format!("{} is there already", named(path, name))));
    }
    apis::add(name, arguments.description.as_deref())?;
    let title = apis::title(name)?;
    for (path, text) in FILES {
        let path = root.join(named(path, name));
        fs::create_dir_all(path.parent().unwrap_or(&root)).map_err(Error::file(&path))?;
        fs::write(&path, named(text, name).replace("TITLE", &title)).map_err(Error::file(&path))?;
    }
    for (path, beginning, line) in LINES {
        add_line(&root.join(path), beginning, &named(line, name))?;
    }
    docs::run(&docs::Arguments::default())
}

fn named(text: &str, name: &str) -> String {
    text.replace("NAME", name)
}

fn add_line(path: &Path, beginning: &str, line: &str) -> Result<()> {
    let text = fs::read_to_string(path).map_err(Error::file(path))?;
    let with = with_line(&text, beginning, line);
    let with = with.ok_or_else(|| Error::content(path, format!("no line begins with {beginning}")))?;
    fs::write(path, with).map_err(Error::file(path))
}

/// A text with one more line, in its place among those that begin alike, indented as they are.
fn with_line(text: &str, beginning: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let alike = |known: &&str| known.trim_start().starts_with(beginning);
    let last = lines.iter().rposition(alike)?;
    let later = lines.iter().position(|known| alike(known) && known.trim_start() > line);
    let indent = &lines[last][..lines[last].len() - lines[last].trim_start().len()];
    let line = format!("{indent}{line}");
    lines.insert(later.unwrap_or(last + 1), &line);
    Some(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::with_line;

    #[test]
    fn a_line_stands_among_its_like() {
        let text = "x\n  a-b = 1\n  a-d = 2\nz\n";
        assert_eq!(with_line(text, "a-", "a-c = 3").unwrap(), "x\n  a-b = 1\n  a-c = 3\n  a-d = 2\nz\n");
        assert_eq!(with_line(text, "a-", "a-e = 3").unwrap(), "x\n  a-b = 1\n  a-d = 2\n  a-e = 3\nz\n");
        assert_eq!(with_line(text, "b-", "b-e = 3"), None);
    }
}
