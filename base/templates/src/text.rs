//! What values look like: as Java's `toString` writes them, and as JSON.
//!
//! Whole numbers and decimals are Java's, maps are `{a=1, b=2}`, lists `[1, 2]`. A list that came from JSON renders as JSON,
//! which is what API Gateway shows. Writers stop where values are nested too deeply, or contain themselves.

use std::fmt::Write;
use std::sync::Arc;

use crate::error::Thrown;
use crate::value::{Heap, Value};

/// How deep values may be nested where they are written or compared: a little deeper than JSON is read.
pub(crate) const DEPTH_MAX: usize = 150;

/// A text that is being written, which may have so many bytes.
pub(crate) struct Writer {
    pub(crate) text: String,
    bytes_max: usize,
}

impl Writer {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), bytes_max }
    }

    pub(crate) fn push(&mut self, text: &str) -> Result<(), Thrown> {
        if text.len() > self.bytes_max - self.text.len() {
            return Err(Thrown::new(format!("the text gets longer than {} bytes", self.bytes_max)));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn deeper(depth: usize) -> Result<usize, Thrown> {
        if depth >= DEPTH_MAX {
            return Err(Thrown::new(format!("a value is nested more than {DEPTH_MAX} deep")));
        }
        Ok(depth + 1)
    }

    /// Writes a value as it renders.
    pub(crate) fn value(&mut self, value: &Value, heap: &Heap, depth: usize) -> Result<(), Thrown> {
        let depth = Self::deeper(depth)?;
        match value {
            Value::Null => self.push("null"),
            Value::Text(text) => self.push(text),
            Value::List(list) if heap.is_json(*list) => self.json(value, heap, depth),
            Value::List(list) => {
                self.push("[")?;
                for (index, item) in heap.items(*list).iter().enumerate() {
                    self.separator(index, ", ")?;
                    self.value(item, heap, depth)?;
                }
                self.push("]")
            }
            Value::Map(map) => {
                self.push("{")?;
                for (index, (key, member)) in heap.members(*map).into_iter().flatten().enumerate() {
                    self.separator(index, ", ")?;
                    self.pair(key, member, heap, depth)?;
                }
                self.push("}")
            }
            Value::Entry(map, key) => {
                let member = heap.member(*map, key).unwrap_or(&Value::Null);
                self.pair(key, member, heap, depth)
            }
            scalar => self.push(&scalar_text(scalar)),
        }
    }

    fn pair(&mut self, key: &str, member: &Value, heap: &Heap, depth: usize) -> Result<(), Thrown> {
        self.push(key)?;
        self.push("=")?;
        self.value(member, heap, depth)
    }

    fn separator(&mut self, index: usize, text: &str) -> Result<(), Thrown> {
        if index > 0 { self.push(text) } else { Ok(()) }
    }

    /// Writes a value as JSON.
    pub(crate) fn json(&mut self, value: &Value, heap: &Heap, depth: usize) -> Result<(), Thrown> {
        let depth = Self::deeper(depth)?;
        match value {
            Value::List(list) => {
                self.push("[")?;
                for (index, item) in heap.items(*list).iter().enumerate() {
                    self.separator(index, ",")?;
                    self.json(item, heap, depth)?;
                }
                self.push("]")
            }
            Value::Map(map) => {
                self.push("{")?;
                for (index, (key, member)) in heap.members(*map).into_iter().flatten().enumerate() {
                    self.separator(index, ",")?;
                    self.quoted(key)?;
                    self.push(":")?;
                    self.json(member, heap, depth)?;
                }
                self.push("}")
            }
            Value::Entry(..) | Value::Loop(_) | Value::Object(_) => self.quoted(&scalar_text(value)),
            Value::Text(text) => self.quoted(text),
            Value::Decimal(number) if !number.is_finite() => self.push("null"),
            scalar => self.push(&scalar_text(scalar)),
        }
    }

    fn quoted(&mut self, text: &str) -> Result<(), Thrown> {
        let quoted = serde_json::to_string(text).map_err(|error| Thrown::new(error.to_string()))?;
        self.push(&quoted)
    }
}

impl Heap {
    /// What a value renders as.
    ///
    /// # Errors
    /// When there is no room for it, or it contains itself.
    pub fn text_of(&mut self, value: &Value) -> Result<Arc<str>, Thrown> {
        self.written(value, Writer::value)
    }

    /// A value as JSON.
    ///
    /// # Errors
    /// When there is no room for it, or it contains itself.
    pub fn json_of(&mut self, value: &Value) -> Result<Arc<str>, Thrown> {
        self.written(value, Writer::json)
    }

    fn written(
        &mut self,
        value: &Value,
        write: impl FnOnce(&mut Writer, &Value, &Heap, usize) -> Result<(), Thrown>,
    ) -> Result<Arc<str>, Thrown> {
        let mut writer = Writer::new(self.bytes_left());
        write(&mut writer, value, self, 0)?;
        self.spend(writer.text.len())?;
        Ok(writer.text.into())
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Decimal(number) => decimal(*number),
        Value::Text(text) => (**text).to_owned(),
        Value::Loop(_) => "foreach".to_owned(),
        Value::Object(object) => format!("{object:?}"),
        Value::List(_) | Value::Map(_) | Value::Entry(..) => String::new(),
    }
}

/// A decimal as `Double.toString` writes it.
pub(crate) fn decimal(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e7).contains(&size) {
        let text = format!("{number:E}");
        let (digits, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let point = if digits.contains('.') { "" } else { ".0" };
        return format!("{digits}{point}E{exponent}");
    }
    let mut text = String::new();
    // Writing to a text never fails.
    let _ = write!(text, "{number:?}");
    text
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_are_written_as_java_does() {
        for (number, expected) in [
            (1.0, "1.0"),
            (-0.5, "-0.5"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (9_999_999.0, "9999999.0"),
            (10_000_000.0, "1.0E7"),
            (123_456_789.5, "1.234567895E8"),
            (0.001, "0.001"),
            (0.000_12, "1.2E-4"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(decimal(number), expected);
        }
    }
}
