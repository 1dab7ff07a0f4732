//! `services/<service>/operations.txt`: the operations that are written, and `kept.txt`: the shapes that the service keeps in
//! its records. One name a line, sorted. Behind a `#` stands what an operation does not do as AWS does; pages are made of it.

use std::collections::BTreeSet;

use crate::Error;

/// What code is made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Every operation of the API.
    All,
    /// Parts of it.
    These {
        /// The operations of these names.
        operations: BTreeSet<String>,
        /// Shapes whose values are read and written both, whatever operations do with them.
        kept: BTreeSet<String>,
    },
}

impl Default for Written {
    /// Nothing.
    fn default() -> Self {
        Written::These { operations: BTreeSet::new(), kept: BTreeSet::new() }
    }
}

impl Written {
    /// Reads a list of operations.
    ///
    /// # Errors
    /// When a name does not stand in its place: the lists are sorted, so that additions of several people merge.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Written::These { operations: names(text)?, kept: BTreeSet::new() })
    }

    /// The same, with a list of shapes that the service keeps.
    ///
    /// # Errors
    /// As [`Written::parse`].
    pub fn keeping(self, text: &str) -> Result<Self, Error> {
        Ok(match self {
            Written::All => Written::All,
            Written::These { operations, .. } => Written::These { operations, kept: names(text)? },
        })
    }

    /// Whether an operation is written.
    #[must_use]
    pub fn contains(&self, operation: &str) -> bool {
        match self {
            Written::All => true,
            Written::These { operations, .. } => operations.contains(operation),
        }
    }

    /// The names of the operations, when there is a list of them.
    pub(crate) fn operations(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Written::All => None,
            Written::These { operations, .. } => Some(operations),
        };
        names.into_iter().flatten().map(String::as_str)
    }

    /// Whether the service keeps values of that shape.
    pub(crate) fn keeps(&self, shape: &str) -> bool {
        self.kept().any(|name| name == shape)
    }

    /// The shapes that the service keeps.
    pub(crate) fn kept(&self) -> impl Iterator<Item = &str> {
        let names = match self {
            Written::All => None,
            Written::These { kept, .. } => Some(kept),
        };
        names.into_iter().flatten().map(String::as_str)
    }
}

fn names(text: &str) -> Result<BTreeSet<String>, Error> {
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
    Ok(names)
}
