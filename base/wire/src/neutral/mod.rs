//! Neutral documents: any input made of one, and any output made into one, by the schema alone and without a protocol.
//!
//! It is for callers that know operations by their names only. A payload that streams is left to whoever can wait for it: nothing
//! here does.

mod json;
mod labels;
mod reader;
mod writer;

use crate::{Body, Checks, Decode, Document, Encode, Kind, Malformed, Member, Shape};

pub use labels::{labels_of, with_labels};

/// How a document spells names and values that need a spelling where no protocol is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Names are the model's. A text that stands for bytes is base64, and moments are seconds, as in most JSON protocols.
    #[default]
    Model,
    /// The names of members begin with a capital. What stands for bytes or for a text is itself, or its JSON where it is more
    /// than a text, and moments are calendar texts: as tasks of Step Functions have it.
    Capital,
}

/// An output as a document.
#[derive(Debug, Default)]
pub struct Neutral {
    /// What is here.
    pub document: Document,
    /// The name in it of a payload that is still to come.
    pub streams: Option<(String, Body)>,
}

impl Spelling {
    /// How a member is called in documents that are written so.
    #[must_use]
    pub fn name(self, member: &Member) -> String {
        match self {
            Spelling::Model => member.name.to_owned(),
            Spelling::Capital => {
                let mut letters = member.name.chars();
                letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
            }
        }
    }
}

/// The position of the member that a document means: by its name in the model, whatever the case of its first letter.
#[must_use]
pub fn position_of(shape: &Shape, name: &str) -> Option<usize> {
    let is_exact = |member: &Member| member.name == name;
    let is_near = |member: &Member| {
        let (known, name) = (member.name.split_at_checked(1), name.split_at_checked(1));
        known.zip(name).is_some_and(|((first, rest), (its_first, its_rest))| {
            rest == its_rest && first.eq_ignore_ascii_case(its_first)
        })
    };
    let members = shape.members();
    members.iter().position(is_exact).or_else(|| members.iter().position(is_near))
}

/// Reads a value out of a document, and notes in `checks` what it violates.
pub(crate) fn read<T: Decode>(
    shape: &'static Shape,
    document: Document,
    spelling: Spelling,
    checks: &mut Checks,
) -> Result<T, Malformed> {
    T::decode(shape, &mut reader::DocumentReader::new(document, spelling), checks)
}

/// Makes a document of a value.
pub(crate) fn write(shape: &'static Shape, value: &dyn Encode, spelling: Spelling) -> Neutral {
    let mut stream = None;
    let document = writer::document(shape, value, spelling, &mut stream);
    let payload = match shape.kind {
        Kind::Structure { payload: Some(payload), .. } => shape.members().get(payload),
        _ => None,
    };
    Neutral { document, streams: payload.map(|member| spelling.name(member)).zip(stream) }
}

#[cfg(test)]
mod tests;
