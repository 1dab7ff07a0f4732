//! The grammar of condition, filter and key condition expressions.
//!
//! A parenthesis may open a condition or an operand, which only what stands inside tells. Both are therefore read
//! by one rule, and an operand that nothing compares is refused at the end of it.

use super::Parser;
use crate::ast::{Comparator, Condition, Operand};
use crate::lexer::Kind;

const KEYWORDS: [&str; 5] = ["BETWEEN", "IN", "AND", "OR", "NOT"];

/// A condition, or an operand that may become part of one.
enum Term<'a> {
    Condition(Condition<'a>),
    Operand(Operand<'a>),
}

/// Reads a condition.
pub(crate) fn parse(text: &str) -> Result<Condition<'_>, String> {
    let mut parser = Parser::new(text)?;
    let term = parser.disjunction()?;
    let condition = parser.condition(term)?;
    parser.finish()?;
    Ok(condition)
}

impl<'a> Parser<'a> {
    /// The term as a condition; a function call is one.
    fn condition(&self, term: Term<'a>) -> Result<Condition<'a>, String> {
        match term {
            Term::Condition(condition) => Ok(condition),
            Term::Operand(Operand::Call(call)) => Ok(Condition::Call(call)),
            Term::Operand(_) => Err(self.syntax_error()),
        }
    }

    fn disjunction(&mut self) -> Result<Term<'a>, String> {
        self.joined("OR", Self::conjunction, Condition::Or)
    }

    fn conjunction(&mut self) -> Result<Term<'a>, String> {
        self.joined("AND", Self::negation, Condition::And)
    }

    /// One term, or conditions with the keyword between them.
    fn joined(
        &mut self,
        keyword: &str,
        one: fn(&mut Self) -> Result<Term<'a>, String>,
        join: fn(Vec<Condition<'a>>) -> Condition<'a>,
    ) -> Result<Term<'a>, String> {
        let mut term = one(self)?;
        let mut conditions = Vec::new();
        while self.is_keyword(keyword) {
            conditions.push(self.condition(term)?);
            self.advance();
            self.operators += 1;
            term = one(self)?;
        }
        if conditions.is_empty() {
            return Ok(term);
        }
        conditions.push(self.condition(term)?);
        Ok(Term::Condition(join(conditions)))
    }

    fn negation(&mut self) -> Result<Term<'a>, String> {
        if !self.take_keyword("NOT") {
            return self.comparison();
        }
        self.operators += 1;
        let term = self.nested(Self::negation)?;
        Ok(Term::Condition(Condition::Not(Box::new(self.condition(term)?))))
    }

    /// An operand and what it is compared with, or a term that stands for itself.
    fn comparison(&mut self) -> Result<Term<'a>, String> {
        let operand = match self.term()? {
            Term::Operand(operand) => operand,
            condition => return Ok(condition),
        };
        let token = self.peek();
        let comparator = Comparator::from_symbol(token.text).filter(|_| token.kind == Kind::Symbol);
        if let Some(comparator) = comparator {
            self.advance();
            self.operators += 1;
            let right = self.operand(&KEYWORDS)?;
            return Ok(Term::Condition(Condition::Compare { comparator, left: operand, right }));
        }
        if self.take_keyword("BETWEEN") {
            self.operators += 1;
            let lower = self.operand(&KEYWORDS)?;
            if !self.take_keyword("AND") {
                return Err(self.syntax_error());
            }
            let upper = self.operand(&KEYWORDS)?;
            return Ok(Term::Condition(Condition::Between { operand, lower, upper }));
        }
        if self.take_keyword("IN") {
            self.operators += 1;
            self.expect_symbol("(")?;
            let choices = self.list(|parser| parser.operand(&KEYWORDS))?;
            self.expect_symbol(")")?;
            return Ok(Term::Condition(Condition::In { operand, choices }));
        }
        Ok(Term::Operand(operand))
    }

    /// A term in parentheses, or an operand.
    fn term(&mut self) -> Result<Term<'a>, String> {
        if !self.is_symbol("(") {
            return Ok(Term::Operand(self.bare_operand(&KEYWORDS)?));
        }
        let inner_start = self.at + 1;
        self.advance();
        let term = self.nested(Self::disjunction)?;
        let inner_end = self.at;
        self.expect_symbol(")")?;
        self.note_redundancy(inner_start, inner_end);
        match term {
            // A path that begins in parentheses: `(a).b`.
            Term::Operand(Operand::Path(mut path)) => {
                self.steps(&mut path, &KEYWORDS)?;
                Ok(Term::Operand(Operand::Path(path)))
            }
            term => Ok(term),
        }
    }

    /// Notes when the tokens from `start` to before `end` are themselves nothing but parentheses around something.
    fn note_redundancy(&mut self, start: usize, end: usize) {
        let symbol = |at: usize| {
            self.tokens.get(at).filter(|token| token.kind == Kind::Symbol).map(|token| token.text)
        };
        if symbol(start) != Some("(") {
            return;
        }
        let mut open = 0usize;
        for at in start..end {
            match symbol(at) {
                Some("(") => open += 1,
                Some(")") => open -= 1,
                _ => {}
            }
            if open == 0 {
                self.redundant_parentheses |= at + 1 == end;
                return;
            }
        }
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        self.peek().kind == Kind::Word && self.peek().text.eq_ignore_ascii_case(keyword)
    }
}
