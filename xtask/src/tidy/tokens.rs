//! What a source file defines, and how long its functions are, told by its tokens.
//!
//! Tokens know strings, comments and brackets, which is all that is needed here. A tree of the syntax would know more, but
//! `syn` with all of Rust takes sixteen seconds of processor time to build, `proc-macro2` two.

use proc_macro2::{Delimiter, LexError, TokenStream, TokenTree};

/// Words behind which stands the name of what they define.
const DEFINING: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "mod"];

/// What stands in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) functions: Vec<Function>,
    /// Names of everything that is defined, functions among them, and of the variants of enumerations.
    pub(crate) names: Vec<String>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// From the line of its `fn` to that of its last brace.
    pub(crate) lines: usize,
}

/// Reads a source file.
pub(crate) fn read(text: &str) -> Result<Contents, LexError> {
    let mut contents = Contents::default();
    contents.add(text.parse()?);
    Ok(contents)
}

impl Contents {
    fn add(&mut self, stream: TokenStream) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        for (at, token) in tokens.iter().enumerate() {
            match (token, tokens.get(at + 1)) {
                (TokenTree::Ident(word), Some(TokenTree::Ident(name))) => {
                    let word_text = word.to_string();
                    if DEFINING.contains(&word_text.as_str()) {
                        self.names.push(name.to_string());
                    }
                    let body = (word_text == "fn").then(|| body(&tokens[at + 2..])).flatten();
                    if let Some(last) = body {
                        let lines = last + 1 - word.span().start().line;
                        self.functions.push(Function { name: name.to_string(), lines });
                    }
                }
                (TokenTree::Group(group), _) => {
                    if is_enum(&tokens[..at]) {
                        self.add_variants(group.stream());
                    }
                    self.add(group.stream());
                }
                _ => {}
            }
        }
    }

    fn add_variants(&mut self, stream: TokenStream) {
        self.names.extend(stream.into_iter().filter_map(|token| match token {
            TokenTree::Ident(name) => Some(name.to_string()),
            _ => None,
        }));
    }
}

/// The last line of the body that a function's signature leads to; none where there is only a signature.
fn body(signature: &[TokenTree]) -> Option<usize> {
    for token in signature {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                return Some(group.span_close().end().line);
            }
            TokenTree::Punct(end) if end.as_char() == ';' => return None,
            _ => {}
        }
    }
    None
}

/// Whether the braces behind these tokens are those of an enumeration without parameters.
fn is_enum(before: &[TokenTree]) -> bool {
    matches!(before, [.., TokenTree::Ident(word), TokenTree::Ident(_)] if word == "enum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured() {
        let code = r#"
impl X {
    /// Words: fn no() {
    pub async fn long(
        self,
    ) -> Y where Z: Fn(u8) -> u8 {
        let text = "fn neither() {";
        if x {
            fn inside() { }
        }
    }
    fn declared(call: fn(u8) -> u8);
}
fn short() {}
"#;
        let functions = read(code).unwrap().functions;
        let found: Vec<_> =
            functions.iter().map(|function| (function.name.as_str(), function.lines)).collect();
        assert_eq!(found, [("long", 8), ("inside", 1), ("short", 1)]);
    }

    #[test]
    fn names_are_found() {
        let code = "pub enum A { One, Two(u8) } struct B; mod c { const D: u8 = 1; } trait E { fn f(); }";
        let names = read(code).unwrap().names;
        assert_eq!(names, ["A", "One", "Two", "B", "c", "D", "E", "f"]);
        assert!(read("fn broken( {").is_err());
    }
}
