//! Items of a map run in an object's bytes: CSV, JSON, JSON Lines.

use csv_core::{ReadFieldResult, ReaderBuilder};
use serde_json::{Map, Value};

/// How many bytes of a field are read at once.
const FIELD_BYTES: usize = 4096;

/// How items stand in an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Csv {
        delimiter: u8,
        header: Header,
    },
    /// An array, or what a pointer finds is one.
    Json {
        pointer: Option<String>,
    },
    JsonLines,
}

/// Where the names of columns stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Header {
    FirstRow,
    Given(Vec<String>),
}

impl Format {
    /// What a reader's configuration says.
    ///
    /// # Errors
    /// What is wrong with it, or not here.
    pub(crate) fn of(config: &Value) -> Result<Self, String> {
        match config["InputType"].as_str() {
            Some("CSV") => Ok(Format::Csv { delimiter: delimiter(config)?, header: header(config)? }),
            Some("JSON") => Ok(Format::Json { pointer: config["ItemsPointer"].as_str().map(str::to_owned) }),
            Some("JSONL") => Ok(Format::JsonLines),
            Some(kind) => Err(format!("states: an ItemReader of {kind} is not implemented.")),
            None => Err("The field 'InputType' is required but was missing".into()),
        }
    }

    /// The items in these bytes, as many as are wanted.
    ///
    /// # Errors
    /// Why there are none.
    pub(crate) fn items(&self, bytes: &[u8], most: usize) -> Result<Vec<Value>, String> {
        match self {
            Format::Csv { delimiter, header } => rows(bytes, *delimiter, header, most),
            Format::Json { pointer } => array(bytes, pointer.as_deref(), most),
            Format::JsonLines => lines(bytes, most),
        }
    }
}

fn delimiter(config: &Value) -> Result<u8, String> {
    Ok(match config["CSVDelimiter"].as_str() {
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

fn header(config: &Value) -> Result<Header, String> {
    match config["CSVHeaderLocation"].as_str() {
        Some("FIRST_ROW") => Ok(Header::FirstRow),
        Some("GIVEN") => {
            let given = config["CSVHeaders"].as_array();
            let names =
                given.and_then(|names| names.iter().map(|name| name.as_str().map(str::to_owned)).collect());
            names
                .map(Header::Given)
                .ok_or_else(|| "The field 'CSVHeaders' is required but was missing".into())
        }
        _ => Err("The field 'CSVHeaderLocation' is required but was missing".into()),
    }
}

/// Rows as objects of texts. What a row has too little is empty, what it has too much is left out; empty rows are skipped.
fn rows(bytes: &[u8], delimiter: u8, header: &Header, most: usize) -> Result<Vec<Value>, String> {
    let mut names = match header {
        Header::Given(names) => Some(names.clone()),
        Header::FirstRow => None,
    };
    let mut items = Vec::new();
    for_each_row(bytes, delimiter, &mut |row| {
        match &names {
            None => names = Some(row),
            Some(names) => {
                let mut values = row.into_iter();
                let item = names.iter().map(|name| (name.clone(), values.next().unwrap_or_default().into()));
                items.push(Value::Object(item.collect::<Map<_, _>>()));
            }
        }
        items.len() < most
    })?;
    items.truncate(most);
    Ok(items)
}

/// Gives each row that is not empty, until enough is said.
fn for_each_row(
    mut bytes: &[u8],
    delimiter: u8,
    each: &mut dyn FnMut(Vec<String>) -> bool,
) -> Result<(), String> {
    let mut reader = ReaderBuilder::new().delimiter(delimiter).build();
    let (mut row, mut field, mut buffer) = (Vec::new(), Vec::new(), [0; FIELD_BYTES]);
    loop {
        let (result, read, written) = reader.read_field(bytes, &mut buffer);
        bytes = &bytes[read..];
        field.extend_from_slice(&buffer[..written]);
        match result {
            // The end of the text ends what was begun.
            ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            ReadFieldResult::Field { record_end } => {
                let text =
                    String::from_utf8(std::mem::take(&mut field)).map_err(|_| "The object is not UTF-8")?;
                row.push(text.trim_start_matches('\u{feff}').to_owned());
                if record_end && !each(std::mem::take(&mut row)) {
                    return Ok(());
                }
            }
            ReadFieldResult::End => return Ok(()),
        }
    }
}

fn array(bytes: &[u8], pointer: Option<&str>, most: usize) -> Result<Vec<Value>, String> {
    let whole: Value =
        serde_json::from_slice(bytes).map_err(|error| format!("The object is no JSON: {error}"))?;
    let found = match pointer {
        Some(pointer) => whole.pointer(pointer).cloned().unwrap_or_default(),
        None => whole,
    };
    let Value::Array(mut items) = found else {
        return Err("Attempting to map over non-iterable node.".into());
    };
    items.truncate(most);
    Ok(items)
}

fn lines(bytes: &[u8], most: usize) -> Result<Vec<Value>, String> {
    let lines = bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let parse = |line| serde_json::from_slice(line).map_err(|error| format!("A line is no JSON: {error}"));
    lines.take(most).map(parse).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(config: Value, text: &str) -> Result<Value, String> {
        Format::of(&config)?.items(text.as_bytes(), usize::MAX).map(Value::from)
    }

    #[test]
    fn rows_are_objects() {
        let first = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
        let text = "\u{feff}a,b\r\n1,\"x,\n\"\"y\"\"\"\n\n2\n3,4,5";
        let expected = json!([{"a": "1", "b": "x,\n\"y\""}, {"a": "2", "b": ""}, {"a": "3", "b": "4"}]);
        assert_eq!(read(first.clone(), text).unwrap(), expected);
        assert_eq!(read(first.clone(), "").unwrap(), json!([]));
        assert_eq!(read(first.clone(), "a,b\n").unwrap(), json!([]));
        assert_eq!(Format::of(&first).unwrap().items(text.as_bytes(), 1).unwrap().len(), 1);
        assert_eq!(Format::of(&first).unwrap().items(text.as_bytes(), 0).unwrap().len(), 0);
        let long = format!("a\n{}", "ü".repeat(FIELD_BYTES));
        assert_eq!(read(first, &long).unwrap()[0]["a"].as_str().unwrap().len(), 2 * FIELD_BYTES);
        let given = json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x"], "CSVDelimiter": "TAB"});
        assert_eq!(read(given, "1\t2\n").unwrap(), json!([{"x": "1"}]));
    }

    #[test]
    fn json_is_an_array_or_lines() {
        let json = json!({"InputType": "JSON"});
        assert_eq!(read(json.clone(), "[1, {}]").unwrap(), json!([1, {}]));
        assert!(read(json.clone(), "{}").is_err() && read(json, "[1").is_err());
        let pointed = json!({"InputType": "JSON", "ItemsPointer": "/a/b"});
        assert_eq!(read(pointed.clone(), r#"{"a": {"b": [1]}}"#).unwrap(), json!([1]));
        assert!(read(pointed, "{}").is_err());
        let lines = json!({"InputType": "JSONL"});
        assert_eq!(read(lines.clone(), "{}\r\n\n[2]").unwrap(), json!([{}, [2]]));
        assert!(read(lines, "{}\nx").is_err());
    }

    #[test]
    fn what_is_not_here_is_refused_by_name() {
        for (config, name) in [
            (json!({"InputType": "PARQUET"}), "PARQUET"),
            (json!({}), "InputType"),
            (json!({"InputType": "CSV"}), "CSVHeaderLocation"),
            (json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}), "CSVHeaders"),
            (json!({"InputType": "CSV", "CSVDelimiter": "DOT"}), "CSVDelimiter"),
        ] {
            assert!(Format::of(&config).unwrap_err().contains(name), "{config}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_rows(text in "[a-c\",\r\n ü]{0,40}") {
            let config = json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]});
            prop_assert!(read(config, &text).is_ok());
        }
    }
}
