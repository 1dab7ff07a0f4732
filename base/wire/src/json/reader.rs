//! Reads values from JSON tokens, in one pass and without a tree in between.
//!
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::lexer::{Lexer, Number, Token};
use crate::codec::{EachEntry, EachMember, EachValue, Reader};
use crate::{Document, Kind, Malformed, Shape, Timestamp, TimestampFormat};

/// How deep a document may nest.
const DOCUMENT_DEPTH_MAX: usize = 128;

/// Stands before a value of a JSON text.
pub(crate) struct JsonReader<'a> {
    tokens: Lexer<'a>,
}

impl<'a> JsonReader<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        JsonReader { tokens: Lexer::new(text) }
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
            Some(token) => token.map_err(|error| syntax(error.0)),
            None => Err(syntax("the text ends early")),
        }
    }

    fn skip(&mut self) -> Result<(), Malformed> {
        let mut open = 0usize;
        loop {
            match self.next()? {
                Token::StartArray | Token::StartObject => open += 1,
                Token::EndArray | Token::EndObject => open = open.saturating_sub(1),
                Token::Key(_) => continue,
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
            Token::Null => Document::Null,
            Token::Boolean(value) => Document::Boolean(value),
            Token::Number(value) => match value {
                Number::Whole(number) => Document::Integer(number),
                Number::Float(number) => Document::Double(number),
            },
            Token::String(value) => Document::String(value.into_owned()),
            Token::StartArray => {
                let mut values = Vec::new();
                while !self.tokens.is_before_end_of_array() {
                    values.push(self.any(depth + 1)?);
                }
                self.next()?;
                Document::List(values)
            }
            Token::StartObject => {
                let mut map = BTreeMap::new();
                while let Token::Key(key) = self.next()? {
                    map.insert(key.into_owned(), self.any(depth + 1)?);
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

/// A value of another kind than the schema's, in the words of AWS's parser.
fn unexpected(token: &Token<'_>, shape: &Shape) -> Malformed {
    let found = match token {
        Token::StartArray => "START_ARRAY",
        Token::StartObject => "START_OBJECT",
        Token::EndArray => "END_ARRAY",
        Token::EndObject => "END_OBJECT",
        Token::Key(_) => "FIELD_NAME",
        Token::Boolean(true) => "TRUE_VALUE",
        Token::Boolean(false) => "FALSE_VALUE",
        Token::Null => "NULL_VALUE",
        Token::Number(Number::Float(_)) => "DECIMAL_VALUE",
        Token::Number(_) => "NUMBER_VALUE",
        Token::String(_) => "STRING_VALUE",
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
        let is_null = self.tokens.is_before_null();
        if is_null {
            self.next()?;
        }
        Ok(is_null)
    }

    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        match self.next()? {
            Token::Boolean(value) => Ok(value),
            token => Err(unexpected(&token, shape)),
        }
    }

    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        let token = self.next()?;
        let Token::Number(value) = &token else { return Err(unexpected(&token, shape)) };
        let number = match *value {
            Number::Whole(number) => Some(number),
            Number::Float(number) => whole(number),
        };
        number.ok_or_else(|| unexpected(&token, shape))
    }

    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        let token = self.next()?;
        match &token {
            Token::Number(value) => Ok(value.lossy()),
            Token::String(value) => match value.as_ref() {
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
            Token::String(value) => Ok(value.into_owned()),
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
            (Token::Number(value), TimestampFormat::EpochSeconds) => {
                Some(Timestamp((value.lossy() * 1000.0).round() as i64))
            }
            (Token::String(value), TimestampFormat::DateTime | TimestampFormat::HttpDate) => {
                Timestamp::parse(value, format)
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
            Token::StartObject => {}
            token => return Err(unexpected(&token, shape)),
        }
        while let Token::Key(key) = self.next()? {
            match shape.position(&key).and_then(|index| Some((index, shape.members().get(index)?))) {
                Some((index, member)) => each(index, member, self)?,
                None => self.skip()?,
            }
        }
        Ok(())
    }

    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        match self.next()? {
            Token::StartArray => {}
            token => return Err(unexpected(&token, shape)),
        }
        while !self.tokens.is_before_end_of_array() {
            each(self)?;
        }
        self.next().map(drop)
    }

    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        match self.next()? {
            Token::StartObject => {}
            token => return Err(unexpected(&token, shape)),
        }
        while let Token::Key(key) = self.next()? {
            each(&key, self)?;
        }
        Ok(())
    }
}
