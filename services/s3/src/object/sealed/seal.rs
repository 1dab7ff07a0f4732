//! Seals bytes as they come.

use bytes::{Bytes, BytesMut};
use ring::aead::{Aad, LessSafeKey};
use store::Error;

use super::layout::{BLOCK_BYTES, SALT_BYTES, TAG_BYTES};
use super::{key_of, nonce};
use crate::object::customer_key::CustomerKey;

/// Makes a sealed blob.
pub(crate) struct Sealer {
    key: LessSafeKey,
    /// Sealed already.
    done: Vec<Bytes>,
    /// What is not sealed yet: the last block may be full.
    block: BytesMut,
    number: u64,
}

impl Sealer {
    /// The salt is one that no other blob has.
    ///
    /// # Errors
    /// When there can be no key.
    pub(crate) fn new(key: &CustomerKey, salt: [u8; SALT_BYTES]) -> Result<Self, Error> {
        let key = key_of(key, &salt)?;
        Ok(Sealer { key, done: vec![Bytes::copy_from_slice(&salt)], block: BytesMut::new(), number: 0 })
    }

    /// Takes what comes next, and gives what is sealed.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub(crate) fn push(&mut self, mut plain: &[u8]) -> Result<Vec<Bytes>, Error> {
        while !plain.is_empty() {
            if self.block.len() == BLOCK_BYTES as usize {
                self.seal(false)?;
            }
            if self.block.is_empty() {
                self.block.reserve(BLOCK_BYTES as usize + TAG_BYTES);
            }
            let (now, later) = plain.split_at(plain.len().min(BLOCK_BYTES as usize - self.block.len()));
            self.block.extend_from_slice(now);
            plain = later;
        }
        Ok(std::mem::take(&mut self.done))
    }

    /// Gives what is left.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub(crate) fn end(mut self) -> Result<Vec<Bytes>, Error> {
        self.seal(true)?;
        Ok(self.done)
    }

    fn seal(&mut self, is_last: bool) -> Result<(), Error> {
        let nonce = nonce(self.number, is_last);
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::empty(), &mut self.block);
        let tag = tag.map_err(|_| Error::Failed("a block could not be sealed".into()))?;
        self.block.extend_from_slice(tag.as_ref());
        self.done.push(self.block.split().freeze());
        self.number += 1;
        Ok(())
    }
}
