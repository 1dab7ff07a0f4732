//! `services/<service>/operations.txt`: the operations that are written, one name a line, sorted; `#` begins a comment.

use std::collections::BTreeSet;

use crate::Error;

/// Which operations are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Every one of the API.
    All,
    /// Those of these names.
    These(BTreeSet<String>),
}

impl Default for Written {
    /// None.
    fn default() -> Self {
        Written::These(BTreeSet::new())
    }
}

impl Written {
    /// Reads a list.
    ///
    /// # Errors
    /// When a name does not stand in its place: the lists are sorted, so that additions of several people merge.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut names = BTreeSet::new();
        for line in text.lines() {
            let name = line.split('#').next().unwrap_or_default().trim();
            if name.is_empty() {
                continue;
            }
            if names.last().is_some_and(|last: &String| last.as_str() >= name) {
                return Err(Error::Written(format!("{name} does not stand in its sorted place")));
            }
            names.insert(name.to_owned());
        }
        Ok(Written::These(names))
    }

    /// Whether an operation is written.
    #[must_use]
    pub fn contains(&self, operation: &str) -> bool {
        match self {
            Written::All => true,
            Written::These(names) => names.contains(operation),
        }
    }

    /// The names, when there is a list of them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Written::All => None,
            Written::These(names) => Some(names),
        };
        names.into_iter().flatten().map(String::as_str)
    }
}
