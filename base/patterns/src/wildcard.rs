//! Texts with stars that stand for any characters.

use crate::Error;

/// A text taken apart at its stars. A backslash takes a star, or a backslash, for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wildcard {
    pieces: Vec<String>,
}

impl Wildcard {
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let mut pieces = vec![String::new()];
        let mut letters = text.chars();
        let mut is_after_star = false;
        while let Some(letter) = letters.next() {
            let piece = match letter {
                '*' if is_after_star => {
                    return Err(Error::new("Consecutive wildcard characters at pos are not allowed"));
                }
                '*' => {
                    pieces.push(String::new());
                    is_after_star = true;
                    continue;
                }
                '\\' => match letters.next() {
                    Some(taken @ ('*' | '\\')) => taken,
                    _ => return Err(Error::new("Invalid escape character at pos")),
                },
                letter => letter,
            };
            is_after_star = false;
            if let Some(last) = pieces.last_mut() {
                last.push(piece);
            }
        }
        Ok(Wildcard { pieces })
    }

    /// How many stars it has.
    pub(crate) fn stars(&self) -> usize {
        self.pieces.len() - 1
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        matches_pieces(&self.pieces, text)
    }
}

/// Whether a text has these pieces, in order, with anything between two of them and nothing around all; of no pieces none.
#[must_use]
pub fn matches_pieces(pieces: &[String], text: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|whole| whole == text);
    };
    let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
    // The first place for each piece leaves the most for those behind it.
    for piece in middle {
        match rest.split_once(piece.as_str()) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last.as_str())
}
