//! Writes items as they are stored.

use crate::Number;
use crate::value::{Item, Value};

/// Appends an item.
pub fn write(out: &mut Vec<u8>, item: &Item) {
    MAP.write(out, item.len());
    for (name, value) in item {
        str(out, name);
        self::value(out, value);
    }
}

fn value(out: &mut Vec<u8>, value: &Value) {
    let kind = value.kind().name();
    if matches!(value, Value::Null) {
        return str(out, kind);
    }
    out.push(0x81);
    str(out, kind);
    match value {
        Value::S(text) => str(out, text),
        Value::N(value) => number(out, value),
        Value::B(bytes) => bin(out, bytes),
        Value::Bool(value) => out.push(if *value { 0xc3 } else { 0xc2 }),
        Value::Null => {}
        Value::M(map) => write(out, map),
        Value::L(list) => array(out, list, self::value),
        Value::Ss(set) => array(out, set, |out, text| str(out, text)),
        Value::Ns(set) => array(out, set, number),
        Value::Bs(set) => array(out, set, |out, bytes| bin(out, bytes)),
    }
}

fn array<'a, T: 'a>(
    out: &mut Vec<u8>,
    elements: impl IntoIterator<Item = &'a T, IntoIter: ExactSizeIterator>,
    each: impl Fn(&mut Vec<u8>, &T),
) {
    let elements = elements.into_iter();
    ARRAY.write(out, elements.len());
    elements.for_each(|element| each(out, element));
}

fn str(out: &mut Vec<u8>, text: &str) {
    STR.write(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: &Number) {
    // A form has 22 bytes at most, so its length is one byte, which is known afterwards.
    let at = out.len() + 1;
    out.extend_from_slice(&[0xc4, 0]);
    number.to_sort_key(out);
    out[at] = (out.len() - at - 1) as u8;
}

fn bin(out: &mut Vec<u8>, bytes: &[u8]) {
    BIN.write(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// How something begins that has a length.
#[derive(Clone, Copy)]
struct Head {
    /// A byte that has lengths up to this in it.
    short: Option<(u8, usize)>,
    /// The bytes before lengths of one, two and four bytes.
    one: Option<u8>,
    two: u8,
    four: u8,
}

const MAP: Head = Head { short: Some((0x80, 0x0f)), one: None, two: 0xde, four: 0xdf };
const ARRAY: Head = Head { short: Some((0x90, 0x0f)), one: None, two: 0xdc, four: 0xdd };
const STR: Head = Head { short: Some((0xa0, 0x1f)), one: Some(0xd9), two: 0xda, four: 0xdb };
const BIN: Head = Head { short: None, one: Some(0xc4), two: 0xc5, four: 0xc6 };

impl Head {
    /// Appends it in its least form. What is longer than four bytes can say is no item: they have 400 KB.
    fn write(self, out: &mut Vec<u8>, length: usize) {
        let bytes = (length as u32).to_be_bytes();
        match (self.short, self.one) {
            (Some((short, max)), _) if length <= max => out.push(short | length as u8),
            (_, Some(one)) if length <= 0xff => out.extend_from_slice(&[one, bytes[3]]),
            _ if length <= 0xffff => out.extend_from_slice(&[self.two, bytes[2], bytes[3]]),
            _ => {
                out.push(self.four);
                out.extend_from_slice(&bytes);
            }
        }
    }
}
