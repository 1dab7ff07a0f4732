//! Literals: texts in either quotes, numbers, lists, ranges and maps.

use super::Parser;
use crate::ast::{Expr, Node};
use crate::error::Error;

impl Parser<'_> {
    /// Nothing in single quotes means anything else, but two of them are one.
    pub(super) fn single_quoted(&mut self) -> Result<Expr, Error> {
        self.quoted('\'').map(|text| Expr::Text(text.into()))
    }

    /// In double quotes stands a template.
    pub(super) fn double_quoted(&mut self) -> Result<Expr, Error> {
        let origin = self.place();
        let text = unescaped(&self.quoted('"')?);
        if !text.contains(['$', '#']) {
            return Ok(Expr::Text(text.into()));
        }
        let mut inner = Parser::new(&text, origin, self.nesting);
        let block = inner.whole()?;
        self.macros.append(&mut inner.macros);
        self.looks.append(inner.looks);
        Ok(match &*block {
            [Node::Text(text)] => Expr::Text(text.clone()),
            _ => Expr::Rendered(block),
        })
    }

    fn quoted(&mut self, quote: char) -> Result<String, Error> {
        let start = self.place();
        self.take(1);
        let mut text = String::new();
        loop {
            let Some(length) = self.rest().find(quote) else {
                return Err(Error::new("a text in quotes has no end", start));
            };
            text.push_str(self.take(length));
            self.take(1);
            if self.peek() != Some(quote) {
                return Ok(text);
            }
            text.push_str(self.take(1));
        }
    }

    /// A whole number, or a decimal. The dots of a range are none of its own.
    pub(super) fn number(&mut self) -> Result<Expr, Error> {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let rest = self.rest();
        let mut length = digits(rest);
        let fraction =
            rest[length..].strip_prefix('.').filter(|rest| !rest.starts_with('.')).map_or(0, digits);
        if fraction > 0 {
            length += 1 + fraction;
        }
        if length == 0 {
            return Err(self.unexpected("a value"));
        }
        let exponent = exponent(&rest[length..]);
        let is_whole = fraction == 0 && exponent == 0;
        let text = self.take(length + exponent);
        let whole = if is_whole { text.parse().ok().map(Expr::Int) } else { None };
        Ok(whole.unwrap_or_else(|| Expr::Decimal(text.parse().unwrap_or(f64::NAN))))
    }

    /// A list, or a range.
    pub(super) fn list(&mut self) -> Result<Expr, Error> {
        self.take(1);
        self.spaces();
        if self.took("]") {
            return Ok(Expr::List(Vec::new()));
        }
        let first = self.expression()?;
        self.spaces();
        if self.took("..") {
            let last = self.expression()?;
            self.spaces();
            self.expect("]")?;
            return Ok(Expr::Range(Box::new((first, last))));
        }
        let mut list = vec![first];
        if self.took(",") {
            list.append(&mut self.expressions("]")?);
        } else {
            self.expect("]")?;
        }
        Ok(Expr::List(list))
    }

    pub(super) fn map(&mut self) -> Result<Expr, Error> {
        self.take(1);
        self.spaces();
        let mut map = Vec::new();
        while !self.took("}") {
            if !map.is_empty() {
                self.expect(",")?;
            }
            let key = self.expression()?;
            self.spaces();
            self.expect(":")?;
            map.push((key, self.expression()?));
            self.spaces();
        }
        Ok(Expr::Map(map))
    }
}

/// The length of the exponent that `rest` begins with, or 0.
fn exponent(rest: &str) -> usize {
    let Some(behind) = rest.strip_prefix(['e', 'E']) else { return 0 };
    let sign = usize::from(behind.starts_with(['+', '-']));
    match behind[sign..].bytes().take_while(u8::is_ascii_digit).count() {
        0 => 0,
        digits => 1 + sign + digits,
    }
}

/// With `\u` and four digits as the characters that they name. No other backslash means anything.
fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u");
    let mut units: Vec<u16> = parts.next().unwrap_or_default().encode_utf16().collect();
    for part in parts {
        let named = part.get(..4).and_then(|digits| u16::from_str_radix(digits, 16).ok());
        units.extend(named);
        let literal = if named.is_some() { part[4..].to_owned() } else { format!("\\u{part}") };
        units.extend(literal.encode_utf16());
    }
    String::from_utf16_lossy(&units)
}
