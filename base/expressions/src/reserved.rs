//! The words that DynamoDB reserves: an expression must name such an attribute through `ExpressionAttributeNames`.
//!
//! From "Reserved words in DynamoDB" of the developer guide, misspellings included. Never case-sensitive.

use std::sync::LazyLock;

use foldhash::HashSet;

static WORDS: LazyLock<HashSet<&[u8]>> =
    LazyLock::new(|| include_str!("reserved_words.txt").lines().map(str::as_bytes).collect());

/// The longest reserved word, so that long names are not copied to be looked up.
const WORD_BYTES_MAX: usize = 14;

/// Whether an expression may not use this attribute name as it is.
pub(crate) fn is_reserved(name: &str) -> bool {
    let mut upper = [0; WORD_BYTES_MAX];
    let Some(upper) = upper.get_mut(..name.len()) else { return false };
    upper.copy_from_slice(name.as_bytes());
    upper.make_ascii_uppercase();
    WORDS.contains(&*upper)
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
