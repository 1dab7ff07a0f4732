//! Reads JSON onto the heap, in one pass. Members keep their order, whatever features `serde_json` was built with.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::error::Thrown;
use crate::value::{Heap, Members, Value};

pub(super) fn read(text: &str, heap: &mut Heap) -> Result<Value, Thrown> {
    try_read(text, heap).map_err(|error| Thrown::new(error.to_string()))
}

/// Puts what was read already onto the heap.
pub(super) fn place(value: &serde_json::Value, heap: &mut Heap) -> Result<Value, Thrown> {
    Reader(heap).deserialize(value).map_err(|error| Thrown::new(error.to_string()))
}

/// Reads a text. An error of the category `Data` is the heap's: the text may be JSON.
pub(super) fn try_read(text: &str, heap: &mut Heap) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Reader(heap).deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

struct Reader<'h>(&'h mut Heap);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        let decimal = || Value::Decimal(number.to_string().parse().unwrap_or(f64::NAN));
        Ok(i64::try_from(number).map_or_else(|_| decimal(), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Decimal(number))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.0.text(text).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Reader(&mut *self.0))? {
            list.push(item);
        }
        self.0.json_list(list).map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Members::default();
        while let Some(key) = members.next_key::<String>()? {
            let member = members.next_value_seed(Reader(&mut *self.0))?;
            map.insert(key.into(), member);
        }
        self.0.map(map).map_err(A::Error::custom)
    }
}
