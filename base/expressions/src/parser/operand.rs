//! Document paths, values and functions: what all kinds of expressions are made of.

use super::Parser;
use crate::ast::{Call, Operand, Path, Step};
use crate::lexer::Kind;

/// Steps that a document path may have.
const STEPS_MAX: usize = 32;

/// The largest index of a list's element.
const INDEX_MAX: usize = 99_999;

impl<'a> Parser<'a> {
    /// A document path; `keywords` are words that cannot be names here.
    pub(super) fn path(&mut self, keywords: &[&str]) -> Result<Path<'a>, String> {
        let mut path = vec![self.name(keywords)?];
        self.steps(&mut path, keywords)?;
        Ok(path)
    }

    /// The steps that follow the beginning of a path.
    pub(super) fn steps(&mut self, path: &mut Path<'a>, keywords: &[&str]) -> Result<(), String> {
        loop {
            if self.take_symbol(".") {
                path.push(self.name(keywords)?);
            } else if self.take_symbol("[") {
                let digits = self.expect(Kind::Digits)?;
                self.expect_symbol("]")?;
                path.push(Step::Index(index(digits)?));
            } else if path.len() > STEPS_MAX {
                let steps = path.len();
                return Err(format!(
                    "The document path has too many nesting levels; nesting levels: {steps}"
                ));
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self, keywords: &[&str]) -> Result<Step<'a>, String> {
        let token = self.peek();
        let step = match token.kind {
            Kind::Word if !keywords.iter().any(|keyword| token.text.eq_ignore_ascii_case(keyword)) => {
                Step::Word(token.text)
            }
            Kind::Name => Step::Name(token.text),
            _ => return Err(self.syntax_error()),
        };
        self.advance();
        Ok(step)
    }

    /// A path, a value or a function, without parentheses around it.
    pub(super) fn bare_operand(&mut self, keywords: &[&str]) -> Result<Operand<'a>, String> {
        let token = self.peek();
        let next = self.peek_second();
        match token.kind {
            Kind::Value => {
                self.advance();
                Ok(Operand::Value(token.text))
            }
            Kind::Word if next.kind == Kind::Symbol && next.text == "(" => {
                Ok(Operand::Call(self.call(keywords)?))
            }
            _ => Ok(Operand::Path(self.path(keywords)?)),
        }
    }

    /// An operand, which may stand in parentheses. Whether doubled parentheses are refused is up to the kind of
    /// expression; here they are only noted.
    pub(super) fn operand(&mut self, keywords: &[&str]) -> Result<Operand<'a>, String> {
        if !self.take_symbol("(") {
            return self.bare_operand(keywords);
        }
        if self.is_symbol("(") {
            self.redundant_parentheses = true;
        }
        let operand = self.nested(|parser| parser.operand(keywords))?;
        self.expect_symbol(")")?;
        Ok(operand)
    }

    fn call(&mut self, keywords: &[&str]) -> Result<Call<'a>, String> {
        let token = self.peek();
        if keywords.iter().any(|keyword| token.text.eq_ignore_ascii_case(keyword)) {
            return Err(self.syntax_error());
        }
        self.advance();
        self.expect_symbol("(")?;
        let arguments = self.nested(|parser| parser.list(|parser| parser.operand(keywords)))?;
        self.expect_symbol(")")?;
        self.operators += 1;
        Ok(Call { function: token.text, arguments })
    }
}

fn index(digits: &str) -> Result<usize, String> {
    match digits.parse() {
        Ok(index) if index <= INDEX_MAX => Ok(index),
        _ => Err(format!("List index is not within the allowable range; index: [{digits}]")),
    }
}
