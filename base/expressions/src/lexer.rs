//! The text of an expression as tokens. Never fails: a character that no expression may have is a token too, which
//! every parser refuses where it stands.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An attribute's name, a function's name or a keyword.
    Word,
    /// A placeholder of a name, with its `#`.
    Name,
    /// A placeholder of a value, with its `:`.
    Value,
    /// Digits: the index of a list's element.
    Digits,
    /// An operator or a punctuation mark.
    Symbol,
    /// A character that expressions do not have.
    Unknown,
    /// The end of the text.
    End,
}

/// A token and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// Byte offset of the token in the expression.
    pub(crate) start: usize,
}

impl Token<'_> {
    /// Byte offset behind the token.
    pub(crate) fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

/// Operators of two characters, before those of one.
const SYMBOLS: [&str; 14] = ["<=", ">=", "<>", "<", ">", "=", "(", ")", "[", "]", ",", ".", "+", "-"];

/// The tokens of an expression, the last of which is the end.
pub(crate) fn tokens(text: &str) -> Vec<Token<'_>> {
    // About as many as there are, so that it grows once at most.
    let mut tokens = Vec::with_capacity(2 + text.len() / 4);
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        if matches!(first, ' ' | '\t' | '\r' | '\n') {
            start += 1;
            continue;
        }
        let (kind, length) = measure(&text[start..], first);
        tokens.push(Token { kind, text: &text[start..start + length], start });
        start += length;
    }
    tokens.push(Token { kind: Kind::End, text: "", start: text.len() });
    tokens
}

/// The kind and the length of the token that `rest` begins with.
fn measure(rest: &str, first: char) -> (Kind, usize) {
    let run = |from: usize, belongs: fn(&u8) -> bool| from + rest[from..].bytes().take_while(belongs).count();
    let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    match first {
        'a'..='z' | 'A'..='Z' => (Kind::Word, run(1, in_word)),
        '0'..='9' => (Kind::Digits, run(1, u8::is_ascii_digit)),
        '#' | ':' => match run(1, in_word) {
            1 => (Kind::Unknown, 1),
            length if first == '#' => (Kind::Name, length),
            length => (Kind::Value, length),
        },
        _ => match SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol)) {
            Some(symbol) => (Kind::Symbol, symbol.len()),
            None => (Kind::Unknown, first.len_utf8()),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(expression: &str) -> Vec<(Kind, &str)> {
        tokens(expression).iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn an_expression_falls_into_tokens() {
        let symbol = |text| (Kind::Symbol, text);
        let expected = [
            (Kind::Word, "a_1"),
            symbol("."),
            (Kind::Name, "#b"),
            symbol("["),
            (Kind::Digits, "10"),
            symbol("]"),
            symbol("<>"),
            symbol(">="),
            (Kind::Value, ":v_0"),
            (Kind::End, ""),
        ];
        assert_eq!(texts("a_1.#b [10]<>>=\t\r\n:v_0"), expected);
    }

    #[test]
    fn what_no_expression_has_is_a_token() {
        let unknown = |text| (Kind::Unknown, text);
        assert_eq!(
            texts("_1é#:"),
            vec![
                unknown("_"),
                (Kind::Digits, "1"),
                unknown("é"),
                unknown("#"),
                unknown(":"),
                (Kind::End, "")
            ]
        );
    }

    proptest! {
        #[test]
        fn tokens_and_spaces_make_up_the_text(text in any::<String>()) {
            let mut end = 0;
            for token in tokens(&text) {
                prop_assert!(text[end..token.start].chars().all(|between| " \t\r\n".contains(between)));
                prop_assert_eq!(&text[token.start..token.end()], token.text);
                end = token.end();
            }
            prop_assert_eq!(end, text.len());
        }
    }
}
