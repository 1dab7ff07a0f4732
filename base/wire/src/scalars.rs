//! [`Decode`] and [`Encode`] for the types that members are made of.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{Checks, Decode, Document, Encode, Kind, Malformed, Members, Reader, Shape, Timestamp, Writer};

impl Decode for bool {
    fn decode(shape: &'static Shape, reader: &mut dyn Reader, _: &mut Checks) -> Result<Self, Malformed> {
        reader.boolean(shape)
    }
}

impl Decode for i32 {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let wide = reader.integer(shape)?;
        let value = i32::try_from(wide)
            .map_err(|_| Malformed(format!("{wide} can not be converted to an Integer")))?;
        checks.number(shape, f64::from(value));
        Ok(value)
    }
}

impl Decode for i64 {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let value = reader.integer(shape)?;
        checks.number(shape, value as f64);
        Ok(value)
    }
}

impl Decode for f32 {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let value = reader.double(shape)?;
        checks.number(shape, value);
        Ok(value as f32)
    }
}

impl Decode for f64 {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let value = reader.double(shape)?;
        checks.number(shape, value);
        Ok(value)
    }
}

impl Decode for String {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let value = reader.string(shape)?;
        checks.string(shape, &value);
        Ok(value)
    }
}

impl Decode for Bytes {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let value = reader.blob(shape)?;
        checks.blob(shape, value.len());
        Ok(value)
    }
}

impl Decode for Timestamp {
    fn decode(shape: &'static Shape, reader: &mut dyn Reader, _: &mut Checks) -> Result<Self, Malformed> {
        reader.timestamp(shape)
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        if reader.null()? { Ok(None) } else { T::decode(shape, reader, checks).map(Some) }
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        T::decode(shape, reader, checks).map(Box::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let Kind::List { member, .. } = &shape.kind else { return Err(Malformed::kind("List", shape)) };
        let mut values = Vec::new();
        reader.list(shape, &mut |reader| {
            checks.enter_index(values.len());
            values.push(T::decode(member.shape, reader, checks)?);
            checks.leave_member();
            Ok(())
        })?;
        checks.collection(shape, values.len());
        Ok(values)
    }
}

impl<T: Decode> Decode for BTreeMap<String, T> {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let Kind::Map { key: key_member, value, .. } = &shape.kind else {
            return Err(Malformed::kind("Map", shape));
        };
        let mut entries = BTreeMap::new();
        reader.map(shape, &mut |key, reader| {
            checks.map_key(key_member.shape, key);
            checks.enter_key(key);
            let decoded = T::decode(value.shape, reader, checks)?;
            checks.leave_member();
            entries.insert(key.to_owned(), decoded);
            Ok(())
        })?;
        checks.collection(shape, entries.len());
        Ok(entries)
    }
}

impl Encode for bool {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.boolean(shape, *self);
    }
}

impl Encode for i32 {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.integer(shape, i64::from(*self));
    }
}

impl Encode for i64 {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.integer(shape, *self);
    }
}

impl Encode for f32 {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.float(shape, *self);
    }
}

impl Encode for f64 {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.double(shape, *self);
    }
}

impl Encode for str {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.string(shape, self);
    }
}

impl Encode for String {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.string(shape, self);
    }
}

impl Encode for [u8] {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.blob(shape, self);
    }
}

impl Encode for Bytes {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.blob(shape, self);
    }
}

impl Encode for Timestamp {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.timestamp(shape, *self);
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        match self {
            Some(value) => value.encode(shape, writer),
            None => writer.null(),
        }
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        (**self).encode(shape, writer);
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        (**self).encode(shape, writer);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.list(shape, &mut self.iter().map(|value| value as &dyn Encode));
    }
}

impl<T: Encode> Encode for BTreeMap<String, T> {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.map(shape, &mut self.iter().map(|(key, value)| (key.as_str(), value as &dyn Encode)));
    }
}

/// Reads and writes by the schema alone: any value of any shape as a neutral document.
impl Decode for Document {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        Ok(match &shape.kind {
            Kind::Boolean => Document::Boolean(reader.boolean(shape)?),
            Kind::Integer => Document::Integer(i64::from(i32::decode(shape, reader, checks)?)),
            Kind::Long => Document::Integer(i64::decode(shape, reader, checks)?),
            Kind::Float => Document::Double(f64::from(f32::decode(shape, reader, checks)?)),
            Kind::Double => Document::Double(f64::decode(shape, reader, checks)?),
            Kind::String { .. } => Document::String(String::decode(shape, reader, checks)?),
            Kind::Blob { .. } => Document::Blob(Bytes::decode(shape, reader, checks)?),
            Kind::Timestamp(_) => Document::Timestamp(reader.timestamp(shape)?),
            Kind::Document => reader.document(shape)?,
            Kind::List { .. } => Document::List(
                Vec::<Option<Document>>::decode(shape, reader, checks)?
                    .into_iter()
                    .map(Option::unwrap_or_default)
                    .collect(),
            ),
            Kind::Map { .. } => Document::Map(
                BTreeMap::<String, Option<Document>>::decode(shape, reader, checks)?
                    .into_iter()
                    .map(|(key, value)| (key, value.unwrap_or_default()))
                    .collect(),
            ),
            Kind::Structure { members, .. } => {
                let mut map = BTreeMap::new();
                crate::decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {
                    map.insert(members[index].name.to_owned(), Document::decode(shape, reader, checks)?);
                    Ok(())
                })?;
                Document::Map(map)
            }
        })
    }
}

impl Encode for Document {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        match (&shape.kind, self) {
            (Kind::Document, value) => writer.document(shape, value),
            (Kind::Structure { .. }, Document::Map(map)) => writer.structure(shape, &ByName { shape, map }),
            (_, Document::Boolean(value)) => writer.boolean(shape, *value),
            (Kind::Float, Document::Double(value)) => writer.float(shape, *value as f32),
            (Kind::Float, Document::Integer(value)) => writer.float(shape, *value as f32),
            (Kind::Double, Document::Integer(value)) => writer.double(shape, *value as f64),
            (_, Document::Integer(value)) => writer.integer(shape, *value),
            (_, Document::Double(value)) => writer.double(shape, *value),
            (_, Document::String(value)) => writer.string(shape, value),
            (_, Document::Blob(value)) => writer.blob(shape, value),
            (_, Document::Timestamp(value)) => writer.timestamp(shape, *value),
            (Kind::List { .. }, Document::List(values)) => {
                writer.list(shape, &mut values.iter().map(|value| value as &dyn Encode));
            }
            (Kind::Map { .. }, Document::Map(map)) => {
                writer.map(shape, &mut map.iter().map(|(key, value)| (key.as_str(), value as &dyn Encode)));
            }
            _ => writer.null(),
        }
    }
}

/// A document's entries as the members of a structure, in the order of the shape.
struct ByName<'a> {
    shape: &'static Shape,
    map: &'a BTreeMap<String, Document>,
}

impl Members for ByName<'_> {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        for (index, member) in self.shape.members().iter().enumerate() {
            match self.map.get(member.name) {
                None | Some(Document::Null) => {}
                Some(value) => each(index, value),
            }
        }
    }
}
