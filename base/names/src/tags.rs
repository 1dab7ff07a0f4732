//! Tags on resources: the rules that all services share. Each service words and codes the errors itself.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// Most tags on one resource.
pub const COUNT_MAX: usize = 50;
/// Longest key, in Unicode characters; the shortest has one.
pub const KEY_LENGTH_MAX: usize = 128;
/// Longest value, in Unicode characters; it may be empty.
pub const VALUE_LENGTH_MAX: usize = 256;

/// What is wrong with a request's tags. Names the offending key where there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The resource would have more than [`COUNT_MAX`] tags.
    #[error("more than {COUNT_MAX} tags")]
    TooMany,
    /// A key is empty or longer than [`KEY_LENGTH_MAX`].
    #[error("tag key {key:?} is empty or longer than {KEY_LENGTH_MAX} characters")]
    KeyLength {
        /// The key as given.
        key: String,
    },
    /// A value is longer than [`VALUE_LENGTH_MAX`].
    #[error("the value of tag {key:?} is longer than {VALUE_LENGTH_MAX} characters")]
    ValueLength {
        /// The key whose value it is.
        key: String,
    },
    /// A key begins with `aws:`, in any case, which only AWS may set.
    #[error("tag key {key:?} begins with aws:")]
    ReservedPrefix {
        /// The key as given.
        key: String,
    },
    /// A key has a character that tags may not have.
    #[error("tag key {key:?} has a character that is not allowed")]
    KeyCharacters {
        /// The key as given.
        key: String,
    },
    /// A value has a character that tags may not have.
    #[error("the value of tag {key:?} has a character that is not allowed")]
    ValueCharacters {
        /// The key whose value it is.
        key: String,
    },
    /// One request names a key twice.
    #[error("tag key {key:?} is given twice")]
    DuplicateKey {
        /// The key as given.
        key: String,
    },
}

/// The tags of one resource, in order of their keys. Never holds more than [`COUNT_MAX`], nor a malformed one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Tags(BTreeMap<String, String>);

impl TryFrom<BTreeMap<String, String>> for Tags {
    type Error = Error;

    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, Error> {
        Self::from_pairs(pairs)
    }
}

impl From<Tags> for BTreeMap<String, String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

impl Tags {
    /// No tags.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tags of a new resource.
    ///
    /// # Errors
    /// As [`Tags::set`].
    pub fn from_pairs<K: Into<String>, V: Into<String>>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, Error> {
        let mut tags = Self::new();
        tags.set(pairs).map(|()| tags)
    }

    /// Adds tags and replaces the values of those that exist: all of them or, on an error, none.
    ///
    /// # Errors
    /// The first malformed or repeated tag, or [`Error::TooMany`] for the sum.
    pub fn set<K: Into<String>, V: Into<String>>(
        &mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), Error> {
        let mut added = BTreeMap::new();
        for (key, value) in pairs {
            let (key, value) = (key.into(), value.into());
            check_key(&key)?;
            check_value(&key, &value)?;
            if added.contains_key(&key) {
                return Err(Error::DuplicateKey { key });
            }
            added.insert(key, value);
        }
        let fresh = added.keys().filter(|key| !self.0.contains_key(*key)).count();
        if self.0.len() + fresh > COUNT_MAX {
            return Err(Error::TooMany);
        }
        self.0.extend(added);
        Ok(())
    }

    /// Removes the tags with these keys; absent ones are no error, as in every `UntagResource`.
    pub fn remove<'a>(&mut self, keys: impl IntoIterator<Item = &'a str>) {
        let keys: BTreeSet<&str> = keys.into_iter().collect();
        self.0.retain(|key, _| !keys.contains(key.as_str()));
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Keys and values, in order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Checks a key by itself: for services that keep tags in a shape of their own.
pub fn check_key(key: &str) -> Result<(), Error> {
    let owned = || key.to_owned();
    if key.is_empty() || is_longer(key, KEY_LENGTH_MAX) {
        return Err(Error::KeyLength { key: owned() });
    }
    if key.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"aws:")) {
        return Err(Error::ReservedPrefix { key: owned() });
    }
    if key.chars().all(is_allowed) { Ok(()) } else { Err(Error::KeyCharacters { key: owned() }) }
}

/// Checks the value of `key` by itself.
pub fn check_value(key: &str, value: &str) -> Result<(), Error> {
    if is_longer(value, VALUE_LENGTH_MAX) {
        return Err(Error::ValueLength { key: key.to_owned() });
    }
    if value.chars().all(is_allowed) { Ok(()) } else { Err(Error::ValueCharacters { key: key.to_owned() }) }
}

/// Whether a text has more than so many characters; reads no further than that.
fn is_longer(text: &str, characters_max: usize) -> bool {
    text.chars().nth(characters_max).is_some()
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, the pattern in the models of tagging APIs.
fn is_allowed(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || " _.:/=+-@".contains(character);
    }
    use GeneralCategoryGroup::{Letter, Number, Separator};
    matches!(character.general_category_group(), Letter | Number | Separator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_rule_has_its_error() {
        let key = |key: &str| key.to_owned();
        let long = "k".repeat(129);
        for (pair, error) in [
            (("", ""), Error::KeyLength { key: key("") }),
            ((long.as_str(), ""), Error::KeyLength { key: long.clone() }),
            (("k", &*"v".repeat(257)), Error::ValueLength { key: key("k") }),
            (("AWS:x", ""), Error::ReservedPrefix { key: key("AWS:x") }),
            (("a*", ""), Error::KeyCharacters { key: key("a*") }),
            (("k", "a\tb"), Error::ValueCharacters { key: key("k") }),
        ] {
            assert_eq!(Tags::from_pairs([pair]), Err(error));
        }
        let twice = Tags::from_pairs([("k", "1"), ("k", "2")]);
        assert_eq!(twice, Err(Error::DuplicateKey { key: key("k") }));
    }

    #[test]
    fn limits_are_inclusive_and_count_characters() {
        let (key, value) = ("é".repeat(128), "名".repeat(256));
        assert!(Tags::from_pairs([(key.as_str(), value.as_str()), ("aws", "a b_.:/=+-@9")]).is_ok());
    }

    #[test]
    fn a_refused_change_changes_nothing() {
        let mut tags = Tags::from_pairs((0..50).map(|n| (format!("k{n}"), ""))).unwrap();
        let before = tags.clone();
        assert_eq!(tags.set([("k1", "new"), ("k50", "")]), Err(Error::TooMany));
        assert_eq!(tags, before);
        tags.set([("k1", "new")]).unwrap();
        tags.remove(["k2", "absent"]);
        assert_eq!((tags.get("k1"), tags.get("k2"), tags.len()), (Some("new"), None, 49));
    }

    proptest! {
        #[test]
        fn any_pair_is_kept_whole_or_refused(key in "\\PC{0,140}", value in ".{0,20}") {
            if let Ok(tags) = Tags::from_pairs([(key.as_str(), value.as_str())]) {
                prop_assert_eq!(tags.get(&key), Some(value.as_str()));
            }
        }
    }
}
