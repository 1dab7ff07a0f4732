//! Where the parser stands: what comes next, on which line, how deep. Knows no grammar.

use super::{NESTING_MAX, Parser};
use crate::error::{At, Error};
use crate::looks::Looks;

impl<'a> Parser<'a> {
    /// A parser of a text that stands at `origin` of the template, so deep in it.
    pub(super) fn new(text: &'a str, origin: At, nesting: usize) -> Self {
        Parser {
            text,
            at: 0,
            known: (0, origin),
            origin,
            nesting,
            macros: Vec::new(),
            looks: Looks::default(),
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes so many bytes, which end a character.
    pub(super) fn take(&mut self, count: usize) -> &'a str {
        let taken = &self.rest()[..count];
        self.at += count;
        taken
    }

    /// Takes `expected` if it comes next.
    pub(super) fn took(&mut self, expected: &str) -> bool {
        let is = self.rest().starts_with(expected);
        if is {
            self.at += expected.len();
        }
        is
    }

    /// Takes what begins with two characters up to `end`, and gives what is before that.
    pub(super) fn until(&mut self, end: &str, what: &str) -> Result<&'a str, Error> {
        let Some(length) = self.rest().find(end) else {
            return Err(self.error(format!("{what} has no end")));
        };
        let inside = self.take(length);
        self.take(end.len());
        Ok(inside)
    }

    pub(super) fn expect(&mut self, expected: &str) -> Result<(), Error> {
        if self.took(expected) { Ok(()) } else { Err(self.unexpected(&format!("'{expected}'"))) }
    }

    pub(super) fn unexpected(&mut self, wanted: &str) -> Error {
        let found = self.peek().map_or("the end".to_owned(), |found| format!("'{}'", found.escape_debug()));
        self.error(format!("{wanted} was expected, {found} was found"))
    }

    pub(super) fn error(&mut self, message: impl Into<String>) -> Error {
        let at = self.place();
        Error::new(message, at)
    }

    /// Takes blanks and ends of lines.
    pub(super) fn spaces(&mut self) {
        let rest = self.rest().trim_start_matches([' ', '\t', '\n', '\r']);
        self.at = self.text.len() - rest.len();
    }

    /// Takes blanks up to the end of the line with that, or nothing.
    pub(super) fn end_of_line(&mut self) {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        let behind = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']));
        if let Some(behind) = behind {
            self.at = self.text.len() - behind.len();
        }
    }

    pub(super) fn enter(&mut self) -> Result<(), Error> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(self.error(format!("a template may be nested {NESTING_MAX} deep")));
        }
        Ok(())
    }

    /// The line and the column at hand, counted on from where they were last known.
    pub(super) fn place(&mut self) -> At {
        if self.known.0 > self.at {
            self.known = (0, self.origin);
        }
        let (from, mut place) = self.known;
        for letter in self.text[from..self.at].chars() {
            if letter == '\n' {
                place = At { line: place.line.saturating_add(1), column: 1 };
            } else {
                place.column = place.column.saturating_add(1);
            }
        }
        self.known = (self.at, place);
        place
    }
}
