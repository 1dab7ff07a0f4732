//! Items as they lie in the store, byte by byte: written, measured, and read where they lie, without making an [`Item`] of
//! them where nobody needs one.
//!
//! The bytes are MessagePack, and the same that [`Item`] has as a part of a larger record:
//!
//! ```text
//! item    map of names and values, in the order of the names
//! name    str
//! value   str "NULL"          or a map of one entry, from the type's name (str) to
//!         S: str              SS: array of str
//!         N: bin              NS: array of bin          a number is the form of `number::sort_key`
//!         B: bin              BS: array of bin
//!         M: item             L: array of values
//!         BOOL: true or false
//!
//! map     80…8f, de + 2 bytes, df + 4 bytes: the count of its entries
//! array   90…9f, dc + 2 bytes, dd + 4 bytes: the count of its elements
//! str     a0…bf, d9 + 1 byte, da + 2 bytes, db + 4 bytes: how many bytes of text follow
//! bin     c4 + 1 byte, c5 + 2 bytes, c6 + 4 bytes: how many bytes follow
//! false   c2                  true    c3
//! ```
//!
//! Lengths are big-endian, and written in the least form that holds them. Never knows records, which have more than that.

mod read;
mod write;

pub use read::{Corrupt, Cursor, StoredItem, StoredValue};
pub use write::write;

#[cfg(test)]
mod tests;
