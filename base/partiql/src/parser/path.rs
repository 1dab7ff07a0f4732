//! Document paths, and the tables and indexes that statements are about.

use expressions::{Path, Step};

use super::Parser;
use crate::lexer::{Kind, Token};
use crate::{Error, Source};

/// The largest index of a list's element.
const INDEX_MAX: u32 = i32::MAX.unsigned_abs();

impl Parser<'_> {
    /// A path where nothing else may stand.
    pub(super) fn simple_path(&mut self) -> Result<Path, Error> {
        let root = self.take_name().ok_or_else(no_identifier)?;
        self.steps(root)
    }

    /// The path from an attribute that has just been read.
    pub(super) fn steps(&mut self, root: String) -> Result<Path, Error> {
        let mut steps = Vec::new();
        loop {
            if self.take_symbol(".") {
                if self.is_symbol("*") {
                    return Err(Error::new("Unpivot path component like a.*.b are not supported"));
                }
                let name = self.take_name();
                steps.push(Step::Name(name.ok_or_else(|| Error::malformed("Invalid path dot component"))?));
            } else if self.take_symbol("[") {
                steps.push(self.index()?);
                self.expect_symbol("]")?;
            } else {
                return Ok(Path::new(root, steps));
            }
        }
    }

    /// What stands in the brackets of a path: the index of an element, or a name as a text.
    fn index(&mut self) -> Result<Step, Error> {
        if self.is_symbol("*") {
            return Err(Error::new("Wildcard path component like a[*].b are not supported"));
        }
        let is_negative = self.take_symbol("-");
        let token = self.peek();
        self.advance();
        match token.kind {
            Kind::Number => index(token, is_negative).map(Step::Index),
            Kind::Text if !is_negative => Ok(Step::Name(token.unquoted())),
            _ => Err(Error::at("Unexpected path component", token.at)),
        }
    }

    /// The table of a statement that may only name one.
    pub(super) fn target(&mut self) -> Result<Source, Error> {
        if !matches!(self.peek().kind, Kind::Word | Kind::Quoted) {
            return Err(no_identifier());
        }
        let root = self.take_name().ok_or_else(no_identifier)?;
        self.source_from(root)
    }

    /// The table or index that items are selected from.
    pub(super) fn source(&mut self) -> Result<Source, Error> {
        match self.take_name() {
            Some(root) => self.source_from(root),
            None if self.peek().kind == Kind::Text => Err(Error::new("Unexpected from source")),
            None => Err(self.no_term()),
        }
    }

    fn source_from(&mut self, table: String) -> Result<Source, Error> {
        let mut names = vec![table];
        while self.take_symbol(".") {
            names.push(self.take_name().ok_or_else(|| {
                Error::new(
                    "Invalid path dot component in this operation, expecting either an IDENTIFIER or STAR.",
                )
            })?);
        }
        if self.is_symbol("[") {
            return Err(Error::new("Invalid list expression in source."));
        }
        if names.iter().any(String::is_empty) {
            return Err(Error::new("Path component cannot be an empty string"));
        }
        let mut names = names.into_iter();
        match (names.next(), names.next(), names.next()) {
            (Some(table), index, None) => Ok(Source { table, index }),
            _ => Err(Error::new("A path may contain at most 2 components in the FROM clause")),
        }
    }

    /// Refuses another name for what has just been read.
    pub(super) fn no_alias(&mut self) -> Result<(), Error> {
        if self.is_keyword("AS")
            || self.is_keyword("AT")
            || self.is_keyword("BY")
            || self.take_name().is_some()
        {
            return Err(Error::new("Aliasing is not supported"));
        }
        Ok(())
    }
}

fn no_identifier() -> Error {
    Error::malformed("Expected identifier for simple path")
}

fn index(token: Token<'_>, is_negative: bool) -> Result<usize, Error> {
    if !token.text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::at("Unexpected path component", token.at));
    }
    match token.text.parse::<u32>() {
        Ok(index) if index <= INDEX_MAX && !(is_negative && index > 0) => Ok(index as usize),
        _ => {
            let sign = if is_negative { "-" } else { "" };
            let text = token.text;
            let problem = format!("List index is not within the allowable range; index: [{sign}{text}]");
            Err(Error::at(problem, token.at))
        }
    }
}
