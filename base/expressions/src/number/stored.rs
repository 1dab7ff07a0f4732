//! How a number is stored inside an item: as the bytes of its sort key, which are half as long as its text.

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Number;
use super::sort_key::SORT_KEY_BYTES_MAX;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(SORT_KEY_BYTES_MAX);
        self.to_sort_key(&mut bytes);
        serializer.serialize_bytes(&bytes)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(StoredNumber)
    }
}

struct StoredNumber;

impl<'de> Visitor<'de> for StoredNumber {
    type Value = Number;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the bytes of a number's sort key")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Number, E> {
        match Number::from_sort_key(bytes) {
            Some((number, [])) => Ok(number),
            _ => Err(E::invalid_value(de::Unexpected::Bytes(bytes), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Number, A::Error> {
        let mut bytes = Vec::with_capacity(SORT_KEY_BYTES_MAX);
        while let Some(byte) = sequence.next_element()? {
            if bytes.len() == SORT_KEY_BYTES_MAX {
                return Err(de::Error::invalid_length(bytes.len() + 1, &self));
            }
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}
