//! Expressions read into their syntax. Knows the grammar and the limits on size only: whether names, values and
//! functions make sense is checked afterwards, so that a syntax error is always the first one reported.

mod condition;
mod operand;
mod projection;
mod update;

#[cfg(test)]
mod tests;

pub(crate) use condition::parse as condition;
pub(crate) use projection::parse as projection;
pub(crate) use update::{Parsed as Update, parse as update};

use crate::lexer::{Kind, Token, tokens};

/// The longest expression in bytes.
const EXPRESSION_BYTES_MAX: usize = 4096;

/// Operators and functions that an expression may have.
const OPERATORS_MAX: usize = 300;

/// How deep operands may be nested in parentheses and functions. No expression that makes sense needs as much; the
/// limit keeps the parser within its stack.
const NESTING_MAX: usize = 32;

/// A place in an expression that is being read.
struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    at: usize,
    nesting: usize,
    operators: usize,
    redundant_parentheses: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("The expression can not be empty;".to_owned());
        }
        if text.len() > EXPRESSION_BYTES_MAX {
            let size = text.len();
            return Err(format!(
                "Expression size has exceeded the maximum allowed size; expression size: {size}"
            ));
        }
        let tokens = tokens(text);
        Ok(Self { text, tokens, at: 0, nesting: 0, operators: 0, redundant_parentheses: false })
    }

    /// The token at hand. There always is one: nothing takes the end.
    fn peek(&self) -> Token<'a> {
        self.tokens[self.at]
    }

    /// The token after the one at hand; after the end, the end again.
    fn peek_second(&self) -> Token<'a> {
        self.tokens.get(self.at + 1).copied().unwrap_or(self.peek())
    }

    fn advance(&mut self) {
        if self.peek().kind != Kind::End {
            self.at += 1;
        }
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().kind == Kind::Symbol && self.peek().text == symbol
    }

    /// Takes the symbol if it is at hand.
    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_symbol(symbol);
        if is {
            self.advance();
        }
        is
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), String> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// Takes the keyword, in any case, if it is at hand.
    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is = self.peek().kind == Kind::Word && self.peek().text.eq_ignore_ascii_case(keyword);
        if is {
            self.advance();
        }
        is
    }

    /// Takes a token of the kind.
    fn expect(&mut self, kind: Kind) -> Result<&'a str, String> {
        let token = self.peek();
        if token.kind != kind {
            return Err(self.syntax_error());
        }
        self.advance();
        Ok(token.text)
    }

    /// One or more of something, with commas between.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut all = vec![one(self)?];
        while self.take_symbol(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// Reads something one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(format!("The expression is nested too deeply; nesting levels: {}", self.nesting));
        }
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Ends the expression: nothing may follow, and the limits must be kept.
    fn finish(&self) -> Result<(), String> {
        if self.peek().kind != Kind::End {
            return Err(self.syntax_error());
        }
        if self.redundant_parentheses {
            return Err("The expression has redundant parentheses;".to_owned());
        }
        if self.operators > OPERATORS_MAX {
            return Err(format!(
                "The expression contains too many operators; operator count: {}",
                self.operators
            ));
        }
        Ok(())
    }

    /// The error of a token that cannot stand where it stands, shown between its neighbours.
    fn syntax_error(&self) -> String {
        let token = self.peek();
        let first = self.tokens[self.at.saturating_sub(1)];
        let near = &self.text[first.start..self.peek_second().end().max(token.end())];
        if token.kind == Kind::End {
            return format!("Syntax error; token: \"<EOF>\", near: \"{}\"", near.trim_end());
        }
        format!("Syntax error; token: \"{}\", near: \"{}\"", token.text, near.trim_end())
    }
}
