//! `apis/services.toml`: which services Cloudlet has facts of, one line a service, and the version they are made from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Result};

const HEADER: &str = "\
# The services that Cloudlet has facts of: its own name = the name in the published descriptions.
# `cargo xtask apis add <name>` adds a line here and makes apis/<name>.json.
";

/// The list of services.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Services {
    botocore: String,
    services: BTreeMap<String, String>,
}

impl Services {
    /// Reads the list.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::file(path))?;
        toml::from_str(&text).map_err(|error| Error::content(path, error))
    }

    /// Writes the list, in order of names.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, self.print()).map_err(Error::file(path))
    }

    /// The pinned version of the descriptions.
    pub(crate) fn version(&self) -> &str {
        &self.botocore
    }

    /// This list with one more service.
    pub(crate) fn with(mut self, name: &str, description: &str) -> Result<Self> {
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        };
        if !plain(name) || !plain(description) || name.contains('.') {
            return Err(Error::Check(format!("`{name}` is not the name of a service")));
        }
        if self.services.insert(name.to_owned(), description.to_owned()).is_some() {
            return Err(Error::Check(format!("{name} is listed already: run `cargo xtask apis {name}`")));
        }
        Ok(self)
    }

    /// The named services, or all when none is named.
    pub(crate) fn chosen<'a>(&'a self, names: &'a [String]) -> Result<Vec<&'a str>> {
        if names.is_empty() {
            return Ok(self.services.keys().map(String::as_str).collect());
        }
        names.iter().map(|name| self.description_of(name).map(|_| name.as_str())).collect()
    }

    /// What the published descriptions call a service.
    pub(crate) fn description_of(&self, name: &str) -> Result<&str> {
        let hint = || Error::Check(format!("{name} is not listed: run `cargo xtask apis add {name}`"));
        self.services.get(name).map(String::as_str).ok_or_else(hint)
    }

    fn print(&self) -> String {
        let lines: String =
            self.services.iter().map(|(name, description)| format!("{name} = \"{description}\"\n")).collect();
        format!("{HEADER}\nbotocore = \"{}\"\n\n[services]\n{lines}", self.botocore)
    }
}

#[cfg(test)]
mod tests {
    use super::Services;

    fn two() -> Services {
        toml::from_str("botocore = \"1.2.3\"\n[services]\nsqs = \"sqs\"\nalarms = \"cloudwatch\"\n").unwrap()
    }

    #[test]
    fn what_is_printed_reads_back_in_order() {
        let printed = two().print();
        assert_eq!(toml::from_str::<Services>(&printed).unwrap(), two());
        assert!(printed.ends_with("[services]\nalarms = \"cloudwatch\"\nsqs = \"sqs\"\n"), "{printed}");
    }

    #[test]
    fn all_are_chosen_when_none_is_named() {
        assert_eq!(two().chosen(&[]).unwrap(), ["alarms", "sqs"]);
        assert_eq!(two().chosen(&["sqs".into()]).unwrap(), ["sqs"]);
        assert!(two().chosen(&["s3".into()]).unwrap_err().to_string().contains("apis add s3"));
    }

    #[test]
    fn a_service_is_added_once_and_under_a_plain_name() {
        assert_eq!(two().with("s3", "s3").unwrap().description_of("s3").unwrap(), "s3");
        assert!(two().with("sqs", "sqs").is_err());
        assert!(two().with("../x", "x").is_err());
        assert!(two().with("x", "a\"b").is_err());
    }
}
