//! `$util`: functions of texts.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::json;
use crate::error::Thrown;
use crate::value::{Heap, Object, Value};

/// With or without its padding, as Java's decoder takes it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// `$util`.
pub(super) struct Util;

impl std::fmt::Debug for Util {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$util")
    }
}

impl Object for Util {
    fn property(&self, _: &str, _: &mut Heap) -> Result<Value, Thrown> {
        Ok(Value::Null)
    }

    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
        let [argument] = arguments else { return Ok(Value::Null) };
        if argument.is_null() {
            return Ok(Value::Null);
        }
        let text = heap.text_of(argument)?;
        let made = match name {
            "escapeJavaScript" => escaped(&text, heap)?,
            "parseJson" => return json::read(&text, heap),
            "urlEncode" => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            "urlDecode" => url_decoded(&text)?,
            "base64Encode" => BASE64.encode(text.as_bytes()),
            "base64Decode" => base64_decoded(&text)?,
            _ => return Ok(Value::Null),
        };
        heap.text(made)
    }
}

/// As a part of a JavaScript text. Single quotes are escaped too, which JSON does not know: AWS's guide says how to undo it.
fn escaped(text: &str, heap: &mut Heap) -> Result<String, Thrown> {
    heap.spend(text.len())?;
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        let short = match letter {
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '"' | '\'' | '\\' | '/' => letter,
            ' '..='~' => {
                escaped.push(letter);
                continue;
            }
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    escaped.push_str(&format!("\\u{unit:04X}"));
                }
                continue;
            }
        };
        escaped.extend(['\\', short]);
    }
    Ok(escaped)
}

fn url_decoded(text: &str) -> Result<String, Thrown> {
    let is_escape =
        |part: &str| part.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    if !text.split('%').skip(1).all(is_escape) {
        return Err(Thrown::new("urlDecode: a % is not followed by two hexadecimal digits"));
    }
    let spaces = text.replace('+', " ");
    Ok(percent_decoded(&spaces))
}

fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, plain) = part.split_at_checked(2).unwrap_or(("", part));
        bytes.extend(u8::from_str_radix(digits, 16));
        bytes.extend_from_slice(plain.as_bytes());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn base64_decoded(text: &str) -> Result<String, Thrown> {
    let bytes = BASE64.decode(text.trim()).map_err(|error| Thrown::new(format!("base64Decode: {error}")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
