//! The headers that trail a chunked body. Knows which of them is the signature; gives the others no meaning.

use super::{Error, Field};
use crate::payload::{HashText, sha256};

const SIGNATURE: &str = "x-amz-trailer-signature";
/// Most trailing headers in one body.
const FIELDS_MAX: usize = 16;

/// The trailing headers read so far.
#[derive(Debug, Default)]
pub(super) struct Trailer {
    fields: Vec<Field>,
    signature: Option<String>,
    blanks: usize,
}

impl Trailer {
    /// Takes a line `name:value`.
    pub(super) fn push(&mut self, line: &[u8]) -> Result<(), Error> {
        let line = std::str::from_utf8(line).map_err(|_| Error::Trailer)?;
        let (name, value) = line.split_once(':').ok_or(Error::Trailer)?;
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        if name.is_empty() || self.signature.is_some() || self.fields.len() >= FIELDS_MAX {
            return Err(Error::Trailer);
        }
        if name == SIGNATURE {
            self.signature = Some(value);
        } else if self.blanks > 0 {
            return Err(Error::Trailer);
        } else {
            self.fields.push((name, value));
        }
        Ok(())
    }

    /// Allows one empty line before the signature.
    pub(super) fn skip_blank(&mut self) -> Result<(), Error> {
        self.blanks += 1;
        if self.blanks == 1 { Ok(()) } else { Err(Error::Trailer) }
    }

    pub(super) fn is_after_signature(&self) -> bool {
        self.signature.is_some()
    }

    /// The signature as given.
    pub(super) fn signature(&self) -> &str {
        self.signature.as_deref().unwrap_or_default()
    }

    /// The hash of the canonical trailer: `name:value` and a line feed for each.
    pub(super) fn hash(&self) -> HashText {
        let mut fields = self.fields.clone();
        fields.sort_unstable();
        let text: String = fields.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        HashText::of(&sha256(text.as_bytes()))
    }

    pub(super) fn into_fields(self) -> Vec<Field> {
        self.fields
    }
}
