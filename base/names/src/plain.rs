//! Names that people give to things: letters and digits of ASCII, and a few other characters.

use std::ops::RangeInclusive;

/// Whether a text is a name of such a length that has letters, digits and these other characters alone.
pub fn is_plain(text: &str, others: &str, lengths: RangeInclusive<usize>) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || others.as_bytes().contains(&byte);
    lengths.contains(&text.len()) && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn letters_digits_and_what_is_named() {
        assert!(is_plain("aZ0-_", "-_", 1..=5) && is_plain("", "", 0..=1));
        for (text, lengths) in [("", 1..=5), ("abcdef", 1..=5), ("a.b", 1..=5), ("ä", 1..=5), ("a\0", 1..=5)]
        {
            assert!(!is_plain(text, "-_", lengths), "{text:?}");
        }
    }
}
