//! The words that DynamoDB reserves: an expression must name such an attribute through `ExpressionAttributeNames`.
//!
//! From "Reserved words in DynamoDB" of the developer guide, misspellings included. Never case-sensitive.

use std::collections::HashSet;
use std::sync::LazyLock;

static WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("reserved_words.txt").lines().collect());

/// The longest reserved word, so that long names are not copied to be looked up.
const WORD_BYTES_MAX: usize = 14;

/// Whether an expression may not use this attribute name as it is.
pub(crate) fn is_reserved(name: &str) -> bool {
    name.len() <= WORD_BYTES_MAX && WORDS.contains(name.to_ascii_uppercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_reserved_in_any_case() {
        for word in ["name", "Status", "ZONE", "abort", "DOMAIN", "ttl", "localtimestamp"] {
            assert!(is_reserved(word), "{word}");
        }
        for word in ["nickname", "pk", "", "id", "Artist"] {
            assert!(!is_reserved(word), "{word}");
        }
    }

    #[test]
    fn the_list_is_whole_and_sorted() {
        let words: Vec<&str> = include_str!("reserved_words.txt").lines().collect();
        assert_eq!(words.len(), 573);
        assert!(words.is_sorted_by(|left, right| left < right));
        assert_eq!(words.iter().map(|word| word.len()).max(), Some(WORD_BYTES_MAX));
    }
}
