//! Items of a map run as they stand in an object: they are taken one after the other, however large the object is.

mod csv;
mod json;
pub(super) mod parquet;

use std::io::Read;
use std::ops::ControlFlow;

use serde_json::Value;

pub(super) use self::csv::{Header, Rows};
use super::said;

/// How large an item may be: no execution takes more.
const ITEM_BYTES_MAX: usize = states_language::execution::PAYLOAD_BYTES_MAX;

/// An item as it stands in an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Item {
    /// Its name, where it is a member.
    pub(crate) key: Option<String>,
    pub(crate) value: Value,
}

impl From<Value> for Item {
    fn from(value: Value) -> Self {
        Item { key: None, value }
    }
}

/// Takes items as they are read, until it has enough.
pub(crate) type Taker<'t> = &'t mut dyn FnMut(Item) -> ControlFlow<()>;

/// How items stand in an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Csv {
        delimiter: u8,
        header: Header,
    },
    /// An array or an object, or what a pointer finds is one.
    Json {
        pointer: Vec<String>,
    },
    JsonLines,
    Parquet,
}

impl Format {
    /// What a reader's configuration says.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(config: &Value) -> Result<Self, String> {
        match said::text(config, "InputType")? {
            Some("CSV") => {
                Ok(Format::Csv { delimiter: csv::delimiter(config)?, header: Header::of(config)? })
            }
            Some("JSON") => Ok(Format::Json { pointer: json::pointer(config)? }),
            Some("JSONL") => Ok(Format::JsonLines),
            Some("PARQUET") => Ok(Format::Parquet),
            Some(kind) => Err(format!("The value '{kind}' of the field 'InputType' is not supported here")),
            None => Err("The field 'InputType' is required but was missing".into()),
        }
    }

    /// Reads an object from its beginning. Parquet is not read so.
    ///
    /// # Errors
    /// Why its items cannot be read.
    pub(crate) fn read(&self, object: &mut dyn Read, take: Taker<'_>) -> Result<(), String> {
        match self {
            Format::Csv { delimiter, header } => csv::read(object, *delimiter, header, take),
            Format::Json { pointer } => json::within(object, pointer, take),
            Format::JsonLines => json::lines(object, take),
            Format::Parquet => Err("Parquet is not read from its beginning".into()),
        }
    }
}

/// What is said of an item that no execution could take.
fn too_large() -> String {
    format!("An item is larger than the maximum of {ITEM_BYTES_MAX} bytes")
}

#[cfg(test)]
mod tests;
