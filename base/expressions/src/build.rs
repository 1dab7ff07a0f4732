//! Expressions made of parts instead of text: what other languages, such as PartiQL, are translated into.
//!
//! What a text is checked for beyond its syntax is checked here too, in the same words. Never knows a placeholder.

use crate::Error;
use crate::ast::Comparator;
use crate::condition::{self, Condition, Node};
use crate::path::{Path, check_apart};
use crate::resolve::{condition as conditions, update as updates};
use crate::update::{self, Action, Update};
use crate::value::Value;

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq)]
pub struct Operand(condition::Operand);

impl Operand {
    /// The value at a path.
    pub fn path(path: Path) -> Self {
        Self(condition::Operand::Path(path))
    }

    /// A value.
    pub fn value(value: Value) -> Self {
        Self(condition::Operand::Value(value))
    }

    /// Whether a condition holds: true or false.
    pub fn truth(condition: Condition) -> Self {
        Self(condition::Operand::Truth(Box::new(condition.into_root())))
    }

    /// `size` of operands, of which there must be one.
    ///
    /// # Errors
    /// When there are others, or the one has no size.
    pub fn size(operands: Vec<Operand>) -> Result<Self, Error> {
        conditions::sized(&inner(operands)).map(Self).map_err(Error::new)
    }
}

fn inner(operands: Vec<Operand>) -> Vec<condition::Operand> {
    operands.into_iter().map(|operand| operand.0).collect()
}

fn made(node: Result<Node, String>) -> Result<Condition, Error> {
    node.map(Condition::new).map_err(Error::new)
}

fn roots(conditions: Vec<Condition>) -> Vec<Node> {
    conditions.into_iter().map(Condition::into_root).collect()
}

impl Condition {
    /// A comparison.
    ///
    /// # Errors
    /// When both are the same path, or one has no order and needs one.
    pub fn compare(comparator: Comparator, left: Operand, right: Operand) -> Result<Self, Error> {
        made(conditions::compared(comparator, left.0, right.0))
    }

    /// From the lower to the upper bound, both included.
    ///
    /// # Errors
    /// When the bounds do not fit to each other, or have no order.
    pub fn between(tested: Operand, lower: Operand, upper: Operand) -> Result<Self, Error> {
        made(conditions::ranged(tested.0, lower.0, upper.0))
    }

    /// Equal to one of the choices.
    ///
    /// # Errors
    /// When they are too many.
    pub fn within(tested: Operand, choices: Vec<Operand>) -> Result<Self, Error> {
        made(conditions::chosen(tested.0, inner(choices)))
    }

    /// A function that is a condition: `attribute_exists` and the others, but not `size`.
    ///
    /// # Errors
    /// When there is no such function, or it does not take these operands.
    pub fn call(function: &str, operands: Vec<Operand>) -> Result<Self, Error> {
        made(conditions::called(function, inner(operands)))
    }

    /// All of these.
    #[must_use]
    pub fn all(conditions: Vec<Self>) -> Self {
        Self::new(Node::And(roots(conditions)))
    }

    /// One of these at least.
    #[must_use]
    pub fn any(conditions: Vec<Self>) -> Self {
        Self::new(Node::Or(roots(conditions)))
    }

    /// Not this one.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::new(Node::Not(Box::new(self.into_root())))
    }
}

/// What an update takes a value from.
#[derive(Clone, Debug, PartialEq)]
pub struct Term(update::Operand);

impl Term {
    /// The value at a path.
    pub fn path(path: Path) -> Self {
        Self(update::Operand::Path(path))
    }

    /// A value.
    pub fn value(value: Value) -> Self {
        Self(update::Operand::Value(value))
    }

    /// The value at a path, or else another term.
    ///
    /// # Errors
    /// When the first is no path.
    pub fn if_not_exists(path: Term, otherwise: Term) -> Result<Self, Error> {
        updates::if_not_exists(path.0, otherwise.0).map(Self).map_err(Error::new)
    }

    /// A list with another one behind it.
    ///
    /// # Errors
    /// When one of them is known to be none.
    pub fn list_append(first: Term, second: Term) -> Result<Self, Error> {
        updates::list_append(first.0, second.0).map(Self).map_err(Error::new)
    }
}

/// What an update assigns.
#[derive(Clone, Debug, PartialEq)]
pub struct Assigned(update::Assigned);

impl From<Term> for Assigned {
    fn from(term: Term) -> Self {
        Self(update::Assigned::Operand(term.0))
    }
}

impl Assigned {
    /// The sum of two numbers.
    ///
    /// # Errors
    /// When one of them is known to be none.
    pub fn sum(left: Term, right: Term) -> Result<Self, Error> {
        updates::sum(left.0, right.0).map(Self).map_err(Error::new)
    }

    /// The difference of two numbers.
    ///
    /// # Errors
    /// When one of them is known to be none.
    pub fn difference(left: Term, right: Term) -> Result<Self, Error> {
        updates::difference(left.0, right.0).map(Self).map_err(Error::new)
    }
}

/// An update that is being made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Updates(Vec<(Path, Action)>);

impl Updates {
    /// `SET`.
    pub fn set(&mut self, path: Path, assigned: Assigned) {
        self.0.push((path, Action::Set(assigned.0)));
    }

    /// `REMOVE`.
    pub fn remove(&mut self, path: Path) {
        self.0.push((path, Action::Remove));
    }

    /// `ADD`.
    ///
    /// # Errors
    /// When the value is neither a number nor a set.
    pub fn add(&mut self, path: Path, value: Value) -> Result<(), Error> {
        updates::check_operand_kind("ADD", value.kind()).map_err(Error::new)?;
        self.0.push((path, Action::Add(value)));
        Ok(())
    }

    /// `DELETE`.
    ///
    /// # Errors
    /// When the value is no set.
    pub fn delete(&mut self, path: Path, value: Value) -> Result<(), Error> {
        updates::check_operand_kind("DELETE", value.kind()).map_err(Error::new)?;
        self.0.push((path, Action::Delete(value)));
        Ok(())
    }

    /// The whole update.
    ///
    /// # Errors
    /// When two of its paths lead to the same value.
    pub fn finish(self) -> Result<Update, Error> {
        check_apart(&self.0.iter().map(|(path, _)| path).collect::<Vec<_>>()).map_err(Error::new)?;
        Ok(Update::new(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Item, Number};

    fn path(name: &str) -> Path {
        Path::new(name.to_owned(), Vec::new())
    }

    fn number(number: u64) -> Value {
        Value::N(Number::from(number))
    }

    #[test]
    fn a_condition_can_be_compared_with_its_truth() {
        let item = Item::from([("n".to_owned(), number(1))]);
        let exists = |name| Condition::call("attribute_exists", vec![Operand::path(path(name))]).unwrap();
        let is = |name, value| {
            Condition::compare(Comparator::Equal, Operand::truth(exists(name)), Operand::value(value))
                .unwrap()
        };
        assert!(is("n", Value::Bool(true)).holds(&item));
        assert!(!is("n", number(1)).holds(&item));
        assert!(is("m", Value::Bool(false)).holds(&item));
        assert_eq!(is("m", Value::Null).paths(), [&path("m")]);
        let all = Condition::all(vec![exists("n"), Condition::any(vec![exists("m"), exists("m").negated()])]);
        assert!(all.holds(&item));
    }

    #[test]
    fn parts_are_checked_as_texts_are() {
        let refused =
            Condition::compare(Comparator::Less, Operand::path(path("a")), Operand::value(Value::Bool(true)));
        assert_eq!(
            refused.unwrap_err().message(),
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"
        );
        let sum = Assigned::sum(Term::path(path("a")), Term::value(Value::Null));
        assert!(sum.unwrap_err().message().ends_with("function: +, operand type: NULL"));
        let mut updates = Updates::default();
        updates.set(path("a"), Term::value(number(1)).into());
        updates.remove(path("a"));
        assert!(updates.finish().unwrap_err().message().starts_with("Two document paths overlap"));
        assert!(Updates::default().delete(path("a"), number(1)).is_err());
    }

    #[test]
    fn made_updates_change_items() {
        let mut updates = Updates::default();
        updates.set(path("n"), Assigned::sum(Term::path(path("n")), Term::value(number(2))).unwrap());
        updates.add(path("m"), number(5)).unwrap();
        let mut item = Item::from([("n".to_owned(), number(1))]);
        updates.finish().unwrap().apply(&mut item).unwrap();
        assert_eq!(item, Item::from([("n".to_owned(), number(3)), ("m".to_owned(), number(5))]));
    }
}
