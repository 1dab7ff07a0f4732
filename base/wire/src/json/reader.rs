//! Reads values from JSON tokens, in one pass and without a tree in between.
//!
//! The tokens are aws-smithy-json's, the pull parser of AWS's own SDK for Rust.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter::Peekable;

use aws_smithy_json::deserialize::{EscapedStr, JsonTokenIterator, Token, json_token_iter};
use aws_smithy_types::Number;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::{Document, Kind, Malformed, Shape, Timestamp, TimestampFormat};

/// How deep a document may nest.
const DOCUMENT_DEPTH_MAX: usize = 128;

/// Stands before a value of a JSON text.
pub(crate) struct JsonReader<'a> {
    tokens: Peekable<JsonTokenIterator<'a>>,
}

impl<'a> JsonReader<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        JsonReader { tokens: json_token_iter(text).peekable() }
    }

    /// Refuses what follows the one value of a text.
    pub(crate) fn end(mut self) -> Result<(), Malformed> {
        match self.tokens.next() {
            None => Ok(()),
            Some(_) => Err(syntax("something follows the value")),
        }
    }

    fn next(&mut self) -> Result<Token<'a>, Malformed> {
        match self.tokens.next() {
            Some(token) => token.map_err(|error| syntax(&error.to_string())),
            None => Err(syntax("the text ends early")),
        }
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        let mut open = 0usize;
        loop {
            match self.next()? {
                Token::StartArray { .. } | Token::StartObject { .. } => open += 1,
                Token::EndArray { .. } | Token::EndObject { .. } => open = open.saturating_sub(1),
                Token::ObjectKey { .. } => continue,
                _ => {}
            }
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn any(&mut self, depth: usize) -> Result<Document, Malformed> {
        if depth > DOCUMENT_DEPTH_MAX {
            return Err(syntax("it is nested too deeply"));
        }
        Ok(match self.next()? {
            Token::ValueNull { .. } => Document::Null,
            Token::ValueBool { value, .. } => Document::Boolean(value),
            Token::ValueNumber { value, .. } => match value {
                Number::PosInt(number) => {
                    i64::try_from(number).map_or(Document::Double(number as f64), Document::Integer)
                }
                Number::NegInt(number) => Document::Integer(number),
                Number::Float(number) => Document::Double(number),
            },
            Token::ValueString { value, .. } => Document::String(text(value)?.into_owned()),
            Token::StartArray { .. } => {
                let mut values = Vec::new();
                while !matches!(self.tokens.peek(), Some(Ok(Token::EndArray { .. }))) {
                    values.push(self.any(depth + 1)?);
                }
                self.next()?;
                Document::List(values)
            }
            Token::StartObject { .. } => {
                let mut map = BTreeMap::new();
                while let Token::ObjectKey { key, .. } = self.next()? {
                    map.insert(text(key)?.into_owned(), self.any(depth + 1)?);
                }
                Document::Map(map)
            }
            _ => return Err(syntax("a value is missing")),
        })
    }
}

fn syntax(why: &str) -> Malformed {
    tracing::trace!(why, "no JSON");
    Malformed(String::new())
}

fn text<'a>(value: EscapedStr<'a>) -> Result<Cow<'a, str>, Malformed> {
    value.to_unescaped().map_err(|error| syntax(&error.to_string()))
}

/// A value of another kind than the schema's, in the words of AWS's parser.
fn unexpected(token: &Token<'_>, shape: &Shape) -> Malformed {
    let found = match token {
        Token::StartArray { .. } => "START_ARRAY",
        Token::StartObject { .. } => "START_OBJECT",
        Token::EndArray { .. } => "END_ARRAY",
        Token::EndObject { .. } => "END_OBJECT",
        Token::ObjectKey { .. } => "FIELD_NAME",
        Token::ValueBool { value: true, .. } => "TRUE_VALUE",
        Token::ValueBool { value: false, .. } => "FALSE_VALUE",
        Token::ValueNull { .. } => "NULL_VALUE",
        Token::ValueNumber { value: Number::Float(_), .. } => "DECIMAL_VALUE",
        Token::ValueNumber { .. } => "NUMBER_VALUE",
        Token::ValueString { .. } => "STRING_VALUE",
    };
    Malformed::kind(found, shape)
}

/// A whole number that a float stands for exactly.
pub(crate) fn whole(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

impl Reader for JsonReader<'_> {
    fn null(&mut self) -> Result<bool, Malformed> {
        let is_null = matches!(self.tokens.peek(), Some(Ok(Token::ValueNull { .. })));
        if is_null {
            self.next()?;
        }
        Ok(is_null)
    }

    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        match self.next()? {
            Token::ValueBool { value, .. } => Ok(value),
            token => Err(unexpected(&token, shape)),
        }
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        let token = self.next()?;
        let Token::ValueNumber { value, .. } = &token else { return Err(unexpected(&token, shape)) };
        let number = match *value {
            Number::PosInt(number) => i64::try_from(number).ok(),
            Number::NegInt(number) => Some(number),
            Number::Float(number) => whole(number),
        };
        number.ok_or_else(|| unexpected(&token, shape))
    }

    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        let token = self.next()?;
        match &token {
            Token::ValueNumber { value, .. } => Ok(value.to_f64_lossy()),
            Token::ValueString { value, .. } => match value.as_escaped_str() {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                _ => Err(unexpected(&token, shape)),
            },
            _ => Err(unexpected(&token, shape)),
        }
    }

    fn string(&mut self, shape: &'static Shape) -> Result<String, Malformed> {
        match self.next()? {
            Token::ValueString { value, .. } => Ok(text(value)?.into_owned()),
            token => Err(unexpected(&token, shape)),
        }
    }

    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        let encoded = self.string(shape)?;
        match STANDARD.decode(encoded) {
            Ok(bytes) => Ok(bytes.into()),
            Err(_) => Err(Malformed::kind("STRING_VALUE", shape)),
        }
    }

    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        let format = match shape.kind {
            Kind::Timestamp(Some(format)) => format,
            _ => TimestampFormat::EpochSeconds,
        };
        let token = self.next()?;
        let moment = match (&token, format) {
            (Token::ValueNumber { value, .. }, TimestampFormat::EpochSeconds) => {
                Some(Timestamp((value.to_f64_lossy() * 1000.0).round() as i64))
            }
            (Token::ValueString { value, .. }, TimestampFormat::DateTime | TimestampFormat::HttpDate) => {
                Timestamp::parse(&text(*value)?, format)
            }
            _ => None,
        };
        moment.ok_or_else(|| unexpected(&token, shape))
    }

    fn document(&mut self, _: &'static Shape) -> Result<Document, Malformed> {
        self.any(0)
    }

    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        match self.next()? {
            Token::StartObject { .. } => {}
            token => return Err(unexpected(&token, shape)),
        }
        while let Token::ObjectKey { key, .. } = self.next()? {
            let name = text(key)?;
            match shape.position(&name).and_then(|index| Some((index, shape.members().get(index)?))) {
                Some((index, member)) => each(index, member, self)?,
                None => self.skip()?,
            }
        }
        Ok(())
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        match self.next()? {
            Token::StartArray { .. } => {}
            token => return Err(unexpected(&token, shape)),
        }
        while !matches!(self.tokens.peek(), Some(Ok(Token::EndArray { .. }))) {
            each(self)?;
        }
        self.next().map(drop)
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        match self.next()? {
            Token::StartObject { .. } => {}
            token => return Err(unexpected(&token, shape)),
        }
        while let Token::ObjectKey { key, .. } = self.next()? {
            each(&text(key)?, self)?;
        }
        Ok(())
    }
}
