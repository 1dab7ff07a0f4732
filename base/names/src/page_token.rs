//! Page tokens: where a listing goes on, opaque to the client. Only what this key sealed for this listing opens again;
//! a token hides nothing, so no secret belongs in one.
//!
//! The bytes under the URL-safe base64 are: version (1 byte, now 1), payload, and the first 8 bytes of the HMAC-SHA-256
//! of version, length of the operation's name (1 byte), name, and payload. The name itself is not carried.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use subtle::ConstantTimeEq as _;

/// Longest token in bytes that is accepted: a place in an index of DynamoDB has four keys, of 6 KB together, each byte of
/// which may take two.
pub const LENGTH_MAX: usize = 20 * 1024;

const VERSION: u8 = 1;
const SEAL_LENGTH: usize = 8;

/// A token that was not made by this key for this operation, or was garbled since.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the page token is invalid")]
pub struct Invalid;

/// Seals and opens page tokens with one key.
#[derive(Debug, Clone)]
pub struct PageTokens(hmac::Key);

impl PageTokens {
    /// Uses this key, of any length; tokens live as long as the key does.
    pub fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The token that carries `payload`, the position at which `operation` goes on.
    ///
    /// What the listing depends on (a prefix, a filter) belongs into `operation` or `payload`, so that a token of
    /// another listing is refused.
    pub fn seal(&self, operation: &str, payload: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(1 + payload.len() + SEAL_LENGTH);
        bytes.push(VERSION);
        bytes.extend_from_slice(payload);
        bytes.extend(self.checksum(operation, payload));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The payload of a token that was sealed for `operation`.
    ///
    /// # Errors
    /// [`Invalid`] for any other text.
    pub fn open(&self, operation: &str, token: &str) -> Result<Vec<u8>, Invalid> {
        if token.len() > LENGTH_MAX {
            return Err(Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Invalid)?;
        let (&version, rest) = bytes.split_first().ok_or(Invalid)?;
        let (payload, seal) = rest.split_last_chunk::<SEAL_LENGTH>().ok_or(Invalid)?;
        let is_ours = seal.ct_eq(&self.checksum(operation, payload));
        if version == VERSION && bool::from(is_ours) { Ok(payload.to_vec()) } else { Err(Invalid) }
    }

    /// What is in a token, if it stands within the range that a list walks over: one of another account or region is none of
    /// this list.
    #[must_use]
    pub fn open_within(&self, operation: &str, token: &str, range: &Range<Vec<u8>>) -> Option<Vec<u8>> {
        self.open(operation, token).ok().filter(|last| range.contains(last))
    }

    fn checksum(&self, operation: &str, payload: &[u8]) -> [u8; SEAL_LENGTH] {
        let mut context = hmac::Context::with_key(&self.0);
        // Names longer than 255 bytes share a length byte; they still differ in their own bytes.
        context.update(&[VERSION, u8::try_from(operation.len()).unwrap_or(u8::MAX)]);
        context.update(operation.as_bytes());
        context.update(payload);
        let mut seal = [0; SEAL_LENGTH];
        for (to, from) in seal.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        seal
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_is_good_within_its_own_range_alone() {
        let tokens = PageTokens::new(b"key");
        let token = tokens.seal("List", b"b/5");
        let range = |from: &[u8], to: &[u8]| from.to_vec()..to.to_vec();
        assert_eq!(tokens.open_within("List", &token, &range(b"b/", b"b0")), Some(b"b/5".to_vec()));
        for elsewhere in [range(b"a/", b"a0"), range(b"c/", b"c0"), range(b"b/6", b"b0")] {
            assert_eq!(tokens.open_within("List", &token, &elsewhere), None);
        }
        assert_eq!(tokens.open_within("Other", &token, &range(b"b/", b"b0")), None);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        let ours = PageTokens::new(b"one");
        let token = ours.seal("sqs:ListQueues", b"after");
        assert_eq!(ours.open("sqs:ListQueues", &token), Ok(b"after".to_vec()));
        assert_eq!(ours.open("sns:ListTopics", &token), Err(Invalid));
        assert_eq!(PageTokens::new(b"two").open("sqs:ListQueues", &token), Err(Invalid));
        for wrong in ["", "!", "AA", "é", &"A".repeat(LENGTH_MAX + 1)] {
            assert_eq!(ours.open("sqs:ListQueues", wrong), Err(Invalid));
        }
    }

    #[test]
    fn a_token_may_be_as_long_as_the_limit() {
        assert_eq!(LENGTH_MAX, 20_480);
        let tokens = PageTokens::new(b"key");
        let payload = vec![7; LENGTH_MAX / 4 * 3 - 1 - SEAL_LENGTH];
        let token = tokens.seal("op", &payload);
        assert_eq!((token.len(), tokens.open("op", &token)), (LENGTH_MAX, Ok(payload.clone())));
        let longer = tokens.seal("op", &[payload, vec![7]].concat());
        assert_eq!(tokens.open("op", &longer), Err(Invalid));
    }

    proptest! {
        #[test]
        fn any_payload_comes_back_and_any_flip_is_seen(
            payload in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), bit in 0..8_u32,
        ) {
            let tokens = PageTokens::new(b"key");
            let token = tokens.seal("op", &payload);
            prop_assert_eq!(tokens.open("op", &token), Ok(payload));
            let mut bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert_eq!(tokens.open("op", &URL_SAFE_NO_PAD.encode(bytes)), Err(Invalid));
        }

        #[test]
        fn no_text_panics(token in "\\PC{0,64}") {
            prop_assert_eq!(PageTokens::new(b"key").open("op", &token), Err(Invalid));
        }
    }
}
