//! Expressions: operators by their precedence, and what they stand between.

use super::Parser;
use crate::ast::{Expr, Operator};
use crate::error::Error;

/// Longer ones before those that they begin with.
const SYMBOLS: [(&str, Operator); 13] = [
    ("||", Operator::Or),
    ("&&", Operator::And),
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("+", Operator::Plus),
    ("-", Operator::Minus),
    ("*", Operator::Times),
    ("/", Operator::Over),
    ("%", Operator::Modulo),
];

const WORDS: [(&str, Operator); 8] = [
    ("or", Operator::Or),
    ("and", Operator::And),
    ("eq", Operator::Equal),
    ("ne", Operator::Unequal),
    ("le", Operator::AtMost),
    ("ge", Operator::AtLeast),
    ("lt", Operator::Less),
    ("gt", Operator::Greater),
];

impl Parser<'_> {
    pub(super) fn expression(&mut self) -> Result<Expr, Error> {
        self.enter()?;
        let expr = self.at_precedence(0)?;
        self.nesting -= 1;
        Ok(expr)
    }

    /// Reads operators that bind at least so strongly. What they stand between binds more strongly.
    fn at_precedence(&mut self, precedence: usize) -> Result<Expr, Error> {
        if precedence > Operator::Times.precedence() {
            return self.operand();
        }
        let first = self.at_precedence(precedence + 1)?;
        let mut others = Vec::new();
        while let Some((operator, length)) = self.operator(precedence) {
            self.take(length);
            others.push((operator, self.at_precedence(precedence + 1)?));
        }
        Ok(if others.is_empty() { first } else { Expr::Chain(Box::new(first), others) })
    }

    /// The operator of that precedence that comes next, if one does, and its length.
    fn operator(&mut self, precedence: usize) -> Option<(Operator, usize)> {
        self.spaces();
        let word = self.word();
        let by_word = WORDS.iter().find(|(name, _)| *name == word);
        let found = by_word.or_else(|| SYMBOLS.iter().find(|(symbol, _)| self.rest().starts_with(symbol)));
        found
            .filter(|(_, operator)| operator.precedence() == precedence)
            .map(|(name, found)| (*found, name.len()))
    }

    /// The letters that come next.
    pub(super) fn word(&self) -> &str {
        let length = self.rest().find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        &self.rest()[..length.unwrap_or(self.rest().len())]
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        self.spaces();
        match self.peek() {
            Some('$') => Ok(Expr::Reference(Box::new(self.reference()?))),
            Some('(') => self.in_parentheses(),
            Some('!') => self.not(1),
            Some('-') => self.negative(),
            Some('"') => self.double_quoted(),
            Some('\'') => self.single_quoted(),
            Some('[') => self.list(),
            Some('{') => self.map(),
            Some(digit) if digit.is_ascii_digit() || digit == '.' => self.number(),
            _ => self.keyword(),
        }
    }

    fn keyword(&mut self) -> Result<Expr, Error> {
        let word = self.word();
        let (expr, length) = match word {
            "true" => (Expr::Bool(true), 4),
            "false" => (Expr::Bool(false), 5),
            "null" => (Expr::Null, 4),
            "not" => return self.not(3),
            _ => return Err(self.unexpected("a value")),
        };
        self.take(length);
        Ok(expr)
    }

    fn in_parentheses(&mut self) -> Result<Expr, Error> {
        self.take(1);
        let expr = self.expression()?;
        self.spaces();
        self.expect(")")?;
        Ok(expr)
    }

    fn not(&mut self, length: usize) -> Result<Expr, Error> {
        self.take(length);
        self.enter()?;
        let operand = self.operand()?;
        self.nesting -= 1;
        Ok(Expr::Not(Box::new(operand)))
    }

    fn negative(&mut self) -> Result<Expr, Error> {
        self.take(1);
        self.enter()?;
        let operand = self.operand()?;
        self.nesting -= 1;
        Ok(Expr::Negative(Box::new(operand)))
    }
}
