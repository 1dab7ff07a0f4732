//! Filters of paths: `[?(@.price < 10 && @.isbn)]`.

use super::read::Reader;
use super::{Segment, find_read};
use crate::error::Thrown;
use crate::methods;
use crate::run::{compare, equal};
use crate::value::{Heap, Value};

/// How deep a filter may be nested.
const NESTING_MAX: usize = 16;

/// Longer ones before those that they begin with.
const RELATIONS: [&str; 7] = ["==", "!=", "<=", ">=", "=~", "<", ">"];

/// What must hold of a member.
#[derive(Debug)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Related(Operand, &'static str, Operand),
}

#[derive(Debug)]
pub(super) enum Operand {
    /// From the member that is looked at.
    Here(Vec<Segment>),
    Root(Vec<Segment>),
    Literal(Value),
}

impl Filter {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        reader.nesting += 1;
        if reader.nesting > NESTING_MAX {
            return Err(reader.wrong());
        }
        let mut any = vec![Self::all(reader)?];
        while reader.took("||") {
            any.push(Self::all(reader)?);
        }
        reader.nesting -= 1;
        Ok(Filter::Any(any))
    }

    fn all(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        let mut all = vec![Self::one(reader)?];
        reader.spaces();
        while reader.took("&&") {
            all.push(Self::one(reader)?);
            reader.spaces();
        }
        Ok(Filter::All(all))
    }

    fn one(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        reader.spaces();
        if reader.took("!") {
            let inner = Self::in_parentheses(reader)?;
            return Ok(Filter::Not(Box::new(inner)));
        }
        if reader.rest.starts_with('(') {
            return Self::in_parentheses(reader);
        }
        let left = Operand::read(reader)?;
        reader.spaces();
        let Some(relation) = RELATIONS.into_iter().find(|relation| reader.took(relation)) else {
            return Ok(Filter::Exists(left));
        };
        Ok(Filter::Related(left, relation, Operand::read(reader)?))
    }

    fn in_parentheses(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        if !reader.took("(") {
            return Operand::read(reader).map(Filter::Exists);
        }
        let inner = Self::read(reader)?;
        reader.expect(")")?;
        Ok(inner)
    }

    pub(super) fn holds(&self, member: &Value, root: &Value, heap: &mut Heap) -> Result<bool, Thrown> {
        heap.work(1)?;
        match self {
            Filter::Any(any) => holds_for(any, true, member, root, heap),
            Filter::All(all) => Ok(!holds_for(all, false, member, root, heap)?),
            Filter::Not(inner) => Ok(!inner.holds(member, root, heap)?),
            Filter::Exists(operand) => Ok(operand.value(member, root, heap)?.is_some()),
            Filter::Related(left, relation, right) => {
                let left = left.value(member, root, heap)?;
                let right = right.value(member, root, heap)?;
                match (left, right) {
                    (Some(left), Some(right)) => related(&left, relation, &right, heap),
                    _ => Ok(*relation == "!="),
                }
            }
        }
    }
}

/// Whether one of them is as `wanted`.
fn holds_for(
    filters: &[Filter],
    wanted: bool,
    member: &Value,
    root: &Value,
    heap: &mut Heap,
) -> Result<bool, Thrown> {
    for filter in filters {
        if filter.holds(member, root, heap)? == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

fn related(left: &Value, relation: &str, right: &Value, heap: &mut Heap) -> Result<bool, Thrown> {
    let is_of_one_kind = |heap: &mut Heap| {
        Ok((compare(left, right).is_some() || std::mem::discriminant(left) == std::mem::discriminant(right))
            && equal(left, right, heap, 0)?)
    };
    let order = match (left, right) {
        (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
        _ => compare(left, right),
    };
    match relation {
        "==" => is_of_one_kind(heap),
        "!=" => is_of_one_kind(heap).map(|is| !is),
        "<" => Ok(order.is_some_and(std::cmp::Ordering::is_lt)),
        ">" => Ok(order.is_some_and(std::cmp::Ordering::is_gt)),
        "<=" => Ok(order.is_some_and(std::cmp::Ordering::is_le)),
        ">=" => Ok(order.is_some_and(std::cmp::Ordering::is_ge)),
        _ => match left {
            Value::Text(_) => {
                methods::call(left, "matches", std::slice::from_ref(right), heap).map(|is| is.holds())
            }
            _ => Ok(false),
        },
    }
}

impl Operand {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        reader.spaces();
        if reader.took("@") {
            return reader.segments().map(Operand::Here);
        }
        if reader.took("$") {
            return reader.segments().map(Operand::Root);
        }
        if reader.rest.starts_with(['\'', '"']) {
            return reader.quoted().map(|text| Operand::Literal(text.into()));
        }
        if reader.took("/") {
            return Self::pattern(reader);
        }
        let word = reader.take_while(|letter| letter.is_ascii_alphanumeric() || ".-+".contains(letter));
        let value = match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => match (word.parse(), word.parse()) {
                (Ok(whole), _) => Value::Int(whole),
                (_, Ok(decimal)) => Value::Decimal(decimal),
                _ => return Err(reader.wrong()),
            },
        };
        Ok(Operand::Literal(value))
    }

    fn pattern(reader: &mut Reader<'_>) -> Result<Self, Thrown> {
        let pattern = reader.take_while(|letter| letter != '/');
        reader.expect("/")?;
        let flag = if reader.took("i") { "(?i)" } else { "" };
        Ok(Operand::Literal(format!("{flag}{pattern}").into()))
    }

    fn value(&self, member: &Value, root: &Value, heap: &mut Heap) -> Result<Option<Value>, Thrown> {
        match self {
            Operand::Here(path) => find_read(path, member, root, heap),
            Operand::Root(path) => find_read(path, root, root, heap),
            Operand::Literal(value) => Ok(Some(value.clone())),
        }
    }
}
