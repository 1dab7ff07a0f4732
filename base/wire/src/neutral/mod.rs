//! Neutral documents: any input made of one, and any output made into one, by the schema alone and without a protocol.
//!
//! It is for callers that know operations by their names only. A payload that streams is left to whoever can wait for it: nothing
//! here does.

mod json;
mod labels;
mod names;
mod reader;
mod writer;

use crate::{Body, Checks, Decode, Document, Encode, Kind, Malformed, Member, Shape};

pub use labels::{labels_of, with_labels};
pub use names::pascal;

/// How a document spells names and values that need a spelling where no protocol is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Spelling {
    /// Names are the model's. A text that stands for bytes is base64, and moments are seconds, as in most JSON protocols.
    #[default]
    Model,
    /// The names of members begin with a capital. A payload, and what stands for a text, is itself, or its JSON where it is more
    /// than that; moments are calendar texts: as tasks of Step Functions have it.
    Capital,
    /// The same, with acronyms as words: `DbInstance`.
    Pascal,
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
            Spelling::Pascal => pascal(member.name),
        }
    }

    /// Whether what is more than a text stands for its JSON.
    fn takes_json(self) -> bool {
        self != Spelling::Model
    }
}

/// The position of the member that a document means: by its name in the model, whatever the case of its first letter and of its
/// acronyms.
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
    let position = |is: &dyn Fn(&Member) -> bool| members.iter().position(is);
    position(&is_exact)
        .or_else(|| position(&is_near))
        .or_else(|| position(&|member| pascal(member.name) == name))
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
    let payload = payload_of(shape).and_then(|payload| shape.members().get(payload));
    Neutral { document, streams: payload.map(|member| spelling.name(member)).zip(stream) }
}

/// The position of the member that a REST protocol has as the whole body.
fn payload_of(shape: &Shape) -> Option<usize> {
    match shape.kind {
        Kind::Structure { payload, .. } => payload,
        _ => None,
    }
}

#[cfg(test)]
mod tests;
