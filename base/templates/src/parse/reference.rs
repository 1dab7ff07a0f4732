//! References: `$x`, `$!{x.y.z("a")[0]}`, and what looks like one but is text.

use std::sync::Arc;

use super::Parser;
use crate::ast::{Expr, Reference, Step};
use crate::error::Error;

impl Parser<'_> {
    /// Whether a reference comes next.
    pub(super) fn is_reference(&self) -> bool {
        let Some(rest) = self.rest().strip_prefix('$') else { return false };
        let rest = rest.strip_prefix('!').unwrap_or(rest);
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        begins_name(rest)
    }

    /// Reads a reference, which comes next.
    pub(super) fn reference(&mut self) -> Result<Reference, Error> {
        let (start, at) = (self.at, self.place());
        self.expect("$")?;
        let quiet = self.took("!");
        let formal = self.took("{");
        let name = self.name()?;
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if formal {
            self.expect("}")?;
        }
        self.looks.note(&name, &steps);
        let source = self.text[start..self.at].into();
        Ok(Reference { name, steps, quiet, source, at })
    }

    fn step(&mut self) -> Result<Option<Step>, Error> {
        if self.rest().starts_with('.') && begins_name(&self.rest()[1..]) {
            self.take(1);
            let name = self.name()?;
            if !self.took("(") {
                return Ok(Some(Step::Property(name)));
            }
            return Ok(Some(Step::Method(name, self.expressions(")")?)));
        }
        if self.took("[") {
            let index = self.expression()?;
            self.spaces();
            self.expect("]")?;
            return Ok(Some(Step::Index(index)));
        }
        Ok(None)
    }

    /// Expressions with commas between them, up to `end`, which is taken.
    pub(super) fn expressions(&mut self, end: &str) -> Result<Vec<Expr>, Error> {
        let mut list = Vec::new();
        self.spaces();
        while !self.took(end) {
            if !list.is_empty() {
                self.expect(",")?;
            }
            list.push(self.expression()?);
            self.spaces();
        }
        Ok(list)
    }

    pub(super) fn name(&mut self) -> Result<Arc<str>, Error> {
        if !begins_name(self.rest()) {
            return Err(self.unexpected("a name"));
        }
        let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
        let length = self.rest().find(|letter| !is_part(letter)).unwrap_or(self.rest().len());
        Ok(self.take(length).into())
    }
}

fn begins_name(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
}
