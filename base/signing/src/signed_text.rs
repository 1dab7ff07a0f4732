//! A text that was signed by itself: the policy of a form. Gives it no meaning.

use std::borrow::Cow;

use crate::credential::Scope;
use crate::verify::sign_lines;
use crate::{DayKeys, Error, Secret};

/// An unproved claim that the holder of a key has signed a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedText<'a> {
    scope: Scope<'a>,
    text: &'a str,
    signature: &'a str,
}

impl<'a> SignedText<'a> {
    /// A claim with this credential: `key/day/region/service/aws4_request`.
    ///
    /// # Errors
    /// When that has not five parts.
    pub fn new(credential: &'a str, text: &'a str, signature: &'a str) -> Result<Self, Error> {
        Ok(SignedText { scope: Scope::parse(Cow::Borrowed(credential))?, text, signature })
    }

    /// The id of the key that should have signed.
    pub fn access_key_id(&self) -> &str {
        self.scope.access_key_id()
    }

    /// The region of the credential scope, as given.
    pub fn region(&self) -> &str {
        self.scope.region()
    }

    /// The signing name of the service in the credential scope, as given.
    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// Proves that the holder of `secret` signed it.
    ///
    /// # Errors
    /// [`Error::Mismatch`].
    pub fn verify(&self, secret: &Secret, keys: &DayKeys) -> Result<(), Error> {
        let scope = &self.scope;
        let key = keys.get(scope.access_key_id(), secret, scope.day(), scope.region(), scope.service());
        let expected = sign_lines(&key, &[self.text.as_bytes()]);
        if expected.is(self.signature) { Ok(()) } else { Err(Error::Mismatch) }
    }
}
