//! Reads paths.

use super::{Filter, Segment};
use crate::error::Thrown;

/// Functions that Jayway has and this crate has not.
const UNBUILT: [&str; 9] = ["min", "max", "avg", "stddev", "sum", "keys", "concat", "append", "first"];

/// A path that is being read.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) rest: &'a str,
    pub(super) nesting: usize,
}

pub(super) fn path(text: &str) -> Result<Vec<Segment>, Thrown> {
    let mut reader = Reader { text, rest: text.trim(), nesting: 0 };
    let mut segments = Vec::new();
    if !reader.took("$") && !reader.rest.starts_with(['.', '[']) {
        segments.push(reader.named()?);
    }
    segments.append(&mut reader.segments()?);
    if reader.rest.is_empty() { Ok(segments) } else { Err(reader.wrong()) }
}

impl<'a> Reader<'a> {
    pub(super) fn wrong(&self) -> Thrown {
        let at = self.text.trim_end().len().saturating_sub(self.rest.len());
        Thrown::new(format!("Invalid path at position {at}: {}", self.text))
    }

    pub(super) fn took(&mut self, expected: &str) -> bool {
        let behind = self.rest.strip_prefix(expected);
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    pub(super) fn expect(&mut self, expected: &str) -> Result<(), Thrown> {
        self.spaces();
        if self.took(expected) { Ok(()) } else { Err(self.wrong()) }
    }

    pub(super) fn spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Takes what satisfies a condition, up to the first character that does not.
    pub(super) fn take_while(&mut self, is: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|letter| !is(letter)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    pub(super) fn segments(&mut self) -> Result<Vec<Segment>, Thrown> {
        let mut segments = Vec::new();
        loop {
            if self.took("..") {
                segments.push(Segment::Descent);
                if !self.rest.starts_with('[') {
                    segments.push(self.named()?);
                }
            } else if self.took(".") {
                segments.push(self.named()?);
            } else if self.took("[") {
                segments.push(self.bracketed()?);
                self.expect("]")?;
            } else {
                return Ok(segments);
            }
        }
    }

    /// What follows a dot.
    fn named(&mut self) -> Result<Segment, Thrown> {
        if self.took("*") {
            return Ok(Segment::All);
        }
        let is_end = |letter: char| matches!(letter, '.' | '[' | ']' | '(' | ')') || letter.is_whitespace();
        let name = self.take_while(|letter| !is_end(letter) && !"=<>!&|,".contains(letter));
        if name.is_empty() {
            return Err(self.wrong());
        }
        if !self.took("()") {
            return Ok(Segment::Names(vec![name.into()]));
        }
        match name {
            "length" | "size" => Ok(Segment::Length),
            _ if UNBUILT.contains(&name) => {
                Err(Thrown::new(format!("the function {name}() of paths is not built")))
            }
            _ => Err(Thrown::new(format!("Function with name: {name} does not exist"))),
        }
    }

    fn bracketed(&mut self) -> Result<Segment, Thrown> {
        self.spaces();
        match self.rest.chars().next() {
            Some('*') => {
                self.took("*");
                Ok(Segment::All)
            }
            Some('?') => {
                self.took("?");
                self.expect("(")?;
                let filter = Filter::read(self)?;
                self.expect(")")?;
                Ok(Segment::Filter(filter))
            }
            Some('\'' | '"') => self.names(),
            _ => self.numbers(),
        }
    }

    fn names(&mut self) -> Result<Segment, Thrown> {
        let mut names = Vec::new();
        loop {
            self.spaces();
            names.push(self.quoted()?.into());
            self.spaces();
            if !self.took(",") {
                return Ok(Segment::Names(names));
            }
        }
    }

    /// A text in either quotes, with backslashes before what would end it.
    pub(super) fn quoted(&mut self) -> Result<String, Thrown> {
        let mut letters = self.rest.char_indices();
        let quote = letters.next().map(|(_, quote)| quote).filter(|quote| matches!(quote, '\'' | '"'));
        let Some(quote) = quote else { return Err(self.wrong()) };
        let mut text = String::new();
        while let Some((place, letter)) = letters.next() {
            match letter {
                '\\' => text.extend(letters.next().map(|(_, escaped)| escaped)),
                _ if letter == quote => {
                    self.rest = &self.rest[place + 1..];
                    return Ok(text);
                }
                _ => text.push(letter),
            }
        }
        Err(self.wrong())
    }

    /// Indexes, or a slice.
    fn numbers(&mut self) -> Result<Segment, Thrown> {
        let first = self.whole()?;
        if self.took(":") {
            let to = self.whole()?;
            let by = if self.took(":") { self.whole()? } else { None };
            return Ok(Segment::Slice(first, to, by.unwrap_or(1)));
        }
        let mut indexes = vec![first.ok_or_else(|| self.wrong())?];
        while self.took(",") {
            let index = self.whole()?;
            indexes.push(index.ok_or_else(|| self.wrong())?);
        }
        Ok(Segment::Indexes(indexes))
    }

    fn whole(&mut self) -> Result<Option<i64>, Thrown> {
        self.spaces();
        let text = self.take_while(|letter| letter.is_ascii_digit() || letter == '-');
        self.spaces();
        if text.is_empty() {
            return Ok(None);
        }
        text.parse().map(Some).map_err(|_| self.wrong())
    }
}
