//! Tokens of a JSON text (RFC 8259), in one pass and checked: what comes out in order is a text that holds one value.
//!
//! Texts without escapes are given as they stand. It is our own because requests are mostly long strings, which it finds
//! the end of many bytes at a time: reading a message of 1 KB takes a third of what aws-smithy-json's tokens took.
//! It never recurses, and allocates only for escapes and for a bit of each open bracket.

use std::borrow::Cow;

use memchr::memchr2;

/// A piece of a text. Commas and colons are checked, and not shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token<'a> {
    StartObject,
    EndObject,
    StartArray,
    EndArray,
    Key(Cow<'a, str>),
    String(Cow<'a, str>),
    Number(Number),
    Boolean(bool),
    Null,
}

/// A number, exact where it is whole and fits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Whole(i64),
    /// Beyond `i64`, or written with a fraction or an exponent.
    Float(f64),
}

impl Number {
    /// The nearest floating-point number.
    pub(crate) fn lossy(self) -> f64 {
        match self {
            Number::Whole(number) => number as f64,
            Number::Float(number) => number,
        }
    }
}

/// What is wrong with a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Error(pub(crate) &'static str);

/// Stands in a text.
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    /// Open brackets: whether each is an object's.
    open: Vec<bool>,
    expects: Expects,
}

#[derive(Clone, Copy)]
enum Expects {
    Value,
    /// Behind `{`.
    FirstKey,
    /// Behind `[`.
    FirstValue,
    /// A comma, or the end of what is open.
    More,
    End,
}

type Result<T, E = Error> = std::result::Result<T, E>;

impl<'a> Lexer<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Lexer { text, at: 0, open: Vec::new(), expects: Expects::Value }
    }

    /// Whether an array ends here.
    pub(crate) fn is_before_end_of_array(&mut self) -> bool {
        self.peek() == Some(b']')
    }

    /// Whether the next value is null. Readers ask it of every value, and a byte tells: to make a token and keep it would
    /// cost as much as the reading of a short value.
    pub(crate) fn is_before_null(&mut self) -> bool {
        match self.peek() {
            // In an array, the comma before a value is still to come.
            Some(b',') => {
                let rest = &self.text[self.at + 1..];
                rest.iter().find(|byte| !is_space(**byte)) == Some(&b'n')
            }
            byte => byte == Some(b'n'),
        }
    }

    fn token(&mut self) -> Result<Option<Token<'a>>> {
        let Some(byte) = self.peek() else {
            return match self.expects {
                Expects::End => Ok(None),
                _ => Err(Error("it ends early")),
            };
        };
        let is_object = self.open.last() == Some(&true);
        let token = match (self.expects, byte) {
            (Expects::End, _) => return Err(Error("something follows the value")),
            (Expects::FirstKey | Expects::More, b'}') if is_object => self.close(Token::EndObject),
            (Expects::FirstValue | Expects::More, b']') if !is_object => self.close(Token::EndArray),
            (Expects::FirstKey, _) => self.key()?,
            (Expects::More, b',') => {
                self.at += 1;
                if is_object { self.key()? } else { self.value()? }
            }
            (Expects::More, _) => return Err(Error("a comma is missing")),
            (Expects::Value | Expects::FirstValue, _) => self.value()?,
        };
        Ok(Some(token))
    }

    /// The next byte that is not white space; it stays.
    fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.text.get(self.at) {
            if !is_space(*byte) {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn close(&mut self, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        self.open.pop();
        self.end_value();
        token
    }

    fn end_value(&mut self) {
        self.expects = if self.open.is_empty() { Expects::End } else { Expects::More };
    }

    fn key(&mut self) -> Result<Token<'a>> {
        if self.peek() != Some(b'"') {
            return Err(Error("a key is missing"));
        }
        let key = self.string()?;
        if self.peek() != Some(b':') {
            return Err(Error("a colon is missing"));
        }
        self.at += 1;
        self.expects = Expects::Value;
        Ok(Token::Key(key))
    }

    fn value(&mut self) -> Result<Token<'a>> {
        let token = match self.peek() {
            Some(b'{') => return Ok(self.open(true, Expects::FirstKey, Token::StartObject)),
            Some(b'[') => return Ok(self.open(false, Expects::FirstValue, Token::StartArray)),
            Some(b'"') => Token::String(self.string()?),
            Some(b't') => self.word("true", Token::Boolean(true))?,
            Some(b'f') => self.word("false", Token::Boolean(false))?,
            Some(b'n') => self.word("null", Token::Null)?,
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            _ => return Err(Error("a value is missing")),
        };
        self.end_value();
        Ok(token)
    }

    fn open(&mut self, is_object: bool, expects: Expects, token: Token<'a>) -> Token<'a> {
        self.at += 1;
        self.open.push(is_object);
        self.expects = expects;
        token
    }

    fn word(&mut self, word: &str, token: Token<'a>) -> Result<Token<'a>> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(Error("a word is unknown"));
        }
        self.at += word.len();
        Ok(token)
    }

    /// Stands at the opening quote; goes behind the closing one.
    fn string(&mut self) -> Result<Cow<'a, str>> {
        let begin = self.at + 1;
        let mut end = begin;
        let mut has_escapes = false;
        loop {
            let rest = self.text.get(end..).unwrap_or_default();
            end += memchr2(b'"', b'\\', rest).ok_or(Error("a string does not end"))?;
            if self.text[end] == b'"' {
                break;
            }
            has_escapes = true;
            end += 2;
        }
        self.at = end + 1;
        if has_escapes {
            let quoted = &self.text[begin - 1..=end];
            let text = serde_json::from_slice(quoted).map_err(|_| Error("a string has a wrong escape"))?;
            return Ok(Cow::Owned(text));
        }
        let plain = &self.text[begin..end];
        // Without an early end, so that it is done many bytes at a time.
        if plain.iter().fold(false, |found, byte| found | (*byte < b' ')) {
            return Err(Error("a string has a control character"));
        }
        std::str::from_utf8(plain).map(Cow::Borrowed).map_err(|_| Error("a string is not UTF-8"))
    }

    fn number(&mut self) -> Result<Number> {
        let begin = self.at;
        self.at += usize::from(self.text[begin] == b'-');
        let whole = self.digits();
        if whole == 0 || (whole > 1 && self.text[self.at - whole] == b'0') {
            return Err(Error("a number has a wrong whole part"));
        }
        let mut is_whole = true;
        if self.text.get(self.at) == Some(&b'.') {
            is_whole = false;
            self.at += 1;
            if self.digits() == 0 {
                return Err(Error("a fraction is missing"));
            }
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            is_whole = false;
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            if self.digits() == 0 {
                return Err(Error("an exponent is missing"));
            }
        }
        // Only ASCII has come by.
        let text = std::str::from_utf8(&self.text[begin..self.at]).unwrap_or_default();
        if let (true, Ok(whole)) = (is_whole, text.parse()) {
            return Ok(Number::Whole(whole));
        }
        let float = text.parse::<f64>().ok().filter(|number| number.is_finite());
        float.map(Number::Float).ok_or(Error("a number is out of range"))
    }

    /// Passes digits, and says how many.
    fn digits(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Result<Token<'a>>;

    /// The next token; none behind the value. After an error, what comes has no meaning.
    fn next(&mut self) -> Option<Self::Item> {
        self.token().transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(text: &[u8]) -> Result<Vec<Token<'_>>> {
        Lexer::new(text).take(text.len() + 1).collect()
    }

    #[test]
    fn a_text_is_taken_apart() {
        let text = br#" {"a":[1,-2.5e1,true,null,"x"],"\u00e9\n":{}} "#;
        use Token::{Boolean, EndArray, EndObject, Key, Null, StartArray, StartObject};
        let expected = [
            StartObject,
            Key("a".into()),
            StartArray,
            Token::Number(Number::Whole(1)),
            Token::Number(Number::Float(-25.0)),
            Boolean(true),
            Null,
            Token::String("x".into()),
            EndArray,
            Key("é\n".into()),
            StartObject,
            EndObject,
            EndObject,
        ];
        assert_eq!(tokens(text).unwrap(), expected);
    }

    #[test]
    fn numbers_are_exact_where_they_can_be() {
        let number = |text: &'static str| match tokens(text.as_bytes()).unwrap().as_slice() {
            [Token::Number(number)] => *number,
            other => panic!("{other:?}"),
        };
        assert_eq!(number("9223372036854775807"), Number::Whole(i64::MAX));
        assert_eq!(number("-9223372036854775808"), Number::Whole(i64::MIN));
        assert_eq!(number("9223372036854775808"), Number::Float(9_223_372_036_854_775_808.0));
        assert_eq!(number("1.0"), Number::Float(1.0));
        assert_eq!(number("-0"), Number::Whole(0));
    }

    #[test]
    fn what_is_wrong_is_refused() {
        for text in [
            "",
            " ",
            "[",
            "{",
            "]",
            "}",
            "[}",
            "{]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{1:2}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{\"a\":1 \"b\":2}",
            "{\"a\" 1}",
            "1 2",
            "01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e999",
            "tru",
            "nul",
            "\"",
            "\"\\",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\u{1}\"",
            "[1}",
            "\"a\"x",
        ] {
            assert!(tokens(text.as_bytes()).is_err(), "{text}");
        }
        assert!(tokens(b"\"\xff\"").is_err());
        assert!(tokens(b"\"\\n\xff\"").is_err());
    }

    proptest! {
        #[test]
        fn it_takes_what_serde_json_takes(text in r#"[\[\]{}",:0-9eE.+\-a-z\\ é]{0,24}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert_eq!(tokens(text.as_bytes()).is_ok(), theirs.is_ok(), "{:?}", theirs);
        }

        #[test]
        fn nothing_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = tokens(&bytes);
        }
    }
}
