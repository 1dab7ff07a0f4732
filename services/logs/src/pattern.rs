//! Filter patterns for unstructured events: terms, phrases, `?optional`, `-excluded` and `%regular expressions%`.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. Patterns for JSON (`{…}`) and for
//! columns (`[…]`) are refused as not built.

use regex::{Regex, RegexBuilder};
use wire::Fault;

use crate::errors;

/// The largest compiled expression, in bytes: patterns come from outside.
const REGEX_BYTES_MAX: usize = 1 << 20;

/// A pattern, ready to match.
#[derive(Debug, Default)]
pub(crate) struct Pattern {
    /// All of these.
    required: Vec<Term>,
    /// One of these; they mean nothing beside required or excluded terms.
    optional: Vec<Term>,
    /// None of these.
    excluded: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Pattern {
    /// Reads a pattern; an empty one matches everything.
    pub(crate) fn parse(text: &str) -> Result<Self, Fault> {
        let mut rest = text.trim();
        if rest.starts_with('{') || rest.starts_with('[') {
            return Err(errors::not_built("a filter pattern for JSON or for columns"));
        }
        let mut pattern = Pattern::default();
        while !rest.is_empty() {
            let list = match rest.as_bytes().first() {
                Some(b'?') => &mut pattern.optional,
                Some(b'-') => &mut pattern.excluded,
                _ => &mut pattern.required,
            };
            let (term, behind) = term(rest.strip_prefix(['?', '-']).unwrap_or(rest))?;
            list.push(term);
            rest = behind.trim_start();
        }
        Ok(pattern)
    }

    /// Whether an event's message is one that was looked for.
    pub(crate) fn matches(&self, message: &str) -> bool {
        let has = |term: &Term| term.is_in(message);
        let only_optional = self.required.is_empty() && self.excluded.is_empty();
        self.required.iter().all(has)
            && !self.excluded.iter().any(has)
            && (!only_optional || self.optional.is_empty() || self.optional.iter().any(has))
    }
}

impl Term {
    fn is_in(&self, message: &str) -> bool {
        match self {
            Term::Text(text) => message.contains(text.as_str()),
            Term::Regex(regex) => regex.is_match(message),
        }
    }
}

/// The first term, and what is behind it.
fn term(text: &str) -> Result<(Term, &str), Fault> {
    if let Some(quoted) = text.strip_prefix('"') {
        return phrase(quoted);
    }
    if let Some(expression) = text.strip_prefix('%') {
        let (expression, behind) = expression.split_once('%').ok_or_else(|| invalid(text))?;
        let regex = RegexBuilder::new(expression).size_limit(REGEX_BYTES_MAX).build();
        return Ok((Term::Regex(regex.map_err(|_| invalid(text))?), behind));
    }
    let (word, behind) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '.';
    match word.is_empty() || !word.chars().all(is_plain) {
        true => Err(errors::invalid(format!("Invalid character(s) in term '{word}'"))),
        false => Ok((Term::Text(word.to_owned()), behind)),
    }
}

/// What stands before the closing quote, in which `\"` is a quote.
fn phrase(text: &str) -> Result<(Term, &str), Fault> {
    let mut phrase = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Term::Text(phrase), &text[at + 1..])),
            '\\' => phrase.extend(letters.next().map(|(_, escaped)| escaped)),
            letter => phrase.push(letter),
        }
    }
    Err(invalid(text))
}

fn invalid(text: &str) -> Fault {
    errors::invalid(format!("Invalid filter pattern: {text}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Pattern;

    #[test]
    fn patterns_match_as_documented() {
        let cases = [
            ("", "anything", true),
            ("ERROR", "[ERROR 400] bad", true),
            ("ERROR", "[error 400] bad", false),
            ("ERROR ARGUMENTS", "ERROR: missing ARGUMENTS", true),
            ("ERROR ARGUMENTS", "ERROR: something", false),
            ("?ERROR ?ARGUMENTS", "missing ARGUMENTS", true),
            ("?ERROR ?ARGUMENTS", "all is well", false),
            ("ERROR -ARGUMENTS", "ERROR 401", true),
            ("ERROR -ARGUMENTS", "ERROR: ARGUMENTS", false),
            ("\"INTERNAL SERVER\"", "INTERNAL SERVER ERROR", true),
            ("\"INTERNAL SERVER\"", "INTERNAL AND SERVER", false),
            ("\"a \\\"b\\\"\"", "a \"b\" c", true),
            ("%[0-9]{3} grüße%", "say 123 grüße", true),
            ("%^[0-9]{3}$%", "1234", false),
            ("-\"a b\"", "a b", false),
        ];
        for (pattern, message, expected) in cases {
            assert_eq!(Pattern::parse(pattern).unwrap().matches(message), expected, "{pattern} in {message}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["a-b", "\"open", "%open", "%(%", "?", "-", "a &"] {
            assert_eq!(Pattern::parse(text).unwrap_err().code, "InvalidParameterException", "{text}");
        }
        for text in ["{ $.a = 1 }", " [ip, user]"] {
            assert_eq!(Pattern::parse(text).unwrap_err().code, "NotImplemented", "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[ -~äß\\\\\"%?-]{0,40}", message in ".{0,40}") {
            if let Ok(pattern) = Pattern::parse(&text) {
                pattern.matches(&message);
            }
        }
    }
}
