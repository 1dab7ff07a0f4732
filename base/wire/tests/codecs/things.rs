//! A typed structure, as generated crates have them.

use std::collections::BTreeMap;

use bytes::Bytes;
use cloudlet_wire::{
    Checks, Decode, Encode, Malformed, Members, Reader, Shape, Timestamp, Writer, decode_structure,
};

/// A value of [`crate::schemas::THING`].
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Thing {
    text: Option<String>,
    flag: Option<bool>,
    integer: Option<i32>,
    long: Option<i64>,
    float: Option<f32>,
    double: Option<f64>,
    blob: Option<Bytes>,
    moment: Option<Timestamp>,
    texts: Option<Vec<String>>,
    counts: Option<BTreeMap<String, i32>>,
    inner: Option<Box<Thing>>,
    items: Option<Vec<Thing>>,
}

impl Decode for Thing {
    fn decode(
        shape: &'static Shape,
        reader: &mut dyn Reader,
        checks: &mut Checks,
    ) -> Result<Self, Malformed> {
        let mut value = Self::default();
        decode_structure(shape, reader, checks, &mut |index, shape, reader, checks| {
            match index {
                0 => value.text = Some(Decode::decode(shape, reader, checks)?),
                1 => value.flag = Some(Decode::decode(shape, reader, checks)?),
                2 => value.integer = Some(Decode::decode(shape, reader, checks)?),
                3 => value.long = Some(Decode::decode(shape, reader, checks)?),
                4 => value.float = Some(Decode::decode(shape, reader, checks)?),
                5 => value.double = Some(Decode::decode(shape, reader, checks)?),
                6 => value.blob = Some(Decode::decode(shape, reader, checks)?),
                7 => value.moment = Some(Decode::decode(shape, reader, checks)?),
                8 => value.texts = Some(Decode::decode(shape, reader, checks)?),
                9 => value.counts = Some(Decode::decode(shape, reader, checks)?),
                10 => value.inner = Some(Decode::decode(shape, reader, checks)?),
                11 => value.items = Some(Decode::decode(shape, reader, checks)?),
                _ => {}
            }
            Ok(())
        })?;
        Ok(value)
    }
}

impl Encode for Thing {
    fn encode(&self, shape: &'static Shape, writer: &mut dyn Writer) {
        writer.structure(shape, self);
    }
}

impl Members for Thing {
    fn members(&self, each: &mut dyn FnMut(usize, &dyn Encode)) {
        let members: [Option<&dyn Encode>; 12] = [
            self.text.as_ref().map(|value| value as &dyn Encode),
            self.flag.as_ref().map(|value| value as &dyn Encode),
            self.integer.as_ref().map(|value| value as &dyn Encode),
            self.long.as_ref().map(|value| value as &dyn Encode),
            self.float.as_ref().map(|value| value as &dyn Encode),
            self.double.as_ref().map(|value| value as &dyn Encode),
            self.blob.as_ref().map(|value| value as &dyn Encode),
            self.moment.as_ref().map(|value| value as &dyn Encode),
            self.texts.as_ref().map(|value| value as &dyn Encode),
            self.counts.as_ref().map(|value| value as &dyn Encode),
            self.inner.as_ref().map(|value| value as &dyn Encode),
            self.items.as_ref().map(|value| value as &dyn Encode),
        ];
        for (index, value) in members.into_iter().enumerate() {
            if let Some(value) = value {
                each(index, value);
            }
        }
    }
}
