//! Update expressions, and what they make of an item.
//!
//! Follows "Update expressions" of the developer guide. All operands are looked up in the item as it was before the
//! update. Never leaves an item half changed: an update that fails has changed nothing.

use crate::Error;
use crate::number::Number;
use crate::path::{Path, Step, child};
use crate::projection::Projection;
use crate::value::{DEPTH_MAX, Item, Value, too_deep};

/// Changes to an item; no two of their paths lead to the same value.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    changes: Vec<(Path, Action)>,
    /// What is said of an operand, or of a value in the item, whose type does not fit.
    wrong_type: &'static str,
}

const WRONG_OPERAND: &str = "An operand in the update expression has an incorrect data type";
const WRONG_ATTRIBUTE: &str = "Type mismatch for attribute to update";

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Set(Assigned),
    Remove,
    /// Adds a number, or elements to a set.
    Add(Value),
    /// Takes elements from a set.
    Delete(Value),
}

/// What `SET` assigns.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assigned {
    Operand(Operand),
    Sum(Operand, Operand),
    Difference(Operand, Operand),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operand {
    Path(Path),
    Value(Value),
    /// The value at the path, or else the operand.
    IfNotExists(Path, Box<Operand>),
    ListAppend(Box<Operand>, Box<Operand>),
}

/// What becomes of the value at a path.
enum Outcome {
    Put(Value),
    Remove,
    Stay,
}

/// The paths that an update wrote to, for `UPDATED_OLD` and `UPDATED_NEW`.
#[derive(Clone, Debug, PartialEq)]
pub struct Touched(Projection);

impl Touched {
    /// The touched part of the item, as it was before the update or as it is after it.
    pub fn of(&self, item: &Item) -> Item {
        self.0.project(item)
    }

    /// The touched paths, sorted.
    pub fn paths(&self) -> &[Path] {
        self.0.paths()
    }
}

impl Update {
    pub(crate) fn new(changes: Vec<(Path, Action)>) -> Self {
        Self { changes, wrong_type: WRONG_OPERAND }
    }

    /// Changes of whole attributes, as requests have them that are older than expressions.
    pub(crate) fn of_attributes(changes: Vec<(Path, Action)>) -> Self {
        Self { changes, wrong_type: WRONG_ATTRIBUTE }
    }

    /// Whether there is nothing in it but what takes away: it makes no item where there is none.
    pub fn only_takes(&self) -> bool {
        let takes = |action: &Action| matches!(action, Action::Remove | Action::Delete(_));
        !self.changes.is_empty() && self.changes.iter().all(|(_, action)| takes(action))
    }

    /// The paths that the update writes to, in the order of the expression.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.changes.iter().map(|(path, _)| path)
    }

    /// Changes the item.
    ///
    /// # Errors
    /// When an operand is missing or of the wrong type, a path does not lead into the item, or a result exceeds the
    /// limits on numbers or depth. The item is then as it was. Its size and its keys are for the caller to check.
    pub fn apply(&self, item: &mut Item) -> Result<Touched, Error> {
        let mut puts = Vec::new();
        let mut removals = Vec::new();
        for (path, action) in &self.changes {
            match action.outcome(path, item).map_err(|problem| problem.into_error(self.wrong_type))? {
                Outcome::Put(value) => puts.push((path, value)),
                Outcome::Remove => removals.push(path),
                Outcome::Stay => {}
            }
        }
        self.paths().try_for_each(|path| check_parent(path, item))?;
        if puts.iter().any(|(path, value)| path.steps().len() + value.depth() > DEPTH_MAX) {
            return Err(too_deep());
        }
        // In the order of their indexes, elements beyond the end of a list are appended in that order too.
        puts.sort_unstable_by_key(|(path, _)| *path);
        for (path, value) in puts {
            put(item, path, value);
        }
        // From the last to the first, no removal moves an element that another one means.
        removals.sort_unstable();
        for path in removals.into_iter().rev() {
            remove(item, path);
        }
        Ok(Touched(Projection::new(self.paths().cloned().collect())))
    }
}

/// Why there is no outcome.
enum Problem {
    WrongType,
    Other(Error),
}

impl Problem {
    fn into_error(self, wrong_type: &str) -> Error {
        match self {
            Self::WrongType => Error::new(wrong_type),
            Self::Other(error) => error,
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Action {
    fn outcome(&self, path: &Path, item: &Item) -> Result<Outcome, Problem> {
        match self {
            Self::Set(assigned) => Ok(Outcome::Put(assigned.value(item)?)),
            Self::Remove => Ok(Outcome::Remove),
            Self::Add(added) => match path.find(item) {
                None => Ok(Outcome::Put(added.clone())),
                Some(existing) => Ok(Outcome::Put(add(existing, added)?)),
            },
            Self::Delete(deleted) => match path.find(item) {
                None => Ok(Outcome::Stay),
                Some(existing) => delete(existing, deleted),
            },
        }
    }
}

impl Assigned {
    fn value(&self, item: &Item) -> Result<Value, Problem> {
        match self {
            Self::Operand(operand) => operand.value(item),
            Self::Sum(left, right) => Ok(Value::N(left.number(item)?.add(&right.number(item)?)?)),
            Self::Difference(left, right) => Ok(Value::N(left.number(item)?.subtract(&right.number(item)?)?)),
        }
    }
}

impl Operand {
    fn value(&self, item: &Item) -> Result<Value, Problem> {
        match self {
            Self::Path(path) => path.find(item).cloned().ok_or_else(|| {
                let message =
                    "The provided expression refers to an attribute that does not exist in the item";
                Problem::Other(Error::new(message))
            }),
            Self::Value(value) => Ok(value.clone()),
            Self::IfNotExists(path, otherwise) => match path.find(item) {
                Some(value) => Ok(value.clone()),
                None => otherwise.value(item),
            },
            Self::ListAppend(first, second) => {
                let mut list = first.list(item)?;
                list.append(&mut second.list(item)?);
                Ok(Value::L(list))
            }
        }
    }

    fn number(&self, item: &Item) -> Result<Number, Problem> {
        match self.value(item)? {
            Value::N(number) => Ok(number),
            _ => Err(Problem::WrongType),
        }
    }

    fn list(&self, item: &Item) -> Result<Vec<Value>, Problem> {
        match self.value(item)? {
            Value::L(list) => Ok(list),
            _ => Err(Problem::WrongType),
        }
    }
}

fn add(existing: &Value, added: &Value) -> Result<Value, Problem> {
    match (existing, added) {
        (Value::N(number), Value::N(added)) => Ok(Value::N(number.add(added)?)),
        (Value::Ss(set), Value::Ss(added)) => Ok(Value::Ss(set | added)),
        (Value::Ns(set), Value::Ns(added)) => Ok(Value::Ns(set | added)),
        (Value::Bs(set), Value::Bs(added)) => Ok(Value::Bs(set | added)),
        // No expression adds a list.
        (Value::L(list), Value::L(added)) => Ok(Value::L(list.iter().chain(added).cloned().collect())),
        _ => Err(Problem::WrongType),
    }
}

/// Takes elements from a set; a set without elements is no value, so the last one takes the set with it.
fn delete(existing: &Value, deleted: &Value) -> Result<Outcome, Problem> {
    let (left, empty) = match (existing, deleted) {
        (Value::Ss(set), Value::Ss(deleted)) => (Value::Ss(set - deleted), set.is_subset(deleted)),
        (Value::Ns(set), Value::Ns(deleted)) => (Value::Ns(set - deleted), set.is_subset(deleted)),
        (Value::Bs(set), Value::Bs(deleted)) => (Value::Bs(set - deleted), set.is_subset(deleted)),
        _ => return Err(Problem::WrongType),
    };
    Ok(if empty { Outcome::Remove } else { Outcome::Put(left) })
}

/// Checks that the path leads to a place in the item: every value on the way there exists and is a map or list, as
/// the next step needs it.
fn check_parent(path: &Path, item: &Item) -> Result<(), Error> {
    let Some((last, way)) = path.steps().split_last() else {
        return Ok(());
    };
    let parent = item.get(path.attribute()).and_then(|value| way.iter().try_fold(value, child));
    match (parent, last) {
        (Some(Value::M(_)), Step::Name(_)) | (Some(Value::L(_)), Step::Index(_)) => Ok(()),
        _ => Err(Error::new("The document path provided in the update expression is invalid for update")),
    }
}

/// The value that the last step of the path starts from, and that step. [`check_parent`] has found it before, and
/// no change of the same update replaces it, because paths do not overlap.
fn parent<'i, 'p>(item: &'i mut Item, path: &'p Path) -> Option<(&'i mut Value, &'p Step)> {
    let (last, way) = path.steps().split_last()?;
    let value = item.get_mut(path.attribute())?;
    let parent = way.iter().try_fold(value, |value, step| match (value, step) {
        (Value::M(map), Step::Name(name)) => map.get_mut(name),
        (Value::L(list), Step::Index(index)) => list.get_mut(*index),
        _ => None,
    })?;
    Some((parent, last))
}

/// Puts the value at the path; beyond the end of a list, behind its last element.
fn put(item: &mut Item, path: &Path, value: Value) {
    if path.steps().is_empty() {
        item.insert(path.attribute().to_owned(), value);
        return;
    }
    match parent(item, path) {
        Some((Value::M(map), Step::Name(name))) => {
            map.insert(name.clone(), value);
        }
        Some((Value::L(list), Step::Index(index))) => match list.get_mut(*index) {
            Some(element) => *element = value,
            None => list.push(value),
        },
        _ => {}
    }
}

fn remove(item: &mut Item, path: &Path) {
    if path.steps().is_empty() {
        item.remove(path.attribute());
        return;
    }
    match parent(item, path) {
        Some((Value::M(map), Step::Name(name))) => {
            map.remove(name);
        }
        Some((Value::L(list), Step::Index(index))) if *index < list.len() => {
            list.remove(*index);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
