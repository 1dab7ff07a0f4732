//! Values as requests have them.

use std::collections::BTreeMap;
use std::mem::discriminant;

use bytes::Bytes;
use wire::{Checks, Decode, Encode, Malformed, Members, Reader, Shape, Writer};

/// A value as a client wrote it: it may be of no type or of several, and its numbers may be none.
///
/// As a structure with a member for each type it would be five times as large, and a map of one such value takes 3 KB.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AttributeValue {
    /// Of no type.
    #[default]
    Nothing,
    /// Of several types.
    Several,
    S(String),
    N(String),
    B(Bytes),
    Ss(Vec<String>),
    Ns(Vec<String>),
    Bs(Vec<Bytes>),
    M(BTreeMap<String, AttributeValue>),
    L(Vec<AttributeValue>),
    Null(bool),
    Bool(bool),
}

/// The members of the shape, by their positions.
pub(crate) mod member {
    pub(crate) const S: usize = 0;
    pub(crate) const N: usize = 1;
    pub(crate) const B: usize = 2;
    pub(crate) const SS: usize = 3;
    pub(crate) const NS: usize = 4;
    pub(crate) const BS: usize = 5;
    pub(crate) const M: usize = 6;
    pub(crate) const L: usize = 7;
    pub(crate) const NULL: usize = 8;
    pub(crate) const BOOL: usize = 9;
}

impl Decode for AttributeValue {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let mut value = Self::Nothing;
        wire::decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {
            let read = Self::decode_member(index, shape, reader, checks)?;
            let is_first = value == Self::Nothing || discriminant(&value) == discriminant(&read);
            value = if is_first { read } else { Self::Several };
            Ok(())
        })?;
        Ok(value)
    }
}

impl AttributeValue {
    fn decode_member(
        index: usize,
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        Ok(match index {
            member::S => Self::S(Decode::decode(shape, reader, checks)?),
            member::N => Self::N(Decode::decode(shape, reader, checks)?),
            member::B => Self::B(Decode::decode(shape, reader, checks)?),
            member::SS => Self::Ss(Decode::decode(shape, reader, checks)?),
            member::NS => Self::Ns(Decode::decode(shape, reader, checks)?),
            member::BS => Self::Bs(Decode::decode(shape, reader, checks)?),
            member::M => Self::M(Decode::decode(shape, reader, checks)?),
            member::L => Self::L(Decode::decode(shape, reader, checks)?),
            member::NULL => Self::Null(Decode::decode(shape, reader, checks)?),
            _ => Self::Bool(Decode::decode(shape, reader, checks)?),
        })
    }
}

impl Encode for AttributeValue {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for AttributeValue {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        match self {
            Self::Nothing | Self::Several => {}
            Self::S(text) => each(member::S, text),
            Self::N(number) => each(member::N, number),
            Self::B(bytes) => each(member::B, bytes),
            Self::Ss(texts) => each(member::SS, texts),
            Self::Ns(numbers) => each(member::NS, numbers),
            Self::Bs(blobs) => each(member::BS, blobs),
            Self::M(map) => each(member::M, map),
            Self::L(list) => each(member::L, list),
            Self::Null(is_null) => each(member::NULL, is_null),
            Self::Bool(value) => each(member::BOOL, value),
        }
    }
}
