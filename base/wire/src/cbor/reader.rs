//! Reads values from CBOR, in one pass and without a tree in between.
//!
//! It takes more forms than clients write: strings, lists and maps of indefinite length, numbers of any width, whole
//! floats for integers. A length that a message claims is never trusted with an allocation: memory grows only with the
//! bytes that are really there.

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};

use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::{Document, Malformed, Shape, Timestamp};

/// How deep a document may nest.
const DOCUMENT_DEPTH_MAX: usize = 128;
/// Tags of RFC 8949, section 3.4: a moment in seconds, and integers of any size.
const TAG_EPOCH: u64 = 1;
const TAG_POSITIVE: u64 = 2;
const TAG_NEGATIVE: u64 = 3;

/// Stands before a value of a CBOR message.
pub(crate) struct CborReader<'a> {
    decoder: Decoder<'a>,
}

/// A number of any kind.
enum Number {
    Whole(i128),
    Float(f64),
}

impl<'a> CborReader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        CborReader { decoder: Decoder::new(message) }
    }

    /// Refuses what follows the one value of a message.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.decoder.position() == self.decoder.input().len() {
            Ok(())
        } else {
            Err(Malformed("something follows the value".into()))
        }
    }

    fn kind(&self) -> Result<Type, Malformed> {
        self.decoder.datatype().map_err(syntax)
    }

    fn text(&mut self, shape: &Shape) -> Result<Cow<'a, str>, Malformed> {
        match self.kind()? {
            Type::String => self.decoder.str().map(Cow::Borrowed).map_err(syntax),
            Type::StringIndef => {
                let pieces = self.decoder.str_iter().map_err(syntax)?;
                pieces.collect::<Result<String, Error>>().map(Cow::Owned).map_err(syntax)
            }
            found => Err(unexpected(found, shape)),
        }
    }

    fn bytes(&mut self, shape: &Shape) -> Result<Cow<'a, [u8]>, Malformed> {
        match self.kind()? {
            Type::Bytes => self.decoder.bytes().map(Cow::Borrowed).map_err(syntax),
            Type::BytesIndef => {
                let mut whole = Vec::new();
                for piece in self.decoder.bytes_iter().map_err(syntax)? {
                    whole.extend_from_slice(piece.map_err(syntax)?);
                }
                Ok(Cow::Owned(whole))
            }
            found => Err(unexpected(found, shape)),
        }
    }

    fn number(&mut self, shape: &Shape) -> Result<Number, Malformed> {
        match self.kind()? {
            Type::F16 => self.decoder.f16().map(|value| Number::Float(value.into())).map_err(syntax),
            Type::F32 => self.decoder.f32().map(|value| Number::Float(value.into())).map_err(syntax),
            Type::F64 => self.decoder.f64().map(Number::Float).map_err(syntax),
            Type::Tag => self.big_number(shape).map(Number::Whole),
            kind if is_integer(kind) => {
                self.decoder.int().map(|value| Number::Whole(value.into())).map_err(syntax)
            }
            found => Err(unexpected(found, shape)),
        }
    }

    /// An integer as bytes, as long as it fits: no member of the model is wider than 64 bits.
    fn big_number(&mut self, shape: &Shape) -> Result<i128, Malformed> {
        let tag = self.decoder.tag().map_err(syntax)?.as_u64();
        if tag != TAG_POSITIVE && tag != TAG_NEGATIVE {
            return Err(unexpected(Type::Tag, shape));
        }
        let bytes = self.bytes(shape)?;
        let digits = bytes.iter().position(|byte| *byte != 0).map_or(&[][..], |first| &bytes[first..]);
        if digits.len() > 15 {
            return Err(unexpected(Type::Tag, shape));
        }
        let value = digits.iter().fold(0, |value: i128, byte| value << 8 | i128::from(*byte));
        Ok(if tag == TAG_NEGATIVE { -1 - value } else { value })
    }

    /// Calls `each` before every value of an array, or key of a map, whose head was just read.
    fn entries(
        &mut self,
        count: Option<u64>,
        each: &mut dyn FnMut(&mut Self) -> Result<(), Malformed>,
    ) -> Result<(), Malformed> {
        if let Some(count) = count {
            return (0..count).try_for_each(|_| each(self));
        }
        while self.kind()? != Type::Break {
            each(self)?;
        }
        self.decoder.set_position(self.decoder.position() + 1);
        Ok(())
    }

    fn any(&mut self, shape: &'static Shape, depth: usize) -> Result<Document, Malformed> {
        if depth > DOCUMENT_DEPTH_MAX {
            return Err(Malformed("The input is nested too deeply".into()));
        }
        Ok(match self.kind()? {
            Type::Null | Type::Undefined => {
                self.decoder.skip().map_err(syntax)?;
                Document::Null
            }
            Type::Bool => Document::Boolean(self.boolean(shape)?),
            Type::String | Type::StringIndef => Document::String(self.text(shape)?.into_owned()),
            Type::Bytes | Type::BytesIndef => Document::Blob(self.bytes(shape)?.into_owned().into()),
            Type::Tag if self.next_tag() == Some(TAG_EPOCH) => Document::Timestamp(self.timestamp(shape)?),
            Type::Array | Type::ArrayIndef => {
                let mut values = Vec::new();
                let count = self.decoder.array().map_err(syntax)?;
                self.entries(count, &mut |reader| {
                    values.push(reader.any(shape, depth + 1)?);
                    Ok(())
                })?;
                Document::List(values)
            }
            Type::Map | Type::MapIndef => {
                let mut map = BTreeMap::new();
                let count = self.decoder.map().map_err(syntax)?;
                self.entries(count, &mut |reader| {
                    let key = reader.text(shape)?.into_owned();
                    map.insert(key, reader.any(shape, depth + 1)?);
                    Ok(())
                })?;
                Document::Map(map)
            }
            _ => match self.number(shape)? {
                Number::Whole(value) => {
                    i64::try_from(value).map_or(Document::Double(value as f64), Document::Integer)
                }
                Number::Float(value) => Document::Double(value),
            },
        })
    }

    fn next_tag(&self) -> Option<u64> {
        self.decoder.clone().tag().ok().map(|tag| tag.as_u64())
    }
}

fn syntax(error: Error) -> Malformed {
    tracing::trace!(%error, "no CBOR");
    Malformed(String::new())
}

fn is_integer(kind: Type) -> bool {
    use Type::{I8, I16, I32, I64, Int, U8, U16, U32, U64};
    matches!(kind, U8 | U16 | U32 | U64 | I8 | I16 | I32 | I64 | Int)
}

/// A value of another kind than the schema's, in the words of the JSON protocols.
fn unexpected(found: Type, shape: &Shape) -> Malformed {
    let found = match found {
        Type::Array | Type::ArrayIndef => "START_ARRAY",
        Type::Map | Type::MapIndef => "START_OBJECT",
        Type::Bool => "BOOLEAN_VALUE",
        Type::Null | Type::Undefined => "NULL_VALUE",
        Type::F16 | Type::F32 | Type::F64 => "DECIMAL_VALUE",
        Type::String | Type::StringIndef => "STRING_VALUE",
        Type::Bytes | Type::BytesIndef => "BINARY_VALUE",
        kind if is_integer(kind) => "NUMBER_VALUE",
        _ => "VALUE",
    };
    Malformed::kind(found, shape)
}

impl Reader for CborReader<'_> {
    fn null(&mut self) -> Result<bool, Malformed> {
        let is_null = matches!(self.decoder.datatype(), Ok(Type::Null | Type::Undefined));
        if is_null {
            self.decoder.skip().map_err(syntax)?;
        }
        Ok(is_null)
    }

    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        match self.kind()? {
            Type::Bool => self.decoder.bool().map_err(syntax),
            found => Err(unexpected(found, shape)),
        }
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        let kind = self.kind()?;
        let value = match self.number(shape)? {
            Number::Whole(value) => i64::try_from(value).ok(),
            Number::Float(value) => crate::json::whole(value),
        };
        value.ok_or_else(|| unexpected(kind, shape))
    }

    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        Ok(match self.number(shape)? {
            Number::Whole(value) => value as f64,
            Number::Float(value) => value,
        })
    }

    fn string(&mut self, shape: &'static Shape) -> Result<String, Malformed> {
        self.text(shape).map(Cow::into_owned)
    }

    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        self.bytes(shape).map(|bytes| bytes.into_owned().into())
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let kind = self.kind()?;
        if kind != Type::Tag || self.decoder.tag().map_err(syntax)?.as_u64() != TAG_EPOCH {
            return Err(unexpected(kind, shape));
        }
        match self.number(shape)? {
            Number::Whole(seconds) => {
                i64::try_from(seconds).map(Timestamp::from_secs).map_err(|_| unexpected(kind, shape))
            }
            Number::Float(seconds) if seconds.is_finite() => {
                Ok(Timestamp::from_millis((seconds * 1000.0).round() as i64))
            }
            Number::Float(_) => Err(unexpected(kind, shape)),
        }
    }

    fn document(&mut self, shape: &'static Shape) -> Result<Document, Malformed> {
        self.any(shape, 0)
    }

    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let kind = self.kind()?;
        let count = self.decoder.map().map_err(|_| unexpected(kind, shape))?;
        self.entries(count, &mut |reader| {
            let name = reader.text(shape)?;
            match shape.position(&name).and_then(|index| Some((index, shape.members().get(index)?))) {
                Some((index, member)) => each(index, member, reader),
                None => reader.decoder.skip().map_err(syntax),
            }
        })
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        let kind = self.kind()?;
        let count = self.decoder.array().map_err(|_| unexpected(kind, shape))?;
        self.entries(count, &mut |reader| each(reader))
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let kind = self.kind()?;
        let count = self.decoder.map().map_err(|_| unexpected(kind, shape))?;
        self.entries(count, &mut |reader| {
            let key = reader.text(shape)?;
            each(&key, reader)
        })
    }
}
