//! Bytes that only a customer's key opens: what a blob has of them, on the disk, in the journal and in the tree.
//!
//! A sealed blob is a salt of 16 bytes, and then blocks of 64 KB, each with a tag of 16 bytes behind it. The blocks are sealed
//! with AES-256 in Galois/Counter Mode, under a key that HKDF-SHA256 makes of the customer's and the salt: so no two blobs have
//! the same key, and a nonce is the number of its block, and whether that is the last. A block that was changed, that stands in
//! another's place, or that is missing at the end, does not open. There is always a block, if an empty one.

mod layout;
mod open;
mod seal;

use ring::aead::{AES_256_GCM, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use store::Error;

use super::customer_key::CustomerKey;

pub(crate) use layout::plain_length;
pub(crate) use open::open;
pub(crate) use seal::Sealer;

/// What keys of blobs are made for.
const PURPOSE: &[&[u8]] = &[b"cloudlet s3 sealed blob"];

/// The key of one blob.
fn key_of(key: &CustomerKey, salt: &[u8]) -> Result<LessSafeKey, Error> {
    let pseudorandom = Salt::new(HKDF_SHA256, salt).extract(&key.secret);
    let made = pseudorandom.expand(PURPOSE, &AES_256_GCM).map(UnboundKey::from);
    made.map(LessSafeKey::new).map_err(|_| Error::Failed("no key could be made for a blob".into()))
}

fn nonce(block: u64, is_last: bool) -> Nonce {
    let mut nonce = [0; NONCE_LEN];
    nonce[..8].copy_from_slice(&block.to_be_bytes());
    nonce[8] = u8::from(is_last);
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use bytes::{Bytes, BytesMut};

    use super::layout::{BLOCK_BYTES, SALT_BYTES, sealed_length};
    use super::open::Blob;
    use super::*;

    fn sealed(key: &CustomerKey, plain: &[u8], piece: usize) -> Vec<u8> {
        let mut sealer = Sealer::new(key, [9; SALT_BYTES]).unwrap();
        let mut sealed = Vec::new();
        for piece in plain.chunks(piece) {
            sealer.push(piece).unwrap().iter().for_each(|piece| sealed.extend_from_slice(piece));
        }
        sealer.end().unwrap().iter().for_each(|piece| sealed.extend_from_slice(piece));
        sealed
    }

    fn opened(key: &CustomerKey, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let plain = plain_length(sealed.len() as u64).unwrap_or_default();
        let mut blob = Blob::from(0, plain, None);
        let mut sealed = BytesMut::from(sealed);
        let mut whole = Vec::new();
        while let Some(size) = blob.needs() {
            if sealed.len() < size {
                return Err(Error::Failed("cut off".into()));
            }
            let piece: Bytes = blob.take(key, sealed.split_to(size))?;
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }

    #[test]
    fn what_is_sealed_opens_again() {
        let key = CustomerKey::of_test(1);
        let block = BLOCK_BYTES as usize;
        for length in [0, 1, block - 1, block, block + 1, 2 * block, 3 * block + 7] {
            let plain: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            for piece in [1000, block, 3 * block] {
                let sealed = sealed(&key, &plain, piece);
                assert_eq!(sealed.len() as u64, sealed_length(length as u64));
                assert_eq!(plain_length(sealed.len() as u64), Some(length as u64));
                assert_eq!(opened(&key, &sealed).unwrap(), plain);
                assert!(opened(&CustomerKey::of_test(2), &sealed).is_err());
            }
        }
    }

    #[test]
    fn what_was_changed_or_cut_off_does_not_open() {
        let key = CustomerKey::of_test(1);
        let block = BLOCK_BYTES as usize;
        let whole = sealed(&key, &vec![7; 2 * block + 5], block);
        for at in [0, SALT_BYTES, SALT_BYTES + block, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(opened(&key, &changed).is_err(), "{at}");
        }
        let cut = SALT_BYTES + 2 * (block + 16);
        assert!(opened(&key, &whole[..cut]).is_err());
        let (head, blocks) = whole.split_at(SALT_BYTES);
        let (first, second) = blocks.split_at(block + 16);
        let swapped = [head, &second[..block + 16], first, &second[block + 16..]].concat();
        assert!(opened(&key, &swapped).is_err());
    }
}
