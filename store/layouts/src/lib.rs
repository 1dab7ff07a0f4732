//! What is stored stays readable: a test for each type of record, made by a line beside it.
//!
//! ```ignore
//! #[cfg(test)]
//! layouts::stays!(stored_queue: Queue);
//! ```
//!
//! The test makes values of the type, one for each variant of its enums, and compares their bytes with the crate's
//! `stored.txt`, where every layout that any version of the program has written is a version of its own. A layout that
//! changes fails the test, until `CLOUDLET_STORED=append` has appended it as a new version (and somebody has made sure that the
//! old one is understood). The bytes of all older versions must decode for ever; no line is ever rewritten.
//!
//! A line is `name version.sample bytes`, the bytes as a Rust literal would have them. For keys of the store there is
//! [`keys_stay`]; they have no decoder, so theirs never change.
//!
//! Only for tests: nothing of it is in the program.

mod file;
mod sample;

use std::fmt::Display;
use std::ops::Deref;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use store::record;

use file::Stored;

/// A test of that name for a type of records; `compact` for those that are written without names. The name begins with `stored_`.
#[macro_export]
macro_rules! stays {
    ($test:ident: compact $type:ty) => {
        #[test]
        fn $test() {
            $crate::record_stays::<$type>(env!("CARGO_MANIFEST_DIR"), stringify!($test), |value| {
                store::record::encode_compact(value)
            });
        }
    };
    ($test:ident: $type:ty) => {
        #[test]
        fn $test() {
            $crate::record_stays::<$type>(env!("CARGO_MANIFEST_DIR"), stringify!($test), |value| {
                store::record::encode(value)
            });
        }
    };
}

/// Compares a type of records with what `stored.txt` in that folder says of it.
///
/// # Panics
/// When its layout is new, or when it does not read what it wrote once.
pub fn record_stays<T: Serialize + DeserializeOwned>(
    folder: &str,
    test: &str,
    encode: impl Fn(&T) -> Result<Vec<u8>, store::Error>,
) {
    let name = test.strip_prefix("stored_").unwrap_or(test);
    let mut samples = Vec::new();
    for value in sample::of::<T>() {
        let bytes = encode(&value).unwrap_or_else(|why| panic!("{name} is no record: {why}"));
        assert!(record::decode::<T>(&bytes).is_ok(), "{name} does not read what it writes");
        samples.push(bytes);
    }
    let stored = Stored::open(Path::new(folder));
    for (label, bytes) in stored.all_of(name) {
        if let Err(why) = record::decode::<T>(&bytes) {
            panic!("{name} does not read any more what it once wrote, as {label}: {why}");
        }
    }
    stored.compare(name, &samples);
}

/// Compares keys, each with its name, with what `stored.txt` in that folder says of them.
///
/// # Panics
/// When one is new or has changed.
pub fn keys_stay(folder: &str, keys: &[(impl Display, impl Deref<Target = [u8]>)]) {
    let stored = Stored::open(Path::new(folder));
    for (name, key) in keys {
        let name = format!("key:{name}");
        stored.compare(&name, &[key.to_vec()]);
    }
}

#[cfg(test)]
mod tests;
