//! Values of headers: ten types, of which two are true and false.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};

use crate::{Malformed, Timestamp};

/// The longest text or bytes of a header.
const BYTES_MAX: usize = i16::MAX as usize;

/// The value of a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Types 0 and 1: true and false.
    Boolean(bool),
    /// Type 2.
    Byte(i8),
    /// Type 3.
    Short(i16),
    /// Type 4.
    Integer(i32),
    /// Type 5.
    Long(i64),
    /// Type 6.
    Bytes(Bytes),
    /// Type 7.
    String(String),
    /// Type 8: milliseconds since 1970.
    Timestamp(Timestamp),
    /// Type 9.
    Uuid([u8; 16]),
}

impl Value {
    pub(super) fn write(&self, out: &mut BytesMut) -> Result<(), Malformed> {
        match self {
            Value::Boolean(value) => out.put_u8(u8::from(!value)),
            Value::Byte(value) => {
                out.put_u8(2);
                out.put_i8(*value);
            }
            Value::Short(value) => {
                out.put_u8(3);
                out.put_i16(*value);
            }
            Value::Integer(value) => {
                out.put_u8(4);
                out.put_i32(*value);
            }
            Value::Long(value) => {
                out.put_u8(5);
                out.put_i64(*value);
            }
            Value::Bytes(value) => sized(out, 6, value)?,
            Value::String(value) => sized(out, 7, value.as_bytes())?,
            Value::Timestamp(value) => {
                out.put_u8(8);
                out.put_i64(value.millis());
            }
            Value::Uuid(value) => {
                out.put_u8(9);
                out.put_slice(value);
            }
        }
        Ok(())
    }

    pub(super) fn read(input: &mut Bytes) -> Result<Self, Malformed> {
        let cut = |_| Malformed("a header ends early".into());
        Ok(match input.try_get_u8().map_err(cut)? {
            kind @ (0 | 1) => Value::Boolean(kind == 0),
            2 => Value::Byte(input.try_get_i8().map_err(cut)?),
            3 => Value::Short(input.try_get_i16().map_err(cut)?),
            4 => Value::Integer(input.try_get_i32().map_err(cut)?),
            5 => Value::Long(input.try_get_i64().map_err(cut)?),
            6 => Value::Bytes(take(input)?),
            7 => {
                let text = String::from_utf8(take(input)?.to_vec());
                Value::String(text.map_err(|_| Malformed("a header is not UTF-8".into()))?)
            }
            8 => Value::Timestamp(Timestamp::from_millis(input.try_get_i64().map_err(cut)?)),
            9 => {
                let mut uuid = [0; 16];
                input.try_copy_to_slice(&mut uuid).map_err(cut)?;
                Value::Uuid(uuid)
            }
            kind => return Err(Malformed(format!("a header has the unknown type {kind}"))),
        })
    }
}

fn sized(out: &mut BytesMut, kind: u8, bytes: &[u8]) -> Result<(), Malformed> {
    let length = u16::try_from(bytes.len()).ok().filter(|_| bytes.len() <= BYTES_MAX);
    let length = length.ok_or_else(|| Malformed("the value of a header is too long".into()))?;
    out.put_u8(kind);
    out.put_u16(length);
    out.put_slice(bytes);
    Ok(())
}

fn take(input: &mut Bytes) -> Result<Bytes, Malformed> {
    let length = input.try_get_u16().map(usize::from).unwrap_or(usize::MAX);
    if length > input.len() {
        return Err(Malformed("a header ends early".into()));
    }
    Ok(input.split_to(length))
}
