//! The grammar of expressions: operators by how tightly they bind, and what they stand between.

use expressions::Comparator;

use super::{Parser, is_keyword};
use crate::lexer::{Kind as Word, Token};
use crate::words::{is_callable, is_operator, is_reserved, type_name};
use crate::{At, Error, Expr, Kind, Operator};

/// How tightly operators bind, from the loosest.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const EQUALITY: u8 = 4;
const ORDER: u8 = 5;
const SUM: u8 = 6;
const PRODUCT: u8 = 7;

/// What stands between two operands.
#[derive(Clone, Copy)]
enum Infix {
    And,
    Or,
    Is,
    In,
    Between,
    Operator(Operator),
}

/// The operator that a token is, and how tightly it binds.
fn infix(token: Token<'_>) -> Option<(Infix, u8)> {
    use Infix::{And, Between, In, Is, Or};
    if token.kind == Word::Word {
        let words = [("AND", And, AND), ("OR", Or, OR), ("IS", Is, EQUALITY), ("IN", In, EQUALITY)];
        let mut words =
            words.into_iter().chain([("BETWEEN", Between, ORDER), ("LIKE", other("LIKE"), ORDER)]);
        return words.find(|(word, ..)| is_keyword(token, word)).map(|(_, infix, level)| (infix, level));
    }
    if token.kind != Word::Symbol {
        return None;
    }
    let symbol = if token.text == "!=" { "<>" } else { token.text };
    if let Some(comparator) = Comparator::from_symbol(symbol) {
        let level = if matches!(symbol, "=" | "<>") { EQUALITY } else { ORDER };
        return Some((Infix::Operator(Operator::Compare(comparator)), level));
    }
    Some(match symbol {
        "+" => (Infix::Operator(Operator::Plus), SUM),
        "-" => (Infix::Operator(Operator::Minus), SUM),
        "||" => (other("||"), SUM),
        "*" => (other("*"), PRODUCT),
        "/" => (other("/"), PRODUCT),
        "%" => (other("%"), PRODUCT),
        _ => return None,
    })
}

fn other(symbol: &'static str) -> Infix {
    Infix::Operator(Operator::Other(symbol))
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expression(&mut self) -> Result<Expr, Error> {
        self.at_least(OR)
    }

    /// An expression of operators that bind at least as tightly.
    fn at_least(&mut self, level: u8) -> Result<Expr, Error> {
        let before = self.nesting;
        let mut left = self.first(level)?;
        loop {
            // `NOT` between operands turns the operator behind it.
            let is_negated = self.is_keyword("NOT");
            let token = if is_negated { self.peek_second() } else { self.peek() };
            let Some((infix, binds)) = infix(token).filter(|(infix, binds)| {
                *binds >= level && (!is_negated || matches!(infix, Infix::In | Infix::Between))
            }) else {
                self.nesting = before;
                return Ok(left);
            };
            if is_negated {
                self.advance();
            }
            self.advance();
            if !matches!(infix, Infix::And | Infix::Or) {
                self.deepen()?;
            }
            left = self.joined(left, infix, binds, token.at)?;
            if is_negated {
                left = negated(left);
            }
        }
    }

    /// What an expression begins with.
    fn first(&mut self, level: u8) -> Result<Expr, Error> {
        let at = self.place();
        if level <= NOT && self.take_keyword("NOT") {
            let inner = self.nested(|parser| parser.at_least(NOT))?;
            return Ok(Expr { at, ..negated(inner) });
        }
        self.signed()
    }

    /// An operand with an operator and what stands behind that.
    fn joined(&mut self, left: Expr, infix: Infix, binds: u8, at: At) -> Result<Expr, Error> {
        if matches!(infix, Infix::Is) {
            return self.is(left, at);
        }
        if self.peek().kind == Word::End || self.is_symbol(";") {
            return Err(Error::malformed("Missing right-hand side expression of infix operator"));
        }
        let kind = match infix {
            Infix::Is | Infix::In => Kind::In(Box::new(left), Box::new(self.choices()?)),
            Infix::And => match (left.kind, self.at_least(binds + 1)?) {
                (Kind::All(mut all), right) => {
                    all.push(right);
                    Kind::All(all)
                }
                (kind, right) => Kind::All(vec![Expr { kind, ..left }, right]),
            },
            Infix::Or => match (left.kind, self.at_least(binds + 1)?) {
                (Kind::Any(mut any), right) => {
                    any.push(right);
                    Kind::Any(any)
                }
                (kind, right) => Kind::Any(vec![Expr { kind, ..left }, right]),
            },
            Infix::Between => {
                let lower = self.at_least(SUM)?;
                self.expect_keyword("AND")?;
                Kind::Between(Box::new([left, lower, self.at_least(SUM)?]))
            }
            Infix::Operator(operator) => {
                Kind::Infix(operator, Box::new(left), Box::new(self.at_least(binds + 1)?))
            }
        };
        Ok(Expr { at, kind })
    }

    /// What stands behind `IN`: parentheses make a list there, even of one.
    fn choices(&mut self) -> Result<Expr, Error> {
        let at = self.place();
        if !self.take_symbol("(") {
            return self.at_least(SUM);
        }
        let all = self.nested(|parser| parser.list_until(")", Parser::expression))?;
        Ok(Expr { at, kind: Kind::List(all) })
    }

    /// `IS`, behind its operand.
    fn is(&mut self, left: Expr, at: At) -> Result<Expr, Error> {
        let is_negated = self.take_keyword("NOT");
        let token = self.peek();
        let named =
            if token.kind == Word::Word { type_name(token.text, self.peek_second().text) } else { None };
        let (name, is_long) = named.ok_or_else(|| Error::malformed("Expected type name"))?;
        self.advance();
        if is_long {
            self.advance();
        }
        let test = Expr { at, kind: Kind::Is(Box::new(left), name) };
        Ok(if is_negated { negated(test) } else { test })
    }

    /// An operand, with signs before it if it is a number.
    fn signed(&mut self) -> Result<Expr, Error> {
        let mut is_negative = false;
        let mut has_sign = false;
        while self.is_symbol("-") || self.is_symbol("+") {
            has_sign = true;
            is_negative ^= self.is_symbol("-");
            self.advance();
        }
        let at = self.place();
        let operand = self.operand()?;
        match operand.kind {
            Kind::Number(text) if is_negative => Ok(Expr { at, kind: Kind::Number(turned(&text)) }),
            Kind::Number(_) => Ok(operand),
            _ if has_sign => Err(Error::at("Unsupported token in expression: -", at)),
            _ => Ok(operand),
        }
    }

    fn operand(&mut self) -> Result<Expr, Error> {
        let token = self.peek();
        let at = token.at;
        let kind = match token.kind {
            Word::Text => self.taken(Kind::Text(token.unquoted())),
            Word::Number => self.taken(Kind::Number(token.text.to_owned())),
            Word::Ion => self.taken(Kind::Ion(token.unquoted())),
            Word::Symbol => return self.collection(token),
            Word::Word if is_keyword(token, "TRUE") => self.taken(Kind::Bool(true)),
            Word::Word if is_keyword(token, "FALSE") => self.taken(Kind::Bool(false)),
            Word::Word if is_keyword(token, "NULL") => self.taken(Kind::Null),
            Word::Word if is_keyword(token, "MISSING") => self.taken(Kind::Missing),
            Word::Word if self.peek_second().text == "(" && is_callable(token.text) => self.call(token)?,
            _ => match self.take_name() {
                Some(root) => Kind::Path(self.steps(root)?),
                None => return Err(self.no_term()),
            },
        };
        Ok(Expr { at, kind })
    }

    fn taken(&mut self, kind: Kind) -> Kind {
        self.advance();
        kind
    }

    /// What begins with a symbol: a parameter, parentheses, or a list, set or map.
    fn collection(&mut self, token: Token<'_>) -> Result<Expr, Error> {
        let at = token.at;
        if !matches!(token.text, "?" | "(" | "[" | "<<" | "{") {
            return Err(self.no_term());
        }
        self.advance();
        let kind = match token.text {
            "?" => {
                self.parameters += 1;
                Kind::Parameter(self.parameters - 1)
            }
            "(" => {
                let mut inner = self.nested(|parser| parser.list(Parser::expression))?;
                self.expect_symbol(")")?;
                match inner.pop() {
                    Some(only) if inner.is_empty() => return Ok(only),
                    last => Kind::List(inner.into_iter().chain(last).collect()),
                }
            }
            "[" => Kind::List(self.nested(|parser| parser.list_until("]", Parser::expression))?),
            "<<" => Kind::Bag(self.nested(|parser| parser.list_until(">>", Parser::expression))?),
            _ => Kind::Map(self.nested(|parser| parser.list_until("}", Parser::member))?),
        };
        Ok(Expr { at, kind })
    }

    /// A member of a map.
    fn member(&mut self) -> Result<(Expr, Expr), Error> {
        let key = self.expression()?;
        self.expect_symbol(":")?;
        Ok((key, self.expression()?))
    }

    fn call(&mut self, token: Token<'_>) -> Result<Kind, Error> {
        self.advance();
        self.advance();
        if self.is_symbol("*") {
            self.advance();
        }
        let arguments = self.nested(|parser| parser.list_until(")", Parser::expression))?;
        Ok(Kind::Call(token.text.to_ascii_lowercase(), arguments))
    }

    /// The error of a token with which no operand begins.
    pub(super) fn no_term(&self) -> Error {
        let token = self.peek();
        let is_word = token.kind == Word::Word;
        if infix(token).is_some() || (is_word && is_operator(token.text)) {
            Error::malformed("Unexpected operator")
        } else if is_word && is_reserved(token.text) {
            Error::malformed("Unexpected keyword")
        } else {
            Error::malformed("Unexpected term")
        }
    }
}

fn negated(inner: Expr) -> Expr {
    Expr { at: inner.at, kind: Kind::Not(Box::new(inner)) }
}

/// A number with the other sign.
fn turned(number: &str) -> String {
    number.strip_prefix('-').map_or_else(|| format!("-{number}"), str::to_owned)
}
