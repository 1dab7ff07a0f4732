//! What stands in the path of an operation's requests, where a document says it instead.

use super::position_of;
use crate::rest::Labels;
use crate::{Document, Location, Member, Shape};

/// The labels that the path of this input would have.
#[must_use]
pub fn labels_of(shape: &'static Shape, document: &Document) -> Labels {
    let Document::Map(map) = document else { return Labels::default() };
    let label = |(name, value): (&String, &Document)| {
        let member = shape.members().get(position_of(shape, name)?).filter(|member| is_label(member))?;
        Some((member.wire_name(), value.as_str()?.to_owned()))
    };
    map.iter().filter_map(label).collect()
}

/// The same input with these labels in its path.
#[must_use]
pub fn with_labels(shape: &'static Shape, mut document: Document, labels: &Labels) -> Document {
    if let Document::Map(map) = &mut document {
        for member in shape.members().iter().filter(|member| is_label(member)) {
            let Some(value) = labels.get(member.wire_name()) else { continue };
            map.retain(|name, _| {
                position_of(shape, name).and_then(|index| shape.members().get(index)).map(|known| known.name)
                    != Some(member.name)
            });
            map.insert(member.name.to_owned(), Document::String(value.to_owned()));
        }
    }
    document
}

fn is_label(member: &Member) -> bool {
    member.location == Location::Uri
}
