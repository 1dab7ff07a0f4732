//! Attribute values and items: their types, sizes, depth and stored form.
//!
//! Follows "Data types" and "Item sizes and formats" of the DynamoDB developer guide. Never reads the JSON of the
//! API: whoever does also refuses what a [`Value`] cannot show, such as a set with an element twice.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{Error, Number};

/// Levels that a value may have: itself, what it contains, and so on.
pub const DEPTH_MAX: usize = 32;

/// Bytes that a list or map counts for besides its elements, and what each element adds to its own size.
pub(crate) const DOCUMENT_BYTES: usize = 3;
pub(crate) const ELEMENT_BYTES: usize = 1;

/// An item: its attributes by name.
pub type Item = BTreeMap<String, Value>;

/// An attribute value.
///
/// Serialised as one entry from the type's name to the value, and numbers as the bytes of their sort key, which is the form
/// that [`stored`](crate::stored) reads and writes by itself; what was stored once stays readable only as long as these names
/// and that form do not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Text.
    S(String),
    /// A number.
    N(Number),
    /// Bytes.
    B(Bytes),
    /// True or false.
    #[serde(rename = "BOOL")]
    Bool(bool),
    /// Null.
    #[serde(rename = "NULL")]
    Null,
    /// A map.
    M(BTreeMap<String, Value>),
    /// A list.
    L(Vec<Value>),
    /// A set of texts; never empty in an item.
    #[serde(rename = "SS")]
    Ss(BTreeSet<String>),
    /// A set of numbers; never empty in an item.
    #[serde(rename = "NS")]
    Ns(BTreeSet<Number>),
    /// A set of bytes; never empty in an item.
    #[serde(rename = "BS")]
    Bs(BTreeSet<Bytes>),
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the values")]
pub enum Type {
    S,
    N,
    B,
    Bool,
    Null,
    M,
    L,
    Ss,
    Ns,
    Bs,
}

impl Type {
    /// Every type, in the order of their names.
    pub const ALL: [Self; 10] =
        [Self::B, Self::Bool, Self::Bs, Self::L, Self::M, Self::N, Self::Ns, Self::Null, Self::S, Self::Ss];

    /// The name in requests, such as `NS`.
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::N => "N",
            Self::B => "B",
            Self::Bool => "BOOL",
            Self::Null => "NULL",
            Self::M => "M",
            Self::L => "L",
            Self::Ss => "SS",
            Self::Ns => "NS",
            Self::Bs => "BS",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The long name that messages about `ADD` and `DELETE` use.
    pub(crate) fn long_name(self) -> &'static str {
        match self {
            Self::S => "STRING",
            Self::N => "NUMBER",
            Self::B => "BINARY",
            Self::Bool => "BOOLEAN",
            Self::Null => "NULL",
            Self::M => "MAP",
            Self::L => "LIST",
            Self::Ss => "STRING_SET",
            Self::Ns => "NUMBER_SET",
            Self::Bs => "BINARY_SET",
        }
    }

    /// Whether values of this type have an order: text, numbers and bytes.
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::S | Self::N | Self::B)
    }

    /// Whether this is one of the three sets.
    pub fn is_set(self) -> bool {
        matches!(self, Self::Ss | Self::Ns | Self::Bs)
    }
}

impl Value {
    /// The value's type.
    pub fn kind(&self) -> Type {
        match self {
            Self::S(_) => Type::S,
            Self::N(_) => Type::N,
            Self::B(_) => Type::B,
            Self::Bool(_) => Type::Bool,
            Self::Null => Type::Null,
            Self::M(_) => Type::M,
            Self::L(_) => Type::L,
            Self::Ss(_) => Type::Ss,
            Self::Ns(_) => Type::Ns,
            Self::Bs(_) => Type::Bs,
        }
    }

    /// Bytes that the value counts for in the size of its item, without the attribute's name.
    pub fn size_bytes(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(number) => number.size_bytes(),
            Self::B(bytes) => bytes.len(),
            Self::Bool(_) | Self::Null => 1,
            Self::M(map) => DOCUMENT_BYTES + item_size_bytes(map) + map.len() * ELEMENT_BYTES,
            Self::L(list) => {
                DOCUMENT_BYTES + list.iter().map(|value| value.size_bytes() + ELEMENT_BYTES).sum::<usize>()
            }
            Self::Ss(set) => set.iter().map(String::len).sum(),
            Self::Ns(set) => set.iter().map(Number::size_bytes).sum(),
            Self::Bs(set) => set.iter().map(Bytes::len).sum(),
        }
    }

    /// How the values stand to each other, when both are texts, numbers or binaries; other types have no order.
    pub fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(left), Self::S(right)) => Some(left.cmp(right)),
            (Self::N(left), Self::N(right)) => Some(left.cmp(right)),
            (Self::B(left), Self::B(right)) => Some(left.cmp(right)),
            _ => None,
        }
    }

    /// How many levels the value has: 1 for a scalar or a set, 2 for a list of them.
    pub fn depth(&self) -> usize {
        match self {
            Self::M(map) => 1 + map.values().map(Self::depth).max().unwrap_or(0),
            Self::L(list) => 1 + list.iter().map(Self::depth).max().unwrap_or(0),
            _ => 1,
        }
    }
}

/// The size of an item in bytes, which DynamoDB limits to 400 KB: the names of its attributes and their values.
pub fn item_size_bytes(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.size_bytes()).sum()
}

/// Checks that no value is nested deeper than [`DEPTH_MAX`] levels.
///
/// # Errors
/// When one is.
pub fn check_depth<'a>(values: impl IntoIterator<Item = &'a Value>) -> Result<(), Error> {
    if values.into_iter().all(|value| value.depth() <= DEPTH_MAX) { Ok(()) } else { Err(too_deep()) }
}

pub(crate) fn too_deep() -> Error {
    Error::new(
        "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported \
         limit",
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nested(levels: usize) -> Value {
        (1..levels).fold(Value::Null, |inner, level| match level % 2 {
            0 => Value::L(vec![inner]),
            _ => Value::M(Item::from([("n".to_owned(), inner)])),
        })
    }

    #[test]
    fn depth_counts_the_value_itself() {
        assert_eq!(nested(1).depth(), 1);
        assert_eq!(Value::L(Vec::new()).depth(), 1);
        assert_eq!(check_depth([&nested(2), &nested(32)]), Ok(()));
        assert!(
            check_depth([&nested(2), &nested(33)]).unwrap_err().message().starts_with("Nesting Levels have")
        );
    }

    #[test]
    fn sizes_follow_the_guide() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(Value::S("né".into()).size_bytes(), 3);
        assert_eq!(Value::B(Bytes::from_static(&[0; 5])).size_bytes(), 5);
        assert_eq!(Value::Bool(true).size_bytes() + Value::Null.size_bytes(), 2);
        assert_eq!(Value::Ss(texts(&["a", "bcd"])).size_bytes(), 4);
        assert_eq!(Value::Ns(BTreeSet::from([1.into(), 123.into()])).size_bytes(), 5);
        assert_eq!(Value::L(vec![]).size_bytes(), 3);
        assert_eq!(Value::L(vec![Value::Null, Value::S("ab".into())]).size_bytes(), 3 + 2 + 3);
        assert_eq!(Value::M(Item::from([("key".into(), Value::Null)])).size_bytes(), 3 + 3 + 1 + 1);
        assert_eq!(item_size_bytes(&Item::from([("né".into(), Value::S("ab".into()))])), 5);
    }

    #[test]
    fn names_name_types() {
        for kind in Type::ALL {
            assert_eq!(Type::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Type::from_name("s"), None);
    }

    #[test]
    fn the_stored_form_stays_as_it_is() {
        let stored = rmp_serde::to_vec(&Value::Ns(BTreeSet::from([150.into()]))).unwrap();
        assert_eq!(stored, [0x81, 0xA2, b'N', b'S', 0x91, 0xC4, 4, 3, 132, 16, 0]);
        assert_eq!(rmp_serde::to_vec(&Value::Null).unwrap(), [0xA4, b'N', b'U', b'L', b'L']);
    }

    pub(crate) fn any_value() -> impl Strategy<Value = Value> {
        let number = || any::<u64>().prop_map(Number::from);
        let bytes = || any::<Vec<u8>>().prop_map(Bytes::from);
        let leaf = prop_oneof![
            any::<String>().prop_map(Value::S),
            number().prop_map(Value::N),
            bytes().prop_map(Value::B),
            any::<bool>().prop_map(Value::Bool),
            Just(Value::Null),
            prop::collection::btree_set(any::<String>(), 1..4).prop_map(Value::Ss),
            prop::collection::btree_set(number(), 1..4).prop_map(Value::Ns),
            prop::collection::btree_set(bytes(), 1..4).prop_map(Value::Bs),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::L),
                prop::collection::btree_map(any::<String>(), inner, 0..4).prop_map(Value::M),
            ]
        })
    }

    proptest! {
        #[test]
        fn stored_values_are_read_back(value in any_value()) {
            let stored = rmp_serde::to_vec(&value).unwrap();
            prop_assert_eq!(rmp_serde::from_slice::<Value>(&stored).unwrap(), value);
        }
    }
}
