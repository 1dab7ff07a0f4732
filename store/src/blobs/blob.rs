//! What a record has of a blob, and what a transaction does with it.

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

use super::blocks::{self, SUM_BYTES};
use super::{reference_key, released, value_key};
use crate::tuple::Parts;
use crate::{Error, Reads, Transaction};

/// Names a blob.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId(pub(super) [u8; 16]);

impl BlobId {
    /// A name that no blob has yet. It begins with a number that rises with time, in about whose order the store then has its
    /// values; the rest is random.
    #[must_use]
    pub fn new(rising: u64, random: [u8; 8]) -> Self {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&rising.to_be_bytes());
        id[8..].copy_from_slice(&random);
        BlobId(id)
    }

    /// The next part of a key.
    pub(super) fn of(parts: &mut Parts<'_>) -> Result<Self, Error> {
        let id = parts.bytes()?.into_owned();
        Ok(BlobId(id.try_into().map_err(|_| Error::key("it is no blob's"))?))
    }

    /// What the sums of its blocks begin with.
    pub(super) fn seed(self) -> u64 {
        u128::from_be_bytes(self.0) as u64
    }
}

/// A blob that is whole and referred to: what its owner has in a record. See the [module](crate::blobs) for its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub(super) id: BlobId,
    pub(super) length: u64,
    pub(super) place: Place,
}

/// Where the bytes of a blob are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Store,
    File(BlobId),
}

impl Blob {
    /// How many bytes it has.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Another blob of the same bytes, for another record; none when this one was released. No bytes are copied but those of
    /// small ones.
    ///
    /// # Errors
    /// The store's, or [`Error::Damaged`].
    pub fn copy(&self, tx: &mut Transaction, fresh: BlobId) -> Result<Option<Blob>, Error> {
        match self.place {
            Place::Store => {
                let Some(value) = tx.get(&value_key(self.id))? else { return Ok(None) };
                let bytes = proved_value(self.id, self.length, &value)?;
                tx.put(value_key(fresh), value_of(fresh, &[bytes]));
            }
            Place::File(file) => {
                let Some(length) = tx.get_record::<u64>(&reference_key(file, self.id))? else {
                    return Ok(None);
                };
                tx.put_record(reference_key(file, fresh), &length)?;
            }
        }
        Ok(Some(Blob { id: fresh, ..self.clone() }))
    }

    /// Gives it up, with the record that had it. Its bytes go soon.
    pub fn release(&self, tx: &mut Transaction) {
        match self.place {
            Place::Store => tx.delete(value_key(self.id)),
            Place::File(file) => {
                tx.delete(reference_key(file, self.id));
                tx.put(released().bytes(file.0), Vec::new());
                tx.signal(released());
            }
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let (kind, file) = match self.place {
            Place::Store => (0, None),
            Place::File(file) if file == self.id => (1, None),
            Place::File(file) => (2, Some(file)),
        };
        let mut bytes = Vec::with_capacity(41);
        bytes.push(kind);
        bytes.extend_from_slice(&self.length.to_be_bytes());
        bytes.extend_from_slice(&self.id.0);
        bytes.extend(file.iter().flat_map(|file| file.0));
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let id = BlobId(*id);
        let place = match (kind, rest.len()) {
            (0, 0) => Place::Store,
            (1, 0) => Place::File(id),
            (2, _) => Place::File(BlobId(rest.try_into().ok()?)),
            _ => return None,
        };
        Some(Blob { id, length: u64::from_be_bytes(*length), place })
    }
}

/// What the store has at a [`value_key`].
pub(super) fn value_of(id: BlobId, pieces: &[Bytes]) -> Bytes {
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let mut value = vec![0; SUM_BYTES];
    value.reserve_exact(length);
    pieces.iter().for_each(|piece| value.extend_from_slice(piece));
    let sum = blocks::sum(id, 0, &value[SUM_BYTES..]);
    value[..SUM_BYTES].copy_from_slice(&sum);
    value.into()
}

/// The bytes in a value of [`value_of`].
pub(super) fn proved_value(id: BlobId, length: u64, value: &Bytes) -> Result<Bytes, Error> {
    let Some((sum, bytes)) = value.split_at_checked(SUM_BYTES) else {
        return Err(damaged(id, "its value is cut off"));
    };
    if bytes.len() as u64 != length {
        return Err(damaged(id, &format!("its value has {} bytes instead of {length}", bytes.len())));
    }
    if blocks::sum(id, 0, bytes) != *sum {
        return Err(damaged(id, "its value has other bytes than were written"));
    }
    Ok(value.slice(SUM_BYTES..))
}

pub(super) fn damaged(id: BlobId, why: &str) -> Error {
    Error::Damaged { blob: id.to_string(), why: why.to_owned() }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.to_bytes())
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OfBlob;
        impl Visitor<'_> for OfBlob {
            type Value = Blob;

            fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                to.write_str("the bytes of a blob")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Blob::from_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
            }
        }
        from.deserialize_bytes(OfBlob)
    }
}

impl std::fmt::Display for BlobId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(to, "{byte:02x}"))
    }
}

impl std::fmt::Debug for BlobId {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "BlobId({self})")
    }
}

impl std::str::FromStr for BlobId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let number = u128::from_str_radix(text, 16).ok().filter(|_| digits);
        number.map(|number| BlobId(number.to_be_bytes())).ok_or_else(|| Error::key("it is no blob's"))
    }
}
