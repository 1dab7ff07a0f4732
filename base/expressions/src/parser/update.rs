//! The grammar of an update expression: `SET`, `REMOVE`, `ADD` and `DELETE`, each with its changes.

use super::Parser;
use crate::ast::{Action, Assigned};
use crate::lexer::Kind;

const SECTIONS: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];

/// An update expression as it is written.
pub(crate) struct Parsed<'a> {
    pub(crate) actions: Vec<Action<'a>>,
    /// The first section that the expression has twice.
    pub(crate) repeated_section: Option<&'static str>,
}

/// Reads an update expression.
pub(crate) fn parse(text: &str) -> Result<Parsed<'_>, String> {
    let mut parser = Parser::new(text)?;
    let mut parsed = Parsed { actions: Vec::new(), repeated_section: None };
    let mut seen = Vec::new();
    while let Some(section) = SECTIONS.into_iter().find(|section| parser.take_keyword(section)) {
        if seen.contains(&section) {
            parsed.repeated_section.get_or_insert(section);
        }
        seen.push(section);
        parsed.actions.extend(parser.list(|parser| parser.action(section))?);
    }
    if seen.is_empty() {
        return Err(parser.syntax_error());
    }
    // Update expressions may repeat parentheses.
    parser.redundant_parentheses = false;
    parser.finish()?;
    Ok(parsed)
}

impl<'a> Parser<'a> {
    fn action(&mut self, section: &str) -> Result<Action<'a>, String> {
        let path = self.path(&SECTIONS)?;
        match section {
            "SET" => {
                self.expect_symbol("=")?;
                Ok(Action::Set(path, self.assigned_in_parentheses()?))
            }
            "REMOVE" => Ok(Action::Remove(path)),
            "ADD" => Ok(Action::Add(path, self.expect(Kind::Value)?)),
            _ => Ok(Action::Delete(path, self.expect(Kind::Value)?)),
        }
    }

    /// `(a + :b)`, or the same without parentheses, of which `(a) + (:b)` is one.
    fn assigned_in_parentheses(&mut self) -> Result<Assigned<'a>, String> {
        if !self.take_symbol("(") {
            return self.assigned();
        }
        let inner = self.nested(Self::assigned_in_parentheses)?;
        self.expect_symbol(")")?;
        match inner {
            Assigned::Operand(left) => self.continue_assigned(left),
            whole => Ok(whole),
        }
    }

    fn assigned(&mut self) -> Result<Assigned<'a>, String> {
        let left = self.operand(&SECTIONS)?;
        self.continue_assigned(left)
    }

    fn continue_assigned(&mut self, left: crate::ast::Operand<'a>) -> Result<Assigned<'a>, String> {
        let make = if self.take_symbol("+") {
            Assigned::Sum
        } else if self.take_symbol("-") {
            Assigned::Difference
        } else {
            return Ok(Assigned::Operand(left));
        };
        self.operators += 1;
        Ok(make(left, self.operand(&SECTIONS)?))
    }
}
