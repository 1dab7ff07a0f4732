//! Writes documents as forms, as clients do; the product only reads them.

use cloudlet_wire::{Document, Kind, Member, Protocol, Shape, TimestampFormat};

/// A form with the members of a structure.
pub(crate) fn write(protocol: Protocol, shape: &'static Shape, value: &Document) -> String {
    let mut form = Form { is_ec2: protocol == Protocol::Ec2Query, pairs: Vec::new() };
    form.value(shape, value, "", false);
    let mut text = form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(form.pairs).finish()
}

struct Form {
    is_ec2: bool,
    pairs: Vec<(String, String)>,
}

impl Form {
    fn value(&mut self, shape: &'static Shape, value: &Document, path: &str, flattened: bool) {
        let text = match (&shape.kind, value) {
            (Kind::Structure { members, .. }, Document::Map(map)) => {
                for member in *members {
                    if let Some(value) = map.get(member.name) {
                        let path = join(path, &self.name(member));
                        self.value(member.shape, value, &path, member.flattened);
                    }
                }
                return;
            }
            (Kind::List { member, flattened: own }, Document::List(values)) => {
                let is_flat = *own || flattened || self.is_ec2;
                if values.is_empty() {
                    return self.pairs.push((path.to_owned(), String::new()));
                }
                let path =
                    if is_flat { path.into() } else { join(path, member.location_name.unwrap_or("member")) };
                for (at, value) in values.iter().enumerate() {
                    self.value(member.shape, value, &format!("{path}.{}", at + 1), false);
                }
                return;
            }
            (Kind::Map { key, value: member, flattened: own }, Document::Map(map)) => {
                let is_flat = *own || flattened || self.is_ec2;
                let path = if is_flat { path.into() } else { join(path, "entry") };
                for (at, (name, value)) in map.iter().enumerate() {
                    let entry = format!("{path}.{}", at + 1);
                    self.pairs.push((join(&entry, key.location_name.unwrap_or("key")), name.clone()));
                    self.value(
                        member.shape,
                        value,
                        &join(&entry, member.location_name.unwrap_or("value")),
                        false,
                    );
                }
                return;
            }
            (Kind::Timestamp(format), Document::Timestamp(value)) => {
                value.format(format.unwrap_or(TimestampFormat::DateTime))
            }
            (_, Document::Blob(value)) => {
                base64::Engine::encode(&base64::engine::general_purpose::STANDARD, value)
            }
            (_, Document::String(value)) => value.clone(),
            (_, Document::Boolean(value)) => value.to_string(),
            (_, Document::Integer(value)) => value.to_string(),
            (_, Document::Double(value)) => value.to_string(),
            _ => return,
        };
        self.pairs.push((path.to_owned(), text));
    }

    fn name(&self, member: &Member) -> String {
        let inner = match member.shape.kind {
            Kind::List { member: inner, flattened } if flattened || member.flattened => inner.location_name,
            _ => None,
        };
        match member.query_name.or(inner.filter(|_| !self.is_ec2)) {
            Some(name) => name.to_owned(),
            None if self.is_ec2 => {
                let (first, rest) = member.wire_name().split_at(1);
                first.to_uppercase() + rest
            }
            None => member.wire_name().to_owned(),
        }
    }
}

fn join(path: &str, segment: &str) -> String {
    if path.is_empty() { segment.to_owned() } else { format!("{path}.{segment}") }
}
