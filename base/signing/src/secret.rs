//! Secret access keys, which must not end up in a log. Keeps them; where they come from is the caller's business.

use std::fmt;
use std::sync::Arc;

use subtle::ConstantTimeEq as _;

/// A secret access key: shared, compared in constant time, and printed as dots.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps the text of a secret access key.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for deriving keys and for the one answer that shows it to its owner.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        is_same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Secret {}

/// Compares in a time that depends on the lengths alone; a word at a time, because every request does it.
pub(crate) fn is_same(one: &[u8], other: &[u8]) -> bool {
    let (one, other) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let word = |bytes: &[u8; 8]| u64::from_ne_bytes(*bytes);
    let pairs = one.0.iter().zip(other.0);
    let same = pairs.fold(one.1.ct_eq(other.1), |same, (a, b)| same & word(a).ct_eq(&word(b)));
    one.0.len() == other.0.len() && bool::from(same)
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_in_every_byte_or_not_at_all() {
        for length in [0, 1, 7, 8, 9, 40, 64] {
            let text = vec![b'a'; length];
            assert!(is_same(&text, &text));
            assert!(
                !is_same(&text, &[&text[..], b"a"].concat()) && !is_same(&[&text[..], b"a"].concat(), &text)
            );
            for at in 0..length {
                let mut other = text.clone();
                other[at] = b'b';
                assert!(!is_same(&text, &other), "{at} of {length}");
            }
        }
    }

    #[test]
    fn it_is_never_printed() {
        let secret = Secret::new("wJalrXUtnFEMI");
        assert!(!format!("{secret} {secret:?} {secret:#?}").contains("wJal"));
        assert_eq!(secret.reveal(), "wJalrXUtnFEMI");
        assert_ne!(secret, Secret::new("wJalrXUtnFEMJ"));
    }
}
