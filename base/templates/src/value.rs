//! Values of the language, and where lists and maps lie.
//!
//! A list that two variables have is one list, as in Java, and may even come to contain itself. So lists and maps lie on a
//! heap of the evaluation, which ends with it, and a value only names them: nothing is freed one in another, and nothing
//! leaks. What is put on the heap is counted.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use indexmap::IndexMap;
use regex::Regex;

use crate::Limits;
use crate::error::Thrown;

/// A value that a template works with.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// Nothing: a reference to it renders as it is written.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number. Where Java goes beyond 64 bits, this becomes a decimal.
    Int(i64),
    /// A `Double`.
    Decimal(f64),
    /// A text.
    Text(Arc<str>),
    /// A list on the heap.
    List(List),
    /// A map on the heap.
    Map(Map),
    /// What a map has under a key.
    Entry(Map, Arc<str>),
    /// A loop that is being gone through, by how many are around it.
    Loop(usize),
    /// What the caller supplies.
    Object(Rc<dyn Object>),
}

/// The place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List(usize);

/// The place of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Map(usize);

/// Members of a map, in the order in which they came.
pub type Members = IndexMap<Arc<str>, Value, foldhash::fast::RandomState>;

/// What the caller supplies: an object whose properties and methods are computed.
pub trait Object: std::fmt::Debug {
    /// The property of that name; nothing if there is none.
    ///
    /// # Errors
    /// What getting it throws, which ends the evaluation.
    fn property(&self, name: &str, heap: &mut Heap) -> Result<Value, Thrown>;

    /// What the method of that name returns; nothing if there is none.
    ///
    /// # Errors
    /// What the method throws, which ends the evaluation.
    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown>;
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl Value {
    /// A whole number from a length or an index.
    pub(crate) fn count(count: usize) -> Self {
        Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// What is true for a condition: all but nothing and `false`, as in Velocity 1.7.
    pub(crate) fn holds(&self) -> bool {
        !matches!(self, Value::Null | Value::Bool(false))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

#[derive(Debug, Default)]
struct Items {
    items: Vec<Value>,
    /// Whether it came from JSON, and is rendered as such.
    is_json: bool,
}

/// Where lists and maps of an evaluation lie.
#[derive(Debug)]
pub struct Heap {
    lists: Vec<Items>,
    maps: Vec<Members>,
    bytes_left: usize,
    steps_left: Cell<usize>,
    /// Patterns that were compiled.
    pub(crate) regexes: HashMap<String, Regex>,
}

/// What a value costs beside its text.
const VALUE_BYTES: usize = 32;

impl Heap {
    /// A heap within limits.
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            lists: Vec::new(),
            maps: Vec::new(),
            bytes_left: limits.memory_bytes,
            steps_left: Cell::new(limits.steps),
            regexes: HashMap::new(),
        }
    }

    /// Counts steps that are about to be taken.
    ///
    /// # Errors
    /// When there are none left.
    pub fn work(&self, steps: usize) -> Result<(), Thrown> {
        let left = self.steps_left.get().checked_sub(steps);
        self.steps_left.set(left.ok_or_else(|| Thrown::new("the template takes too long"))?);
        Ok(())
    }

    pub(crate) fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Counts bytes that are about to be made.
    ///
    /// # Errors
    /// When there are none left.
    pub fn spend(&mut self, bytes: usize) -> Result<(), Thrown> {
        let left = self.bytes_left.checked_sub(bytes);
        self.bytes_left =
            left.ok_or_else(|| Thrown::new("the template makes more than its memory has room for"))?;
        Ok(())
    }

    /// Counts so many values.
    pub(crate) fn spend_values(&mut self, count: usize) -> Result<(), Thrown> {
        self.spend(count.saturating_mul(VALUE_BYTES))
    }

    /// A text that is counted.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn text(&mut self, text: impl Into<Arc<str>>) -> Result<Value, Thrown> {
        let text = text.into();
        self.spend(text.len() + VALUE_BYTES)?;
        Ok(Value::Text(text))
    }

    /// A new list.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn list(&mut self, items: Vec<Value>) -> Result<Value, Thrown> {
        self.place(Items { items, is_json: false })
    }

    /// A new list that renders as JSON.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn json_list(&mut self, items: Vec<Value>) -> Result<Value, Thrown> {
        self.place(Items { items, is_json: true })
    }

    fn place(&mut self, list: Items) -> Result<Value, Thrown> {
        self.spend_values(list.items.len() + 1)?;
        self.lists.push(list);
        Ok(Value::List(List(self.lists.len() - 1)))
    }

    /// A new map.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn map(&mut self, members: Members) -> Result<Value, Thrown> {
        let keys: usize = members.keys().map(|key| key.len()).sum();
        self.spend(keys)?;
        self.spend_values(2 * members.len() + 2)?;
        self.maps.push(members);
        Ok(Value::Map(Map(self.maps.len() - 1)))
    }

    /// What a list has.
    #[must_use]
    pub fn items(&self, list: List) -> &[Value] {
        self.lists.get(list.0).map_or(&[], |list| &list.items)
    }

    /// What a map has under a key.
    #[must_use]
    pub fn member(&self, map: Map, key: &str) -> Option<&Value> {
        self.members(map)?.get(key)
    }

    /// All that a map has. Every map that is named is there, unless another heap's is meant.
    #[must_use]
    pub fn members(&self, map: Map) -> Option<&Members> {
        self.maps.get(map.0)
    }

    pub(crate) fn is_json(&self, list: List) -> bool {
        self.lists.get(list.0).is_some_and(|list| list.is_json)
    }

    /// What a list has, to be changed. What may be added is counted by who adds it.
    pub(crate) fn items_mut(&mut self, list: List) -> Result<&mut Vec<Value>, Thrown> {
        let list = self.lists.get_mut(list.0).ok_or_else(|| Thrown::new("a list of another evaluation"))?;
        Ok(&mut list.items)
    }

    pub(crate) fn members_mut(&mut self, map: Map) -> Result<&mut Members, Thrown> {
        self.maps.get_mut(map.0).ok_or_else(|| Thrown::new("a map of another evaluation"))
    }

    /// Puts a value under a key, and gives the one that was there.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn put(&mut self, map: Map, key: Arc<str>, value: Value) -> Result<Value, Thrown> {
        self.spend(key.len() + 2 * VALUE_BYTES)?;
        Ok(self.members_mut(map)?.insert(key, value).unwrap_or_default())
    }
}
