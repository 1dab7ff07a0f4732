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
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

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
    fn it_is_never_printed() {
        let secret = Secret::new("wJalrXUtnFEMI");
        assert!(!format!("{secret} {secret:?} {secret:#?}").contains("wJal"));
        assert_eq!(secret.reveal(), "wJalrXUtnFEMI");
        assert_ne!(secret, Secret::new("wJalrXUtnFEMJ"));
    }
}
