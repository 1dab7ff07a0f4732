//! Values of any type that serde reads: numbers and texts are all different, options are there, lists and maps have one
//! entry. Enums take another variant in each sample, so that the samples together have all of them.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, IntoDeserializer as _, Visitor};

/// Texts for types that do not take any, tried in this order.
const TEXTS: [&str; 6] =
    ["", "000000000000", "us-east-1", "arn:aws:sqs:us-east-1:000000000000:name", "1", "name"];
/// Bytes for types that do not take any, tried in this order.
const BYTES: [&[u8]; 3] = [b"", &[2], &[0; 25]];
/// Samples of one type, at most, and tries for one sample.
const SAMPLES_MAX: usize = 64;
const TRIES_MAX: usize = 1_000;
/// Enums inside of enums of the same name take their first variant.
const DEPTH_MAX: usize = 1;

/// Samples of a type.
pub(crate) fn of<T: DeserializeOwned>() -> Vec<T> {
    let mut samples = Vec::new();
    let mut variants = 1;
    while samples.len() < variants.min(SAMPLES_MAX) {
        let (sample, seen) = one(samples.len());
        variants = variants.max(seen);
        samples.push(sample);
    }
    samples
}

/// The sample in which enums have variant `variant` (counted on from their first when they have fewer), and how many
/// variants the largest enum in it has.
fn one<T: DeserializeOwned>(variant: usize) -> (T, usize) {
    // Which of the texts was chosen at each place where one is asked for; a refusal is about the last of them.
    let mut choices = Vec::new();
    for _ in 0..TRIES_MAX {
        let mut sampler = Sampler { variant, choices, chosen: 0, count: 0, variants: 1, enums: Vec::new() };
        match T::deserialize(&mut sampler) {
            Ok(value) => return (value, sampler.variants),
            Err(Refused(why)) => {
                choices = sampler.choices;
                choices.truncate(sampler.chosen);
                while choices.last().is_some_and(|choice| choice + 1 >= TEXTS.len()) {
                    choices.pop();
                }
                let last = choices.last_mut();
                *last.unwrap_or_else(|| panic!("no sample of {}: {why}", std::any::type_name::<T>())) += 1;
            }
        }
    }
    panic!("no sample of {} was found", std::any::type_name::<T>())
}

struct Sampler {
    variant: usize,
    choices: Vec<usize>,
    chosen: usize,
    count: u8,
    variants: usize,
    enums: Vec<&'static str>,
}

/// Why a value cannot be.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Refused(why.to_string())
    }
}

impl Sampler {
    /// A number that was not there before; small, so that it fits every type.
    fn number(&mut self) -> u8 {
        self.count = self.count % 100 + 1;
        self.count
    }

    fn choice(&mut self) -> usize {
        if self.chosen == self.choices.len() {
            self.choices.push(0);
        }
        self.chosen += 1;
        self.choices[self.chosen - 1]
    }

    fn text(&mut self) -> String {
        let number = self.number();
        match TEXTS[self.choice()] {
            "" => format!("text {number}"),
            text => text.to_owned(),
        }
    }

    fn bytes(&mut self) -> Vec<u8> {
        let number = self.number();
        match BYTES.get(self.choice()).copied().unwrap_or_default() {
            [] => format!("bytes {number}").into_bytes(),
            bytes => bytes.to_vec(),
        }
    }
}

macro_rules! numbers {
    ($($method:ident: $visit:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            visitor.$visit(self.number().into())
        })*
    };
}

impl<'de> Deserializer<'de> for &mut Sampler {
    type Error = Refused;

    numbers! {
        deserialize_i8: visit_i64 deserialize_i16: visit_i16 deserialize_i32: visit_i32 deserialize_i64: visit_i64
        deserialize_u8: visit_u8 deserialize_u16: visit_u16 deserialize_u32: visit_u32 deserialize_u64: visit_u64
        deserialize_f32: visit_f32 deserialize_f64: visit_f64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_bool(true)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_char('c')
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_string(self.text())
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_byte_buf(self.bytes())
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(Entries { sampler: self, left: 1, names: &[] })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_seq(Entries { sampler: self, left: len, names: &[] })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_map(Entries { sampler: self, left: 1, names: &[] })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_map(Entries { sampler: self, left: names.len(), names })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let is_inner = self.enums.iter().filter(|outer| **outer == name).count() >= DEPTH_MAX;
        self.variants = self.variants.max(variants.len());
        let variant = if is_inner { 0 } else { self.variant % variants.len() };
        self.enums.push(name);
        let value = visitor.visit_enum(Variant { sampler: self, name: variants[variant] })?;
        self.enums.pop();
        Ok(value)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The entries of a list, of a map, or of a struct, which have names.
struct Entries<'a> {
    sampler: &'a mut Sampler,
    left: usize,
    names: &'static [&'static str],
}

impl<'de> de::SeqAccess<'de> for Entries<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.sampler).map(Some)
    }
}

impl<'de> de::MapAccess<'de> for Entries<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        match self.names.split_first() {
            Some((name, rest)) => {
                self.names = rest;
                seed.deserialize(StrDeserializer::new(name)).map(Some)
            }
            None => seed.deserialize(&mut *self.sampler).map(Some),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        seed.deserialize(&mut *self.sampler)
    }
}

/// A variant of an enum, and what it holds.
struct Variant<'a> {
    sampler: &'a mut Sampler,
    name: &'static str,
}

impl<'de> de::EnumAccess<'de> for Variant<'_> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refused> {
        let name: StrDeserializer<'_, Refused> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> de::VariantAccess<'de> for Variant<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(self.sampler)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Refused> {
        self.sampler.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.sampler.deserialize_struct("", names, visitor)
    }
}
