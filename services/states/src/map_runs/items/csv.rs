//! Rows of CSV as items.

use std::io::Read;
use std::ops::ControlFlow;

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::super::said;
use super::{ITEM_BYTES_MAX, Taker, too_large};

/// How many bytes are read at once, and how many of a field.
const INPUT_BYTES: usize = 64 * 1024;
const FIELD_BYTES: usize = 4096;
/// How large the names of all columns may be together.
const HEADER_BYTES_MAX: usize = 10 * 1024;

/// Where the names of columns stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Header {
    FirstRow,
    Given(Vec<String>),
}

impl Header {
    pub(super) fn of(config: &Value) -> Result<Self, String> {
        match said::text(config, "CSVHeaderLocation")? {
            Some("FIRST_ROW") => Ok(Header::FirstRow),
            Some("GIVEN") => {
                let given = config["CSVHeaders"].as_array();
                let names = given
                    .and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
                let names: Vec<String> = names.ok_or("The field 'CSVHeaders' is required but was missing")?;
                checked(names).map(Header::Given)
            }
            _ => Err("The field 'CSVHeaderLocation' is required but was missing".into()),
        }
    }
}

fn checked(names: Vec<String>) -> Result<Vec<String>, String> {
    if names.iter().map(String::len).sum::<usize>() > HEADER_BYTES_MAX {
        return Err(format!("The headers are larger than the maximum of {HEADER_BYTES_MAX} bytes"));
    }
    Ok(names)
}

pub(super) fn delimiter(config: &Value) -> Result<u8, String> {
    Ok(match said::text(config, "CSVDelimiter")? {
        None | Some("COMMA") => b',',
        Some("PIPE") => b'|',
        Some("SEMICOLON") => b';',
        Some("SPACE") => b' ',
        Some("TAB") => b'\t',
        Some(other) => {
            return Err(format!("The value '{other}' of the field 'CSVDelimiter' is not supported"));
        }
    })
}

/// Rows as objects of texts. What a row has too little is empty, what it has too much is left out; empty rows are skipped.
pub(super) fn read(
    object: &mut dyn Read,
    delimiter: u8,
    header: &Header,
    take: Taker<'_>,
) -> Result<(), String> {
    let mut names = match header {
        Header::Given(names) => Some(names.clone()),
        Header::FirstRow => None,
    };
    let mut rows = Rows::new(delimiter);
    while let Some(row) = rows.next(object)? {
        let Some(names) = &names else {
            names = Some(checked(row)?);
            continue;
        };
        let mut values = row.into_iter();
        let item = names.iter().map(|name| (name.clone(), values.next().unwrap_or_default().into()));
        if take(Value::Object(item.collect::<Map<_, _>>()).into()).is_break() {
            break;
        }
    }
    Ok(())
}

/// The rows of a text, one after the other.
pub(in super::super) struct Rows {
    reader: Reader,
    input: Vec<u8>,
    /// What of the input was not parsed yet.
    rest: std::ops::Range<usize>,
    field: Vec<u8>,
}

impl Rows {
    pub(in super::super) fn new(delimiter: u8) -> Self {
        Rows {
            reader: ReaderBuilder::new().delimiter(delimiter).build(),
            input: vec![0; INPUT_BYTES],
            rest: 0..0,
            field: Vec::new(),
        }
    }

    /// The next row that is not empty.
    pub(in super::super) fn next(&mut self, object: &mut dyn Read) -> Result<Option<Vec<String>>, String> {
        let (mut row, mut bytes) = (Vec::new(), 0);
        loop {
            if self.rest.is_empty() {
                let read = object.read(&mut self.input).map_err(|error| error.to_string())?;
                self.rest = 0..read;
            }
            match self.part() {
                // Nothing more to parse is told to the parser, which then ends what was begun.
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(None) => return Ok(None),
                ControlFlow::Break(Some(is_last)) => {
                    let field = String::from_utf8(std::mem::take(&mut self.field));
                    let text = field.map_err(|_| "The object is not UTF-8")?;
                    bytes += text.len() + 1;
                    row.push(text.trim_start_matches('\u{feff}').to_owned());
                    if is_last {
                        return Ok(Some(row));
                    }
                }
            }
            if bytes + self.field.len() > ITEM_BYTES_MAX {
                return Err(too_large());
            }
        }
    }

    /// Parses on: whether a field ended, and with its row; or that all ended.
    fn part(&mut self) -> ControlFlow<Option<bool>> {
        let mut buffer = [0; FIELD_BYTES];
        let (result, read, written) = self.reader.read_field(&self.input[self.rest.clone()], &mut buffer);
        self.rest.start += read;
        self.field.extend_from_slice(&buffer[..written]);
        match result {
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => ControlFlow::Continue(()),
            ReadFieldResult::Field { record_end } => ControlFlow::Break(Some(record_end)),
            ReadFieldResult::End => ControlFlow::Break(None),
        }
    }
}
