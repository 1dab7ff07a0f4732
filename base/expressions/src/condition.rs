//! Conditions and filters, and whether they hold for an item.
//!
//! Follows "Condition and filter expressions, operators, and functions" of the developer guide. Never fails on an
//! item: what an item lacks, or has with another type, makes a condition untrue.

use std::borrow::Cow;

use crate::ast::Comparator;
use crate::path::Path;
use crate::value::{Item, Type, Value};

/// A condition on an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    root: Node,
}

/// A condition or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Compare { comparator: Comparator, left: Operand, right: Operand },
    Between { operand: Operand, lower: Operand, upper: Operand },
    In { operand: Operand, choices: Vec<Operand> },
    Exists(Path),
    NotExists(Path),
    HasType(Operand, Type),
    BeginsWith(Operand, Operand),
    Contains(Operand, Operand),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Value(Value),
    Size(Box<Operand>),
    /// Whether a condition holds.
    Truth(Box<Node>),
}

impl Condition {
    pub(crate) fn new(root: Node) -> Self {
        Self { root }
    }

    pub(crate) fn into_root(self) -> Node {
        self.root
    }

    /// Whether the condition holds for the item; an item that does not exist has no attributes.
    pub fn holds(&self, item: &Item) -> bool {
        self.root.holds(item)
    }

    /// The document paths that the condition looks at, in its order; some may be there more than once.
    pub fn paths(&self) -> Vec<&Path> {
        let mut paths = Vec::new();
        self.root.collect_paths(&mut paths);
        paths
    }
}

impl Node {
    fn holds(&self, item: &Item) -> bool {
        match self {
            Self::Compare { comparator, left, right } => {
                compare(*comparator, left.value(item), right.value(item))
            }
            Self::Between { operand, lower, upper } => {
                let value = operand.value(item);
                compare(Comparator::GreaterOrEqual, value.clone(), lower.value(item))
                    && compare(Comparator::LessOrEqual, value, upper.value(item))
            }
            Self::In { operand, choices } => operand.value(item).is_some_and(|value| {
                choices.iter().any(|choice| choice.value(item).as_ref() == Some(&value))
            }),
            Self::Exists(path) => path.find(item).is_some(),
            Self::NotExists(path) => path.find(item).is_none(),
            Self::HasType(operand, kind) => operand.value(item).is_some_and(|value| value.kind() == *kind),
            Self::BeginsWith(operand, prefix) => {
                both(operand, prefix, item).is_some_and(|(value, prefix)| begins_with(&value, &prefix))
            }
            Self::Contains(operand, part) => {
                both(operand, part, item).is_some_and(|(value, part)| contains(&value, &part))
            }
            Self::And(inner) => inner.iter().all(|node| node.holds(item)),
            Self::Or(inner) => inner.iter().any(|node| node.holds(item)),
            Self::Not(inner) => !inner.holds(item),
        }
    }

    fn collect_paths<'c>(&'c self, paths: &mut Vec<&'c Path>) {
        let mut add =
            |operands: &[&'c Operand]| operands.iter().for_each(|operand| operand.collect_paths(paths));
        match self {
            Self::Compare { left, right, .. } => add(&[left, right]),
            Self::Between { operand, lower, upper } => add(&[operand, lower, upper]),
            Self::In { operand, choices } => {
                add(&[operand]);
                choices.iter().for_each(|choice| choice.collect_paths(paths));
            }
            Self::Exists(path) | Self::NotExists(path) => paths.push(path),
            Self::HasType(operand, _) => add(&[operand]),
            Self::BeginsWith(left, right) | Self::Contains(left, right) => add(&[left, right]),
            Self::And(inner) | Self::Or(inner) => inner.iter().for_each(|node| node.collect_paths(paths)),
            Self::Not(inner) => inner.collect_paths(paths),
        }
    }
}

impl Operand {
    /// The value for this item, if it has one.
    fn value<'v>(&'v self, item: &'v Item) -> Option<Cow<'v, Value>> {
        match self {
            Self::Path(path) => path.find(item).map(Cow::Borrowed),
            Self::Value(value) => Some(Cow::Borrowed(value)),
            Self::Size(inner) => {
                size(&*inner.value(item)?).map(|size| Cow::Owned(Value::N((size as u64).into())))
            }
            Self::Truth(node) => Some(Cow::Owned(Value::Bool(node.holds(item)))),
        }
    }

    /// The type, where it does not depend on the item.
    pub(crate) fn kind(&self) -> Option<Type> {
        match self {
            Self::Path(_) => None,
            Self::Value(value) => Some(value.kind()),
            Self::Size(_) => Some(Type::N),
            Self::Truth(_) => Some(Type::Bool),
        }
    }

    fn collect_paths<'c>(&'c self, paths: &mut Vec<&'c Path>) {
        match self {
            Self::Path(path) => paths.push(path),
            Self::Value(_) => {}
            Self::Size(inner) => inner.collect_paths(paths),
            Self::Truth(node) => node.collect_paths(paths),
        }
    }
}

fn both<'v>(
    left: &'v Operand,
    right: &'v Operand,
    item: &'v Item,
) -> Option<(Cow<'v, Value>, Cow<'v, Value>)> {
    Some((left.value(item)?, right.value(item)?))
}

/// Values of different types are unequal, and what is missing equals nothing; neither is less or greater.
fn compare(comparator: Comparator, left: Option<Cow<'_, Value>>, right: Option<Cow<'_, Value>>) -> bool {
    let (Some(left), Some(right)) = (left, right) else {
        return comparator == Comparator::NotEqual;
    };
    let ordered = |test: fn(std::cmp::Ordering) -> bool| left.order(&right).is_some_and(test);
    match comparator {
        Comparator::Equal => left == right,
        Comparator::NotEqual => left != right,
        Comparator::Less => ordered(std::cmp::Ordering::is_lt),
        Comparator::LessOrEqual => ordered(std::cmp::Ordering::is_le),
        Comparator::Greater => ordered(std::cmp::Ordering::is_gt),
        Comparator::GreaterOrEqual => ordered(std::cmp::Ordering::is_ge),
    }
}

/// What `size` gives: bytes of a binary, elements of a set, list or map, and UTF-16 code units of a text.
fn size(value: &Value) -> Option<usize> {
    match value {
        Value::S(text) => Some(text.encode_utf16().count()),
        Value::B(bytes) => Some(bytes.len()),
        Value::M(map) => Some(map.len()),
        Value::L(list) => Some(list.len()),
        Value::Ss(set) => Some(set.len()),
        Value::Ns(set) => Some(set.len()),
        Value::Bs(set) => Some(set.len()),
        Value::N(_) | Value::Bool(_) | Value::Null => None,
    }
}

fn begins_with(value: &Value, prefix: &Value) -> bool {
    match (value, prefix) {
        (Value::S(text), Value::S(prefix)) => text.starts_with(prefix.as_str()),
        (Value::B(bytes), Value::B(prefix)) => bytes.starts_with(prefix),
        _ => false,
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::S(text), Value::S(part)) => text.contains(part.as_str()),
        (Value::B(bytes), Value::B(part)) => memchr::memmem::find(bytes, part).is_some(),
        (Value::Ss(set), Value::S(part)) => set.contains(part),
        (Value::Ns(set), Value::N(part)) => set.contains(part),
        (Value::Bs(set), Value::B(part)) => set.contains(part),
        (Value::L(list), part) => list.contains(part),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
