//! Statements read into their syntax. Knows the grammar, and how deep it goes: whether functions, types and values make
//! sense is found out later, so that a text that is no statement is always refused as that first.

mod expression;
mod path;
mod statement;

#[cfg(test)]
mod tests;

use crate::lexer::{Kind, Token, tokens};
use crate::words::is_reserved;
use crate::{At, Error, Statement};

/// How deep expressions may be nested. No statement that makes sense needs as much; the limit keeps the parser, and all who
/// walk its result, within their stacks.
const NESTING_MAX: usize = 64;

/// Reads a statement, and says how many parameters it has.
///
/// # Errors
/// When the text is no statement, or one that DynamoDB does not have.
pub fn parse(text: &str) -> Result<(Statement, usize), Error> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, nesting: 0, parameters: 0 };
    let statement = parser.statement()?;
    parser.take_symbol(";");
    parser.end()?;
    Ok((statement, parser.parameters))
}

/// A place in a statement that is being read.
struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
    nesting: usize,
    parameters: usize,
}

impl<'a> Parser<'a> {
    /// The token at hand. There always is one: nothing takes the end.
    fn peek(&self) -> Token<'a> {
        self.tokens[self.at]
    }

    /// The token after the one at hand; after the end, the end again.
    fn peek_second(&self) -> Token<'a> {
        self.tokens.get(self.at + 1).copied().unwrap_or(self.peek())
    }

    fn place(&self) -> At {
        self.peek().at
    }

    fn advance(&mut self) {
        if self.peek().kind != Kind::End {
            self.at += 1;
        }
    }

    fn is_symbol(&self, symbol: &str) -> bool {
        self.peek().kind == Kind::Symbol && self.peek().text == symbol
    }

    fn is_keyword(&self, keyword: &str) -> bool {
        is_keyword(self.peek(), keyword)
    }

    /// Takes the symbol if it is at hand.
    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is = self.is_symbol(symbol);
        if is {
            self.advance();
        }
        is
    }

    /// Takes the keyword, in any case, if it is at hand.
    fn take_keyword(&mut self, keyword: &str) -> bool {
        let is = self.is_keyword(keyword);
        if is {
            self.advance();
        }
        is
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), Error> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(Error::malformed(&format!("Expected {symbol}"))) }
    }

    fn expect_keyword(&mut self, keyword: &str) -> Result<(), Error> {
        if self.take_keyword(keyword) {
            Ok(())
        } else {
            Err(Error::malformed(&format!("Expected {keyword}")))
        }
    }

    /// Takes a name, with quotes or without, if one is at hand.
    fn take_name(&mut self) -> Option<String> {
        let token = self.peek();
        let name = match token.kind {
            Kind::Quoted => token.unquoted(),
            Kind::Word if !is_reserved(token.text) => token.text.to_owned(),
            _ => return None,
        };
        self.advance();
        Some(name)
    }

    /// One or more of something, with commas between.
    fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, Error>) -> Result<Vec<T>, Error> {
        let mut all = vec![one(self)?];
        while self.take_symbol(",") {
            all.push(one(self)?);
        }
        Ok(all)
    }

    /// Like [`Parser::list`], up to a symbol that may come at once.
    fn list_until<T>(
        &mut self,
        end: &str,
        one: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        if self.take_symbol(end) {
            return Ok(Vec::new());
        }
        let all = self.list(one)?;
        self.expect_symbol(end)?;
        Ok(all)
    }

    /// One level deeper.
    fn deepen(&mut self) -> Result<(), Error> {
        self.nesting += 1;
        if self.nesting > NESTING_MAX {
            return Err(Error::malformed("The expression is nested too deeply"));
        }
        Ok(())
    }

    /// Reads something one level deeper.
    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<T, Error> {
        self.deepen()?;
        let result = inner(self);
        self.nesting -= 1;
        result
    }

    /// Nothing may follow.
    fn end(&self) -> Result<(), Error> {
        match self.peek().kind {
            Kind::End => Ok(()),
            _ => Err(Error::malformed("Unexpected token after expression")),
        }
    }
}

fn is_keyword(token: Token<'_>, keyword: &str) -> bool {
    token.kind == Kind::Word && token.text.eq_ignore_ascii_case(keyword)
}
