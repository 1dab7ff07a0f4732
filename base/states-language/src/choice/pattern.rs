//! Texts with stars that stand for any characters, for StringMatches.

/// A text taken apart at its stars. A backslash takes a star, or a backslash, for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<String>);

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = vec![];
        let mut piece = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '*' => pieces.push(std::mem::take(&mut piece)),
                '\\' => match letters.next() {
                    Some(taken @ ('*' | '\\')) => piece.push(taken),
                    _ => {
                        return Err(
                            "StringMatches has a backslash before something else than '*' or '\\'".into()
                        );
                    }
                },
                letter => piece.push(letter),
            }
        }
        pieces.push(piece);
        Ok(Pattern(pieces))
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        patterns::matches_pieces(&self.0, text)
    }
}
