//! Conditions and updates as requests had them before there were expressions: a test or a change for each attribute.
//!
//! Follows "Legacy conditional parameters" of the developer guide. What they are made into is what expressions are made
//! into; nothing else of this crate knows them.

use crate::Error;
use crate::ast::Comparator;
use crate::condition::{Condition, Node, Operand};
use crate::key_condition::{KeyConditions, RangeCondition};
use crate::path::Path;
use crate::update::{Action, Assigned, Operand as Source, Update};
use crate::value::{Type, Value};

/// How an attribute is compared: the `ComparisonOperator` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of requests")]
pub enum Operator {
    Eq,
    Ne,
    In,
    Le,
    Lt,
    Ge,
    Gt,
    Between,
    NotNull,
    Null,
    Contains,
    NotContains,
    BeginsWith,
}

impl Operator {
    const ALL: [(Self, &'static str); 13] = [
        (Self::Eq, "EQ"),
        (Self::Ne, "NE"),
        (Self::In, "IN"),
        (Self::Le, "LE"),
        (Self::Lt, "LT"),
        (Self::Ge, "GE"),
        (Self::Gt, "GT"),
        (Self::Between, "BETWEEN"),
        (Self::NotNull, "NOT_NULL"),
        (Self::Null, "NULL"),
        (Self::Contains, "CONTAINS"),
        (Self::NotContains, "NOT_CONTAINS"),
        (Self::BeginsWith, "BEGINS_WITH"),
    ];

    /// The operator of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == name).map(|(operator, _)| *operator)
    }

    /// The name in requests, such as `BEGINS_WITH`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("", |(_, name)| name)
    }

    fn takes(self, count: usize) -> bool {
        match self {
            Self::NotNull | Self::Null => count == 0,
            Self::Between => count == 2,
            Self::In => count > 0,
            _ => count == 1,
        }
    }

    fn works_on(self, kind: Type) -> bool {
        match self {
            Self::Eq | Self::Ne | Self::NotNull | Self::Null => true,
            Self::BeginsWith => matches!(kind, Type::S | Type::B),
            _ => kind.is_ordered(),
        }
    }
}

/// A test of one attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    attribute: String,
    operator: Operator,
    values: Vec<Value>,
}

impl Test {
    /// The comparison of an attribute with these values.
    ///
    /// # Errors
    /// When the operator takes other values, or another number of them.
    pub fn new(attribute: impl Into<String>, operator: Operator, values: Vec<Value>) -> Result<Self, Error> {
        let name = operator.name();
        if !operator.takes(values.len()) {
            return Err(invalid(format_args!(
                "Invalid number of argument(s) for the {name} ComparisonOperator"
            )));
        }
        if values.windows(2).any(|pair| pair[0].kind() != pair[1].kind()) {
            return Err(invalid("AttributeValues inside AttributeValueList must be of same type"));
        }
        if let Some(wrong) = values.iter().map(Value::kind).find(|kind| !operator.works_on(*kind)) {
            let kind = wrong.name();
            return Err(invalid(format_args!(
                "ComparisonOperator {name} is not valid for {kind} AttributeValue type"
            )));
        }
        if let (Operator::Between, [low, high]) = (operator, &values[..])
            && low.order(high).is_some_and(|order| order.is_gt())
        {
            return Err(Error::new(
                "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
            ));
        }
        Ok(Test { attribute: attribute.into(), operator, values })
    }

    fn into_node(self) -> Node {
        let path = Path::new(self.attribute, Vec::new());
        let operand = Operand::Path(path.clone());
        let mut values = self.values.into_iter().map(Operand::Value);
        let compare = |comparator, value| Node::Compare { comparator, left: operand.clone(), right: value };
        match (self.operator, values.next(), values.next()) {
            (Operator::Null, ..) => Node::NotExists(path),
            (Operator::NotNull, ..) | (_, None, _) => Node::Exists(path),
            (Operator::Between, Some(lower), Some(upper)) => Node::Between { operand, lower, upper },
            (Operator::In, first, second) => {
                Node::In { operand, choices: first.into_iter().chain(second).chain(values).collect() }
            }
            (Operator::Eq | Operator::Between, Some(value), _) => compare(Comparator::Equal, value),
            (Operator::Ne, Some(value), _) => compare(Comparator::NotEqual, value),
            (Operator::Le, Some(value), _) => compare(Comparator::LessOrEqual, value),
            (Operator::Lt, Some(value), _) => compare(Comparator::Less, value),
            (Operator::Ge, Some(value), _) => compare(Comparator::GreaterOrEqual, value),
            (Operator::Gt, Some(value), _) => compare(Comparator::Greater, value),
            (Operator::Contains, Some(value), _) => Node::Contains(operand, value),
            // An attribute that is not there contains nothing, and does not not contain it either.
            (Operator::NotContains, Some(value), _) => {
                let contains = Node::Not(Box::new(Node::Contains(operand, value)));
                Node::And(vec![Node::Exists(path), contains])
            }
            (Operator::BeginsWith, Some(value), _) => Node::BeginsWith(operand, value),
        }
    }

    fn into_range(self) -> Result<(String, RangeCondition), Error> {
        let mut values = self.values.into_iter();
        let range = match (self.operator, values.next(), values.next()) {
            (Operator::Eq, Some(value), _) => RangeCondition::Eq(value),
            (Operator::Le, Some(value), _) => RangeCondition::Le(value),
            (Operator::Lt, Some(value), _) => RangeCondition::Lt(value),
            (Operator::Ge, Some(value), _) => RangeCondition::Ge(value),
            (Operator::Gt, Some(value), _) => RangeCondition::Gt(value),
            (Operator::Between, Some(low), Some(high)) => RangeCondition::Between(low, high),
            (Operator::BeginsWith, Some(value), _) => RangeCondition::BeginsWith(value),
            _ => return Err(Error::new("Attempted conditional constraint is not an indexable operation")),
        };
        Ok((self.attribute, range))
    }
}

/// A condition that holds when all of the tests do, or one of them.
pub fn condition(tests: Vec<Test>, one_is_enough: bool) -> Condition {
    let nodes = tests.into_iter().map(Test::into_node).collect();
    Condition::new(if one_is_enough { Node::Or(nodes) } else { Node::And(nodes) })
}

/// The tests of a query's key.
///
/// # Errors
/// When there are none or too many of them, or one is no range.
pub fn key_conditions(tests: Vec<Test>) -> Result<KeyConditions, Error> {
    KeyConditions::of_ranges(tests.into_iter().map(Test::into_range).collect::<Result<_, _>>()?)
}

/// What becomes of an attribute: the `Action` of a request, and its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// It is this value.
    Put(Value),
    /// It is greater by a number, or has these elements too.
    Add(Value),
    /// It is there no more, or without these elements.
    Delete(Option<Value>),
}

impl Change {
    /// The change of that name.
    ///
    /// # Errors
    /// When it needs a value, or one of another type.
    pub fn new(action: &str, value: Option<Value>) -> Result<Self, Error> {
        match (action, value) {
            ("DELETE", None) => Ok(Change::Delete(None)),
            (_, None) => Err(invalid("Only DELETE action is allowed when no attribute value is specified")),
            ("DELETE", Some(value)) if value.kind().is_set() => Ok(Change::Delete(Some(value))),
            ("ADD", Some(value)) if value.kind().is_set() || matches!(value.kind(), Type::N | Type::L) => {
                Ok(Change::Add(value))
            }
            ("DELETE", Some(value)) => Err(invalid(format_args!(
                "DELETE action with value is not supported for the type {}",
                value.kind().name()
            ))),
            ("ADD", Some(value)) => {
                Err(invalid(format_args!("ADD action is not supported for the type {}", value.kind().name())))
            }
            (_, Some(value)) => Ok(Change::Put(value)),
        }
    }
}

/// The changes as an update.
pub fn update(changes: impl IntoIterator<Item = (String, Change)>) -> Update {
    let changes = changes.into_iter().map(|(attribute, change)| {
        let action = match change {
            Change::Put(value) => Action::Set(Assigned::Operand(Source::Value(value))),
            Change::Add(value) => Action::Add(value),
            Change::Delete(Some(value)) => Action::Delete(value),
            Change::Delete(None) => Action::Remove,
        };
        (Path::new(attribute, Vec::new()), action)
    });
    Update::of_attributes(changes.collect())
}

fn invalid(problem: impl std::fmt::Display) -> Error {
    Error::new(format!("One or more parameter values were invalid: {problem}"))
}

#[cfg(test)]
mod tests;
