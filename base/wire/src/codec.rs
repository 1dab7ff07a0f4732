//! The seam between types and protocols: what a type says of itself, and what a protocol does with it.

use std::fmt;

use bytes::Bytes;

use crate::{Body, Checks, Document, Kind, Member, Shape, Timestamp};

/// A message that cannot be read at all: AWS answers `SerializationException` (JSON), `MalformedInput` or the like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed(pub String);

impl Malformed {
    /// A value of another kind than the model has, as AWS's JSON services word it.
    #[must_use]
    pub fn kind(found: &str, shape: &Shape) -> Self {
        let wanted = match shape.kind {
            Kind::Boolean => "Boolean",
            Kind::Integer => "Integer",
            Kind::Long => "Long",
            Kind::Float => "Float",
            Kind::Double => "Double",
            Kind::String { .. } => "String",
            Kind::Blob { .. } => "Blob",
            Kind::Timestamp(_) => "Timestamp",
            Kind::Document => "Document",
            Kind::List { .. } => "List",
            Kind::Map { .. } => "Map",
            Kind::Structure { .. } => return Self("Unexpected value type in payload".into()),
        };
        Self(format!(
            "{found} can not be converted to {} {wanted}",
            if wanted == "Integer" { "an" } else { "a" }
        ))
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Called for each member that a message has: its position, itself, and the reader that stands before its value.
pub type EachMember<'a> = dyn FnMut(usize, &'static Member, &mut dyn Reader) -> Result<(), Malformed> + 'a;
/// Called for each entry of a map: its key, and the reader that stands before its value.
pub type EachEntry<'a> = dyn FnMut(&str, &mut dyn Reader) -> Result<(), Malformed> + 'a;
/// Called for each value of a list with the reader that stands before it.
pub type EachValue<'a> = dyn FnMut(&mut dyn Reader) -> Result<(), Malformed> + 'a;

/// A protocol's way to read a value; it stands before exactly one value and each call consumes it.
///
/// Unknown members are skipped by the reader. Depth and size are limited by the reader: no input makes it recurse or
/// allocate beyond its limits. A reader of places that hold only some kinds of values leaves the others as they are here:
/// refused.
pub trait Reader {
    /// Whether the value is an explicit null; consumes it if so.
    fn null(&mut self) -> Result<bool, Malformed> {
        Ok(false)
    }
    /// Reads a boolean.
    fn boolean(&mut self, shape: &'static Shape) -> Result<bool, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a whole number; the caller checks the width.
    fn integer(&mut self, shape: &'static Shape) -> Result<i64, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a floating-point number, NaN and the infinities included.
    fn double(&mut self, shape: &'static Shape) -> Result<f64, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads text.
    fn string(&mut self, shape: &'static Shape) -> Result<String, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads bytes.
    fn blob(&mut self, shape: &'static Shape) -> Result<Bytes, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a streaming blob, whose bytes may be still to come.
    fn stream(&mut self, shape: &'static Shape) -> Result<Body, Malformed> {
        self.blob(shape).map(Body::from)
    }
    /// Reads a moment.
    fn timestamp(&mut self, shape: &'static Shape) -> Result<Timestamp, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads any value.
    fn document(&mut self, shape: &'static Shape) -> Result<Document, Malformed> {
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a structure or union, member by member, in the order of the message.
    fn structure(&mut self, shape: &'static Shape, each: &mut EachMember<'_>) -> Result<(), Malformed> {
        let _ = each;
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a list.
    fn list(&mut self, shape: &'static Shape, each: &mut EachValue<'_>) -> Result<(), Malformed> {
        let _ = each;
        Err(Malformed::kind("VALUE", shape))
    }
    /// Reads a map.
    fn map(&mut self, shape: &'static Shape, each: &mut EachEntry<'_>) -> Result<(), Malformed> {
        let _ = each;
        Err(Malformed::kind("VALUE", shape))
    }
}

/// A protocol's way to write a value. A writer of places that hold only some kinds of values leaves the others as they
/// are here: not written.
///
/// It writes each value of a list or map, once, before it asks for the next one: they may come from where they lie.
pub trait Writer {
    /// Writes an explicit null (values of sparse lists and maps).
    fn null(&mut self) {}
    /// Writes a boolean.
    fn boolean(&mut self, shape: &'static Shape, value: bool) {
        let _ = (shape, value);
    }
    /// Writes a whole number.
    fn integer(&mut self, shape: &'static Shape, value: i64) {
        let _ = (shape, value);
    }
    /// Writes a 32-bit floating-point number with the digits that a 32-bit reader needs.
    fn float(&mut self, shape: &'static Shape, value: f32) {
        let _ = (shape, value);
    }
    /// Writes a floating-point number, NaN and the infinities included.
    fn double(&mut self, shape: &'static Shape, value: f64) {
        let _ = (shape, value);
    }
    /// Writes text.
    fn string(&mut self, shape: &'static Shape, value: &str) {
        let _ = (shape, value);
    }
    /// Writes bytes.
    fn blob(&mut self, shape: &'static Shape, value: &[u8]) {
        let _ = (shape, value);
    }
    /// Writes a streaming blob, and takes what is in it. As a value among others it is written when it is here.
    fn stream(&mut self, shape: &'static Shape, value: &Body) {
        if let Some(bytes) = value.whole() {
            self.blob(shape, &bytes);
        }
    }
    /// Writes a moment.
    fn timestamp(&mut self, shape: &'static Shape, value: Timestamp) {
        let _ = (shape, value);
    }
    /// Writes any value.
    fn document(&mut self, shape: &'static Shape, value: &Document) {
        let _ = (shape, value);
    }
    /// Writes a structure or union: the members that are present.
    fn structure(&mut self, shape: &'static Shape, members: &dyn Members) {
        let _ = (shape, members);
    }
    /// Writes a list.
    fn list(&mut self, shape: &'static Shape, values: &mut dyn Iterator<Item = &dyn Encode>) {
        let _ = (shape, values);
    }
    /// Writes a map.
    fn map(&mut self, shape: &'static Shape, entries: &mut dyn Iterator<Item = (&str, &dyn Encode)>) {
        let _ = (shape, entries);
    }
}

/// A value that can be read from any protocol.
pub trait Decode: Sized {
    /// Reads one value of `shape`, and notes in `checks` what it violates.
    ///
    /// # Errors
    /// [`Malformed`] when the message is no message of this shape at all.
    fn decode(shape: &'static Shape, reader: &mut dyn Reader, checks: &mut Checks)
    -> Result<Self, Malformed>;
}

/// A value that can be written in any protocol.
pub trait Encode {
    /// Writes this value, which is of `shape`.
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer);
}

/// A structure's members, for writers.
pub trait Members {
    /// Calls `each` for every member that is present, by its position in the shape, in the shape's order.
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode));
}

/// The members that a generated structure reads: position, the member's shape, the reader before its value.
pub type ReadMember<'a> =
    dyn FnMut(usize, &'static Shape, &mut dyn Reader, &mut Checks) -> Result<(), Malformed> + 'a;

/// Reads a structure: keeps the path for [`Checks`], skips nulls, and notes required members that did not come.
///
/// # Errors
/// [`Malformed`] from the reader or from a member.
pub fn decode_structure(
    shape: &'static Shape,
    reader: &mut dyn Reader,
    checks: &mut Checks,
    read: &mut ReadMember<'_>,
) -> Result<(), Malformed> {
    let mut seen = Seen::default();
    checks.enter_structure()?;
    reader.structure(shape, &mut |index, member, reader| {
        if reader.null()? {
            return Ok(());
        }
        seen.insert(index);
        checks.enter_member(member);
        read(index, member.shape, reader, checks)?;
        checks.leave_member();
        Ok(())
    })?;
    checks.leave_structure();
    for (index, member) in shape.members().iter().enumerate() {
        if member.required && !seen.contains(index) {
            checks.missing(member);
        }
    }
    Ok(())
}

/// Reads a union: like [`decode_structure`], and exactly one member must come.
///
/// # Errors
/// [`Malformed`] when none or several members are present.
pub fn decode_union(
    shape: &'static Shape,
    reader: &mut dyn Reader,
    checks: &mut Checks,
    read: &mut ReadMember<'_>,
) -> Result<(), Malformed> {
    let mut count = 0;
    decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {
        count += 1;
        read(index, shape, reader, checks)
    })?;
    match count {
        1 => Ok(()),
        0 => Err(Malformed(format!("Unions must have exactly one member set: {} has none", shape.name))),
        _ => Err(Malformed(format!("Unions must have exactly one member set: {} has {count}", shape.name))),
    }
}

/// The set of positions that a message had. Every model's widest structure fits.
#[derive(Default)]
struct Seen([u64; 4]);

impl Seen {
    fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    fn contains(&self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }
}
