//! Items of a file, as its bytes come.

use std::collections::BTreeMap;

use expressions::Item;

use super::csv::Rows;
use super::lines::Lines;
use super::{Wrong, ion, json};

/// What a file is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Ion,
    Csv {
        delimiter: u8,
        /// The names of the values, where the file does not begin with them.
        headers: Option<Vec<String>>,
        /// The types of attributes that are no strings.
        kinds: BTreeMap<String, String>,
    },
}

/// Reads one file.
pub(crate) struct Reader {
    form: Form,
    entries: Vec<Result<Item, Wrong>>,
}

enum Form {
    Json(Lines),
    Ion(Lines),
    Csv(Box<Rows>),
}

impl Reader {
    pub(crate) fn new(format: &Format) -> Self {
        let form = match format {
            Format::Json => Form::Json(Lines::default()),
            Format::Ion => Form::Ion(Lines::default()),
            Format::Csv { delimiter, headers, kinds } => {
                Form::Csv(Box::new(Rows::new(*delimiter, headers.clone(), kinds.clone())))
            }
        };
        Reader { form, entries: Vec::new() }
    }

    /// Takes the next bytes, none of which there may be.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let entries = &mut self.entries;
        let read = match &mut self.form {
            Form::Json(lines) => lines.push(bytes, |line| json_line(line, entries)),
            Form::Ion(lines) => lines.push(bytes, |line| ion_line(line, entries)),
            Form::Csv(rows) => rows.push(bytes, |item| entries.push(item)),
        };
        self.entries.extend(read.err().map(Err));
    }

    /// That was all.
    pub(crate) fn end(&mut self) {
        let entries = &mut self.entries;
        match &mut self.form {
            Form::Json(lines) => lines.end(|line| json_line(line, entries)),
            Form::Ion(lines) => lines.end(|line| ion_line(line, entries)),
            Form::Csv(rows) => {
                let read = rows.push(&[], |item| entries.push(item));
                entries.extend(read.err().map(Err));
            }
        }
    }

    /// What was read of it since, in its order. Nothing follows what is unreadable.
    pub(crate) fn take(&mut self) -> Vec<Result<Item, Wrong>> {
        let mut entries = std::mem::take(&mut self.entries);
        let is_last = |entry: &Result<Item, Wrong>| matches!(entry, Err(Wrong::Unreadable(_)));
        if let Some(last) = entries.iter().position(is_last) {
            entries.truncate(last + 1);
        }
        entries
    }
}

/// Whether there is nothing in a line.
fn is_blank(line: &[u8]) -> bool {
    line.iter().all(u8::is_ascii_whitespace)
}

fn json_line(line: &[u8], entries: &mut Vec<Result<Item, Wrong>>) {
    if !is_blank(line) {
        entries.push(json::item(line));
    }
}

fn ion_line(line: &[u8], entries: &mut Vec<Result<Item, Wrong>>) {
    if is_blank(line) {
        return;
    }
    match ion::items(line) {
        Ok(items) => entries.extend(items),
        Err(wrong) => entries.push(Err(wrong)),
    }
}
