//! Key conditions: the one partition and the range of sort keys that a query reads.
//!
//! Follows "Key condition expressions for the Query operation" of the developer guide. Never looks at an item.

use crate::Error;
use crate::ast::Comparator;
use crate::condition::{Condition, Node, Operand};
use crate::path::Path;
use crate::value::{Type, Value};

/// Attributes that a key can have of each kind, where it can have several.
const ATTRIBUTES_MAX: usize = 4;

/// What a key condition expression says, before it is known which attributes are the key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyConditions {
    conditions: Vec<(String, RangeCondition)>,
}

/// A condition on one attribute of a key.
#[derive(Clone, Debug, PartialEq)]
pub enum RangeCondition {
    /// Equal to the value.
    Eq(Value),
    /// Less than the value.
    Lt(Value),
    /// Less than the value or equal to it.
    Le(Value),
    /// Greater than the value.
    Gt(Value),
    /// Greater than the value or equal to it.
    Ge(Value),
    /// From the first value to the second, both included.
    Between(Value, Value),
    /// A text or binary that begins with the value.
    BeginsWith(Value),
}

/// An attribute of a key, as the table or index defines it.
#[derive(Clone, Copy, Debug)]
pub struct KeyAttribute<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type: text, number or binary.
    pub kind: Type,
}

/// What a query reads.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyCondition {
    /// The value of the partition key.
    pub partition: Value,
    /// The range of the sort key; all of the partition without one.
    pub sort: Option<RangeCondition>,
}

/// What a query of an index reads whose key has several attributes of a kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompositeCondition {
    /// The values of all partition attributes.
    pub partition: Vec<Value>,
    /// The values of the first sort attributes.
    pub sort: Vec<Value>,
    /// The range of the sort attribute behind those.
    pub last: Option<RangeCondition>,
}

impl From<KeyCondition> for CompositeCondition {
    fn from(condition: KeyCondition) -> Self {
        let (sort, last) = match condition.sort {
            Some(RangeCondition::Eq(value)) => (vec![value], None),
            range => (Vec::new(), range),
        };
        CompositeCondition { partition: vec![condition.partition], sort, last }
    }
}

impl RangeCondition {
    /// Whether a key's value satisfies the condition.
    pub fn holds(&self, value: &Value) -> bool {
        let order = |bound: &Value| value.order(bound);
        match self {
            Self::Eq(bound) => value == bound,
            Self::Lt(bound) => order(bound).is_some_and(|order| order.is_lt()),
            Self::Le(bound) => order(bound).is_some_and(|order| order.is_le()),
            Self::Gt(bound) => order(bound).is_some_and(|order| order.is_gt()),
            Self::Ge(bound) => order(bound).is_some_and(|order| order.is_ge()),
            Self::Between(lower, upper) => {
                order(lower).is_some_and(|order| order.is_ge())
                    && order(upper).is_some_and(|order| order.is_le())
            }
            Self::BeginsWith(prefix) => match (value, prefix) {
                (Value::S(text), Value::S(prefix)) => text.starts_with(prefix.as_str()),
                (Value::B(bytes), Value::B(prefix)) => bytes.starts_with(prefix),
                _ => false,
            },
        }
    }

    fn values(&self) -> impl Iterator<Item = &Value> {
        let (first, second) = match self {
            Self::Between(lower, upper) => (lower, Some(upper)),
            Self::Eq(value)
            | Self::Lt(value)
            | Self::Le(value)
            | Self::Gt(value)
            | Self::Ge(value)
            | Self::BeginsWith(value) => (value, None),
        };
        std::iter::once(first).chain(second)
    }
}

impl KeyConditions {
    /// The key conditions in a condition.
    pub(crate) fn new(condition: Condition) -> Result<Self, Error> {
        let mut conditions = Vec::new();
        collect(condition.into_root(), &mut conditions).map_err(Error::new)?;
        Self::of_ranges(conditions)
    }

    /// Ranges of attributes, each of which is there once.
    pub(crate) fn of_ranges(conditions: Vec<(String, RangeCondition)>) -> Result<Self, Error> {
        if conditions.is_empty() || conditions.len() > 2 * ATTRIBUTES_MAX {
            return Err(one_or_two());
        }
        Ok(Self { conditions })
    }

    /// The conditions as ones on the key of a table or index.
    ///
    /// # Errors
    /// When the partition key is not set equal to a value, or another attribute than the sort key has a condition,
    /// or a value is not of the attribute's type.
    pub fn for_key(
        self,
        partition: KeyAttribute<'_>,
        sort: Option<KeyAttribute<'_>>,
    ) -> Result<KeyCondition, Error> {
        let count = self.conditions.len();
        if count > 2 {
            return Err(one_or_two());
        }
        let mut conditions = self.conditions;
        let mut take = |key: KeyAttribute<'_>| {
            let at = conditions.iter().position(|(attribute, _)| attribute == key.name)?;
            Some(conditions.swap_remove(at).1)
        };
        if count > 1 && sort.is_none() {
            return Err(unsupported());
        }
        let on_partition = take(partition).ok_or_else(|| missed(partition.name))?;
        check_type(&on_partition, partition)?;
        let RangeCondition::Eq(value) = on_partition else {
            return Err(unsupported());
        };
        let on_sort = match sort {
            Some(sort) => match take(sort) {
                Some(condition) => {
                    check_type(&condition, sort)?;
                    Some(condition)
                }
                None if count > 1 => return Err(missed(sort.name)),
                None => None,
            },
            None => None,
        };
        Ok(KeyCondition { partition: value, sort: on_sort })
    }

    /// The conditions as ones on the key of an index that has several attributes of a kind: every partition attribute is set
    /// equal to a value, and so are the first of the sort attributes; the last one of those that are named may have a range.
    ///
    /// # Errors
    /// When they are not so, or a value is not of its attribute's type.
    pub fn for_composite(
        self,
        partition: &[KeyAttribute<'_>],
        sort: &[KeyAttribute<'_>],
    ) -> Result<CompositeCondition, Error> {
        let mut conditions = self.conditions;
        let mut take = |key: &KeyAttribute<'_>| {
            let at = conditions.iter().position(|(attribute, _)| attribute == key.name)?;
            Some(conditions.swap_remove(at).1)
        };
        let mut composite = CompositeCondition::default();
        for key in partition {
            let condition = take(key).ok_or_else(|| missed(key.name))?;
            check_type(&condition, *key)?;
            let RangeCondition::Eq(value) = condition else { return Err(unsupported()) };
            composite.partition.push(value);
        }
        let mut open = Vec::new();
        for key in sort {
            let Some(condition) = take(key) else {
                open.push(key.name);
                continue;
            };
            check_type(&condition, *key)?;
            if !open.is_empty() {
                return Err(Error::new(format!(
                    "RANGE key attributes {} must have equality conditions specified in the query because a condition is \
                     present on key attribute {}",
                    open.join(", "),
                    key.name
                )));
            }
            match condition {
                RangeCondition::Eq(value) => composite.sort.push(value),
                range => {
                    composite.last = Some(range);
                    open.push(key.name);
                }
            }
        }
        if conditions.is_empty() { Ok(composite) } else { Err(unsupported()) }
    }
}

fn one_or_two() -> Error {
    Error::new("Conditions can be of length 1 or 2 only")
}

fn missed(name: &str) -> Error {
    Error::new(format!("Query condition missed key schema element: {name}"))
}

fn unsupported() -> Error {
    Error::new("Query key condition not supported")
}

fn check_type(condition: &RangeCondition, key: KeyAttribute<'_>) -> Result<(), Error> {
    if condition.values().all(|value| value.kind() == key.kind) {
        return Ok(());
    }
    Err(Error::new(
        "One or more parameter values were invalid: Condition parameter type does not match schema type",
    ))
}

/// Adds the conditions that must all hold.
fn collect(node: Node, conditions: &mut Vec<(String, RangeCondition)>) -> Result<(), String> {
    let (path, condition) = match node {
        Node::And(inner) => return inner.into_iter().try_for_each(|node| collect(node, conditions)),
        Node::Compare { comparator, left, right } => comparison(comparator, left, right)?,
        Node::Between { operand, lower, upper } => {
            let path = first_path(operand, "BETWEEN")?;
            (path, RangeCondition::Between(only_value(lower)?, only_value(upper)?))
        }
        Node::BeginsWith(operand, prefix) => {
            let path = first_path(operand, "begins_with")?;
            (path, RangeCondition::BeginsWith(only_value(prefix)?))
        }
        Node::Or(_) => return Err(invalid_operator("OR")),
        Node::Not(_) => return Err(invalid_operator("NOT")),
        Node::In { .. } => return Err(invalid_operator("IN")),
        Node::Exists(_) => return Err(invalid_operator("attribute_exists")),
        Node::NotExists(_) => return Err(invalid_operator("attribute_not_exists")),
        Node::HasType(..) => return Err(invalid_operator("attribute_type")),
        Node::Contains(..) => return Err(invalid_operator("contains")),
    };
    if !path.steps().is_empty() {
        return Err("KeyConditionExpressions cannot have conditions on nested attributes".to_owned());
    }
    if conditions.iter().any(|(attribute, _)| attribute == path.attribute()) {
        return Err("KeyConditionExpressions must only contain one condition per key".to_owned());
    }
    conditions.push((path.attribute().to_owned(), condition));
    Ok(())
}

/// A comparison of an attribute with a value, whichever of them comes first.
fn comparison(
    comparator: Comparator,
    left: Operand,
    right: Operand,
) -> Result<(Path, RangeCondition), String> {
    if comparator == Comparator::NotEqual {
        return Err(invalid_operator(comparator.symbol()));
    }
    let (path, value, reversed) = match (left, right) {
        (Operand::Path(path), right) => (path, only_value(right)?, false),
        (left, Operand::Path(path)) => (path, only_value(left)?, true),
        (Operand::Size(_) | Operand::Truth(_), _) | (_, Operand::Size(_) | Operand::Truth(_)) => {
            return Err(nested_operation());
        }
        _ => return Err("Invalid condition in KeyConditionExpression: No key attribute specified".to_owned()),
    };
    let condition = match (comparator, reversed) {
        (Comparator::Equal | Comparator::NotEqual, _) => RangeCondition::Eq(value),
        (Comparator::Less, false) | (Comparator::Greater, true) => RangeCondition::Lt(value),
        (Comparator::LessOrEqual, false) | (Comparator::GreaterOrEqual, true) => RangeCondition::Le(value),
        (Comparator::Greater, false) | (Comparator::Less, true) => RangeCondition::Gt(value),
        (Comparator::GreaterOrEqual, false) | (Comparator::LessOrEqual, true) => RangeCondition::Ge(value),
    };
    Ok((path, condition))
}

fn first_path(operand: Operand, operator: &str) -> Result<Path, String> {
    match operand {
        Operand::Path(path) => Ok(path),
        Operand::Size(_) | Operand::Truth(_) => Err(nested_operation()),
        Operand::Value(_) => Err(format!(
            "Invalid condition in KeyConditionExpression: {operator} operator must have the key attribute as its \
             first operand"
        )),
    }
}

fn only_value(operand: Operand) -> Result<Value, String> {
    match operand {
        Operand::Value(value) => Ok(value),
        Operand::Size(_) | Operand::Truth(_) => Err(nested_operation()),
        Operand::Path(_) => {
            Err("Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition"
                .to_owned())
        }
    }
}

fn nested_operation() -> String {
    "KeyConditionExpressions cannot contain nested operations".to_owned()
}

fn invalid_operator(operator: &str) -> String {
    format!("Invalid operator used in KeyConditionExpression: {operator}")
}

#[cfg(test)]
mod tests;
