//! Rows of values with a character between them. What stands in double quotes may have that character, line ends, and, twice,
//! double quotes. The first row names the attributes unless the request does.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use csv_core::{ReadRecordResult, ReaderBuilder};
use expressions::{Item, Value};
use wire::Fault;

use super::{LINE_BYTES_MAX, Wrong};
use crate::errors;

/// How much of a row is known at first; both grow with it.
const ROW_BYTES: usize = 4096;
const ROW_FIELDS: usize = 64;

/// Reads rows.
pub(super) struct Rows {
    reader: csv_core::Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    bytes_used: usize,
    ends_used: usize,
    headers: Option<Vec<String>>,
    /// The types of key attributes; all others are strings.
    kinds: BTreeMap<String, String>,
}

impl Rows {
    pub(super) fn new(delimiter: u8, headers: Option<Vec<String>>, kinds: BTreeMap<String, String>) -> Self {
        Rows {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            bytes: vec![0; ROW_BYTES],
            ends: vec![0; ROW_FIELDS],
            bytes_used: 0,
            ends_used: 0,
            headers,
            kinds,
        }
    }

    /// Gives each row that these bytes end, as an item. No bytes are the end.
    pub(super) fn push(
        &mut self,
        mut input: &[u8],
        mut each: impl FnMut(Result<Item, Wrong>),
    ) -> Result<(), Wrong> {
        let is_end = input.is_empty();
        loop {
            let (bytes, ends) = (&mut self.bytes[self.bytes_used..], &mut self.ends[self.ends_used..]);
            let (result, read, bytes_written, ends_written) = self.reader.read_record(input, bytes, ends);
            input = &input[read..];
            self.bytes_used += bytes_written;
            self.ends_used += ends_written;
            match result {
                ReadRecordResult::Record => {
                    if let Some(item) = self.row() {
                        each(item);
                    }
                    (self.bytes_used, self.ends_used) = (0, 0);
                }
                ReadRecordResult::OutputFull if self.bytes.len() > LINE_BYTES_MAX => {
                    return Err(Wrong::Unreadable("A row is longer than any item".to_owned()));
                }
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty if !is_end => return Ok(()),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(()),
            }
        }
    }

    /// The row that was read; none of one that named the attributes.
    fn row(&mut self) -> Option<Result<Item, Wrong>> {
        let mut start = 0;
        let mut fields = Vec::new();
        for end in &self.ends[..self.ends_used] {
            match std::str::from_utf8(&self.bytes[start..*end]) {
                Ok(text) => fields.push(text.to_owned()),
                Err(error) => return Some(Err(Wrong::Unreadable(error.to_string()))),
            }
            start = *end;
        }
        let Some(headers) = &self.headers else {
            self.headers = Some(fields);
            return None;
        };
        if fields.len() != headers.len() {
            let message = format!("A row has {} values, and {} have names", fields.len(), headers.len());
            return Some(Err(errors::invalid(message).into()));
        }
        let named = headers.iter().zip(fields);
        let item = named.map(|(name, text)| Ok((name.clone(), self.value(name, text)?)));
        Some(item.collect::<Result<Item, Fault>>().map_err(Wrong::from))
    }

    fn value(&self, name: &str, text: String) -> Result<Value, Fault> {
        Ok(match self.kinds.get(name).map(String::as_str) {
            Some("N") => Value::N(text.parse().map_err(errors::of_expression)?),
            Some("B") => {
                let bytes = STANDARD.decode(text);
                Value::B(bytes.map_err(|error| errors::invalid(error.to_string()))?.into())
            }
            _ => Value::S(text),
        })
    }
}
