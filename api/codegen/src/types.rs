//! The Rust type of a value.

use crate::facts::{Member, Shape};
use crate::model::Model;
use crate::reach::is_boxed;

/// The type of a member that is there.
pub(crate) fn of_member(model: &Model<'_>, owner: &str, member: &Member) -> String {
    if streams(model, member) {
        return "::wire::Body".into();
    }
    let plain = of_shape(model, &member.shape);
    if is_boxed(model.facts, owner, member) { format!("::std::boxed::Box<{plain}>") } else { plain }
}

/// Whether a member is an `Option`: it may be absent, the service wants to see its absence, or it is boxed (a default
/// value of itself would have no end). A stream is always there, and may have no bytes.
pub(crate) fn is_optional(model: &Model<'_>, owner: &str, shape: &Shape, member: &Member) -> bool {
    let may_be_absent = !shape.requires(member) || member.unchecked || is_boxed(model.facts, owner, member);
    may_be_absent && !streams(model, member)
}

/// Whether a member is a blob that streams, or a stream of events: a body of frames, which `wire::event_stream` makes.
pub(crate) fn streams(model: &Model<'_>, member: &Member) -> bool {
    model.shape(&member.shape).is_some_and(|shape| {
        shape.event_stream || (shape.kind == "blob" && (shape.streaming || member.streaming))
    })
}

/// The type of values of a shape.
pub(crate) fn of_shape(model: &Model<'_>, name: &str) -> String {
    let Some(shape) = model.shape(name) else { return "::wire::Document".into() };
    if shape.is_structure() || shape.is_enumeration() || model.is_by_hand(name) {
        return model.type_name(name).into();
    }
    match shape.kind.as_str() {
        "boolean" => "bool",
        "integer" | "short" | "byte" => "i32",
        "long" => "i64",
        "float" => "f32",
        "double" => "f64",
        "blob" => "::bytes::Bytes",
        "timestamp" => "::wire::Timestamp",
        "list" => return format!("::std::vec::Vec<{}>", inside(model, shape, shape.member.as_ref())),
        "map" => {
            let value = inside(model, shape, shape.value.as_ref());
            return format!("::std::collections::BTreeMap<::std::string::String, {value}>");
        }
        "structure" => "::wire::Document",
        _ => "::std::string::String",
    }
    .into()
}

/// The type of the values of a list or map; those of a sparse one may be null.
fn inside(model: &Model<'_>, shape: &Shape, member: Option<&Member>) -> String {
    let plain = member.map(|member| of_shape(model, &member.shape)).unwrap_or_default();
    if shape.sparse { format!("::std::option::Option<{plain}>") } else { plain }
}

#[cfg(test)]
mod tests {
    use crate::{Written, code};

    #[test]
    fn a_blob_that_streams_is_a_body_wherever_the_trait_stands() {
        let facts = r#"{ "service": "x", "apiVersion": "1", "endpointPrefix": "x", "signingName": "x", "serviceId": "X",
            "protocol": "rest-xml", "protocols": ["rest-xml"],
            "operations": { "Echo": { "http": { "method": "PUT", "requestUri": "/" }, "input": "In", "output": "Out" } },
            "shapes": {
                "In": { "type": "structure", "payload": "Body", "members": [
                    { "name": "Body", "shape": "Blob", "streaming": true }, { "name": "Blob", "shape": "Blob" }] },
                "Out": { "type": "structure", "payload": "Body", "members": [{ "name": "Body", "shape": "Stream" }] },
                "Blob": { "type": "blob" }, "Stream": { "type": "blob", "streaming": true } } }"#;
        let code = code(facts, &Written::All, &[]).unwrap();
        assert_eq!(code.matches("pub body: ::wire::Body,").count(), 2);
        assert_eq!(code.matches("pub blob: ::std::option::Option<::bytes::Bytes>,").count(), 1);
        assert_eq!(
            code.matches("#[derive(Debug, Default)]").count(),
            2,
            "a stream is neither copied nor compared"
        );
    }
}
