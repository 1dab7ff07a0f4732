//! Records: typed values as bytes. A version byte, then MessagePack with field names, so that fields can be added (with
//! a default) and removed while old records stay readable.

use std::cell::RefCell;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;

/// The version byte of records as they are written now.
const VERSION: u8 = 1;
/// What the place for records under construction keeps between two of them.
const PLACE_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// Records grow here, so that each is allocated once, in its size.
    static PLACE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A record as bytes.
///
/// # Errors
/// When the value has no such form (a map with keys that are no text, for one): a mistake of the caller's type.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    encode_with(|place| rmp_serde::encode::write_named(place, value))
}

/// A record as bytes, without the names of its fields: a third of the size, and half of the work to read. Such a type may
/// get new fields at its end alone (with a default), and keeps those that it has.
///
/// # Errors
/// As [`encode`].
pub fn encode_compact<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    encode_with(|place| rmp_serde::encode::write(place, value))
}

/// A record whose content its owner writes byte by byte.
pub fn of_content(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    PLACE.with_borrow_mut(|place| {
        place.clear();
        place.push(VERSION);
        write(place);
        let bytes = place.as_slice().to_vec();
        place.shrink_to(PLACE_BYTES_MAX);
        bytes
    })
}

/// The content of a record, for its owner to read byte by byte.
///
/// # Errors
/// As [`decode`].
pub fn content(record: &Bytes) -> Result<Bytes, Error> {
    let rest = rest(record)?;
    Ok(record.slice_ref(rest))
}

fn encode_with(
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), rmp_serde::encode::Error>,
) -> Result<Vec<u8>, Error> {
    let mut outcome = Ok(());
    let bytes = of_content(|place| outcome = write(place));
    outcome.map_err(|error| corrupt(&error)).map(|()| bytes)
}

/// The record that these bytes are.
///
/// # Errors
/// When they are none, or of a version that this program does not know.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    rmp_serde::from_slice(rest(bytes)?).map_err(|error| corrupt(&error))
}

/// What stands behind the version byte.
fn rest(bytes: &[u8]) -> Result<&[u8], Error> {
    match bytes.split_first() {
        Some((&VERSION, rest)) => Ok(rest),
        Some((version, _)) => Err(corrupt(&format!("its version is {version}"))),
        None => Err(corrupt(&"it is empty")),
    }
}

/// The error of a record that is not what it should be.
pub fn corrupt(why: &dyn std::fmt::Display) -> Error {
    Error::Corrupt { what: "record", why: why.to_string() }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::{decode, encode, encode_compact};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Old {
        name: String,
        gone: u8,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct New {
        name: String,
        #[serde(default)]
        added: Option<u64>,
    }

    #[test]
    fn old_records_stay_readable() {
        let bytes = encode(&Old { name: "é".into(), gone: 1 }).unwrap();
        assert_eq!(decode::<New>(&bytes).unwrap(), New { name: "é".into(), added: None });
    }

    #[test]
    fn compact_records_may_grow_at_their_end() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Newer {
            name: String,
            gone: u8,
            #[serde(default)]
            added: Option<u64>,
        }
        let old = Old { name: "é".into(), gone: 1 };
        let expected = Newer { name: "é".into(), gone: 1, added: None };
        for bytes in [encode_compact(&old).unwrap(), encode(&old).unwrap()] {
            assert_eq!(decode::<Newer>(&bytes).unwrap(), expected);
        }
        let bytes = encode_compact(&expected).unwrap();
        assert_eq!(decode::<Newer>(&bytes).unwrap(), expected);
        assert!(bytes.len() < encode(&expected).unwrap().len() / 2);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        assert!(decode::<New>(b"").is_err());
        assert!(decode::<New>(b"\x02\x80").is_err());
        assert!(decode::<New>(b"\x01\xff").is_err());
    }
}
