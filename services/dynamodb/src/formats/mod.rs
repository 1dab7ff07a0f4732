//! Items as files have them: what exports write and imports read.
//!
//! `json` and `ion` are lines, an item each; `csv` are rows. `read` makes items of the bytes of a file as they come, `unpack`
//! takes the compression off before. Tables, jobs and buckets are never here.

mod csv;
pub(crate) mod ion;
pub(crate) mod json;
mod lines;
mod nesting;
mod read;
mod unpack;

use wire::Fault;

pub(crate) use self::read::{Format, Reader};
pub(crate) use self::unpack::{Packing, Unpacker};

/// The longest line, and the longest row: far more than the largest item needs in any format.
const LINE_BYTES_MAX: usize = 16 << 20;

/// What is wrong with an entry of a file.
#[derive(Clone, Debug)]
pub(crate) enum Wrong {
    /// It is no such item as a table takes. What comes after it is read.
    Invalid(Fault),
    /// It is not in the format. Nothing after it in the file is read.
    Unreadable(String),
}

impl From<Fault> for Wrong {
    fn from(fault: Fault) -> Self {
        Wrong::Invalid(fault)
    }
}

impl Wrong {
    /// In words.
    pub(crate) fn message(&self) -> &str {
        match self {
            Wrong::Invalid(fault) => &fault.message,
            Wrong::Unreadable(message) => message,
        }
    }
}

#[cfg(test)]
mod tests;
