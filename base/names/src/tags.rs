//! Tags on resources: the rules that all services share. Each service words and codes the errors itself.

use std::collections::BTreeMap;

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

/// The tags of a request, in order of their keys.
///
/// # Errors
/// The first that is malformed or repeated; or there are too many.
pub fn checked<K: Into<String>, V: Into<String>>(
    pairs: impl IntoIterator<Item = (K, V)>,
) -> Result<BTreeMap<String, String>, Error> {
    let mut tags = BTreeMap::new();
    for (key, value) in pairs {
        let (key, value) = (key.into(), value.into());
        check_key(&key)?;
        check_value(&key, &value)?;
        if tags.contains_key(&key) {
            return Err(Error::DuplicateKey { key });
        }
        tags.insert(key, value);
    }
    if tags.len() > COUNT_MAX { Err(Error::TooMany) } else { Ok(tags) }
}

/// Checks a key.
///
/// # Errors
/// What is wrong with it.
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

/// Checks the value of `key`.
///
/// # Errors
/// What is wrong with it.
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
            assert_eq!(checked([pair]), Err(error));
        }
        let twice = checked([("k", "1"), ("k", "2")]);
        assert_eq!(twice, Err(Error::DuplicateKey { key: key("k") }));
    }

    #[test]
    fn limits_are_inclusive_and_count_characters() {
        let (key, value) = ("é".repeat(128), "名".repeat(256));
        let pairs = [("aws", "a b_.:/=+-@9"), ("k", ""), (&*key, &*value)];
        let tags = checked(pairs).unwrap();
        assert_eq!(tags, BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value.to_owned()))));
        let many = |count| checked((0..count).map(|n| (format!("k{n}"), "")));
        assert_eq!((many(50).map(|tags| tags.len()), many(51)), (Ok(50), Err(Error::TooMany)));
    }

    proptest! {
        #[test]
        fn the_pattern_of_the_models_is_taken(key in "[\\p{L}\\p{N}\\p{Z}_.:/=+@-]{1,128}") {
            prop_assert_eq!(checked([(&*key, &*key)]).is_ok(), !key.to_ascii_lowercase().starts_with("aws:"));
        }

        #[test]
        fn no_other_character_is(character in "[\\p{P}\\p{S}\\p{Cc}&&[^_.:/=+@-]]") {
            prop_assert!(checked([(&*character, "")]).is_err());
            prop_assert!(checked([("k", &*character)]).is_err());
        }
    }
}
