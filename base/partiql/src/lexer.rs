//! The text of a statement as tokens.
//!
//! Comments are spaces. A character that no statement may have, and whatever does not end, is refused here; DynamoDB says
//! nothing of why.

use crate::{At, Error};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name without quotes, or a keyword.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A text in single quotes.
    Text,
    /// A number without a sign.
    Number,
    /// What stands in backquotes.
    Ion,
    /// An operator or a punctuation mark.
    Symbol,
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) at: At,
}

impl Token<'_> {
    /// What a token in quotes says.
    pub(crate) fn unquoted(&self) -> String {
        let quote = &self.text[..1];
        self.text[1..self.text.len() - 1].replace(&quote.repeat(2), quote)
    }
}

/// Longer ones before those that they begin with.
const SYMBOLS: [&str; 26] = [
    "<<", ">>", "<=", ">=", "<>", "!=", "||", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":",
    "?", "*", "+", "-", "/", "%", ";",
];

/// The tokens of a statement, the last of which is the end.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Error> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let (mut line, mut column) = (1, 1);
    loop {
        let (kind, length) = measure(rest).ok_or_else(|| Error::malformed(""))?;
        let (text, behind) = rest.split_at(length);
        let at = At { line, column, length: text.chars().count() };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, at });
            if kind == Kind::End {
                return Ok(tokens);
            }
        }
        match text.rsplit_once('\n') {
            Some((_, last)) => {
                line += text.matches('\n').count();
                column = last.chars().count() + 1;
            }
            None => column += at.length,
        }
        rest = behind;
    }
}

/// The kind and the length of what `rest` begins with; no kind for spaces and comments.
fn measure(rest: &str) -> Option<(Option<Kind>, usize)> {
    let Some(first) = rest.chars().next() else { return Some((Some(Kind::End), 0)) };
    if first.is_whitespace() {
        return Some((None, rest.len() - rest.trim_start().len()));
    }
    if rest.starts_with("--") {
        return Some((None, rest.find('\n').unwrap_or(rest.len())));
    }
    if let Some(comment) = rest.strip_prefix("/*") {
        return comment.find("*/").map(|end| (None, end + 4));
    }
    let second = rest[first.len_utf8()..].chars().next().unwrap_or(' ');
    if first.is_ascii_digit() || (first == '.' && second.is_ascii_digit()) {
        return number(rest).map(|length| (Some(Kind::Number), length));
    }
    let (kind, length) = match first {
        'a'..='z' | 'A'..='Z' | '_' | '$' => (Kind::Word, word(rest)),
        '\'' => (Kind::Text, quoted(rest, '\'')?),
        '"' => (Kind::Quoted, quoted(rest, '"')?),
        '`' => (Kind::Ion, rest[1..].find('`')? + 2),
        _ => (Kind::Symbol, SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))?.len()),
    };
    Some((Some(kind), length))
}

fn word(rest: &str) -> usize {
    rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$')).count()
}

/// The length of what stands in quotes; a quote in it is written twice.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut end = 1;
    loop {
        end += rest[end..].find(quote)? + 1;
        if !rest[end..].starts_with(quote) {
            return Some(end);
        }
        end += 1;
    }
}

/// The length of a number, the scale of which must be one of 32 bits. It begins with a digit, or with a dot and one.
fn number(rest: &str) -> Option<usize> {
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    let mut fraction = 0;
    if rest[end..].starts_with('.') {
        fraction = digits(end + 1);
        end += 1 + fraction;
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let behind = end + 1 + sign;
        let count = digits(behind);
        let exponent: i64 = rest[end + 1..behind + count].parse().ok()?;
        i32::try_from(exponent).ok()?;
        i32::try_from(i64::try_from(fraction).ok()?.checked_sub(exponent)?).ok()?;
        end = behind + count;
    }
    (word(&rest[end..]) == 0).then_some(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<(Kind, &str)> {
        tokens(text).unwrap().iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn a_statement_falls_into_tokens() {
        let symbol = |text| (Kind::Symbol, text);
        let expected = [
            (Kind::Word, "a_1"),
            symbol("."),
            (Kind::Quoted, "\"b\"\"c\""),
            symbol("<<"),
            (Kind::Text, "'it''s -- /*'"),
            symbol(","),
            (Kind::Number, "1.5e-3"),
            symbol(">>"),
            (Kind::Number, ".73E1"),
            symbol("!="),
            symbol("?"),
            (Kind::Ion, "`x`"),
            (Kind::End, ""),
        ];
        assert_eq!(texts("a_1.\"b\"\"c\"<<'it''s -- /*', 1.5e-3>>/* - */ .73E1 != ? `x`--"), expected);
        let token = tokens("'it''s'").unwrap()[0];
        assert_eq!(token.unquoted(), "it's");
        assert_eq!(texts("n-1 1. l[0].x").len(), 11);
    }

    #[test]
    fn places_count_characters() {
        let tokens = tokens("'é' /*\n*/ ab\n  \"c\"").unwrap();
        let places: Vec<_> = tokens.iter().map(|token| token.at.to_string()).collect();
        assert_eq!(places, ["1:1:3", "2:4:2", "3:3:3", "3:6:0"]);
    }

    #[test]
    fn what_no_statement_has_is_refused_without_a_reason() {
        for text in [
            "# x",
            "'a",
            "\"a",
            "`a",
            "/* a",
            "1e2147483648",
            "1e99999999999",
            "1.5e-2147483647",
            "1e",
            "1a",
            "!",
            "é",
        ] {
            let message = "Statement wasn't well formed, can't be processed: ";
            assert_eq!(tokens(text).unwrap_err().message(), message, "{text}");
        }
        assert!(tokens("1e2147483647").is_ok());
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            drop(tokens(&text));
        }

        #[test]
        fn no_text_of_our_own_characters_is_too_strange(text in "[a1.'\"`/*\\-<>! \n?eE+\\[]{0,12}") {
            drop(tokens(&text));
        }
    }
}
