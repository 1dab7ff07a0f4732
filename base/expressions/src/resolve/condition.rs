//! The meaning of conditions.

use super::{path_required, reserved, wrong_operand, wrong_operand_count};
use crate::ast::{Call, Comparator, Condition as Syntax, Operand as Written, Part};
use crate::condition::{Condition, Node, Operand};
use crate::names::Names;
use crate::path::Path;
use crate::value::{Type, Value};

/// Choices that `IN` may have.
const CHOICES_MAX: usize = 100;

const SIZE: &str = "size";

/// The functions of conditions and how many operands they take.
const FUNCTIONS: [(&str, usize); 6] = [
    ("attribute_exists", 1),
    ("attribute_not_exists", 1),
    ("attribute_type", 2),
    ("begins_with", 2),
    ("contains", 2),
    (SIZE, 1),
];

/// Resolves a condition.
pub(crate) fn resolve(names: &mut Names, condition: &Syntax<'_>) -> Result<Condition, String> {
    condition.walk(&mut known)?;
    check_use(condition)?;
    condition.walk(&mut reserved)?;
    Ok(Condition::new(node(names, condition)?))
}

fn known(part: Part<'_, '_>) -> Result<(), String> {
    let Part::Call(call) = part else {
        return Ok(());
    };
    match call.function {
        "if_not_exists" | "list_append" => {
            Err(format!("The function is not allowed in a condition expression; function: {}", call.function))
        }
        function if FUNCTIONS.iter().any(|(known, _)| *known == function) => Ok(()),
        function => Err(format!("Invalid function name; function: {function}")),
    }
}

/// Only `size` is an operand, and it is nothing else.
fn check_use(condition: &Syntax<'_>) -> Result<(), String> {
    let as_operand = |operand: &Written<'_>| match operand {
        Written::Call(call) if call.function != SIZE => Err(misused(call.function)),
        _ => Ok(()),
    };
    match condition {
        Syntax::Call(call) if call.function == SIZE => Err(misused(SIZE)),
        Syntax::And(inner) | Syntax::Or(inner) => inner.iter().try_for_each(check_use),
        Syntax::Not(inner) => check_use(inner),
        Syntax::Compare { left, right, .. } => [left, right].into_iter().try_for_each(as_operand),
        Syntax::Between { operand, lower, upper } => {
            [operand, lower, upper].into_iter().try_for_each(as_operand)
        }
        Syntax::In { operand, choices } => std::iter::once(operand).chain(choices).try_for_each(as_operand),
        Syntax::Call(call) => call.arguments.iter().try_for_each(as_operand),
    }
}

fn misused(function: &str) -> String {
    format!("The function is not allowed to be used this way in an expression; function: {function}")
}

fn node(names: &mut Names, condition: &Syntax<'_>) -> Result<Node, String> {
    let all = |names: &mut Names, inner: &[Syntax<'_>]| {
        inner.iter().map(|condition| node(names, condition)).collect::<Result<Vec<_>, _>>()
    };
    match condition {
        Syntax::And(inner) => Ok(Node::And(all(names, inner)?)),
        Syntax::Or(inner) => Ok(Node::Or(all(names, inner)?)),
        Syntax::Not(inner) => Ok(Node::Not(Box::new(node(names, inner)?))),
        Syntax::Compare { comparator, left, right } => compare(names, *comparator, left, right),
        Syntax::Between { operand, lower, upper } => between(names, operand, lower, upper),
        Syntax::In { operand, choices } => within(names, operand, choices),
        Syntax::Call(call) => function(names, call),
    }
}

fn operand(names: &mut Names, written: &Written<'_>) -> Result<Operand, String> {
    match written {
        Written::Path(path) => Ok(Operand::Path(names.path(path)?)),
        Written::Value(placeholder) => Ok(Operand::Value(names.value(placeholder)?.clone())),
        // Only `size` is left: any other function is misused here.
        Written::Call(call) => sized(&operands(names, call)?),
    }
}

/// The size of an operand, which must be the only one.
pub(crate) fn sized(operands: &[Operand]) -> Result<Operand, String> {
    let [inner] = operands else {
        return Err(wrong_operand_count(SIZE, operands.len()));
    };
    match inner.kind() {
        Some(kind @ (Type::N | Type::Bool | Type::Null)) => Err(wrong_operand(SIZE, kind.name())),
        _ => Ok(Operand::Size(Box::new(inner.clone()))),
    }
}

fn operands(names: &mut Names, call: &Call<'_>) -> Result<Vec<Operand>, String> {
    call.arguments.iter().map(|argument| operand(names, argument)).collect()
}

fn compare(
    names: &mut Names,
    comparator: Comparator,
    left: &Written<'_>,
    right: &Written<'_>,
) -> Result<Node, String> {
    let (left, right) = (operand(names, left)?, operand(names, right)?);
    compared(comparator, left, right)
}

pub(crate) fn compared(comparator: Comparator, left: Operand, right: Operand) -> Result<Node, String> {
    check_distinct(comparator.symbol(), &left, [&right])?;
    if !matches!(comparator, Comparator::Equal | Comparator::NotEqual) {
        check_ordered(comparator.symbol(), [&left, &right])?;
    }
    Ok(Node::Compare { comparator, left, right })
}

fn between(
    names: &mut Names,
    tested: &Written<'_>,
    lower: &Written<'_>,
    upper: &Written<'_>,
) -> Result<Node, String> {
    let (tested, lower, upper) = (operand(names, tested)?, operand(names, lower)?, operand(names, upper)?);
    ranged(tested, lower, upper)
}

pub(crate) fn ranged(tested: Operand, lower: Operand, upper: Operand) -> Result<Node, String> {
    check_distinct("BETWEEN", &tested, [&lower, &upper])?;
    check_ordered("BETWEEN", [&tested, &lower, &upper])?;
    if let (Operand::Value(low), Operand::Value(high)) = (&lower, &upper) {
        check_bounds(low, high)?;
    }
    Ok(Node::Between { operand: tested, lower, upper })
}

fn check_bounds(low: &Value, high: &Value) -> Result<(), String> {
    let problem = match low.order(high) {
        None => "The BETWEEN operator requires same data type for lower and upper bounds",
        Some(order) if order.is_gt() => {
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound"
        }
        Some(_) => return Ok(()),
    };
    Err(format!(
        "{problem}; lower bound operand: AttributeValue: {}, upper bound operand: AttributeValue: {}",
        Shown(low),
        Shown(high)
    ))
}

fn within(names: &mut Names, tested: &Written<'_>, choices: &[Written<'_>]) -> Result<Node, String> {
    let tested = operand(names, tested)?;
    let choices = choices.iter().map(|choice| operand(names, choice)).collect::<Result<Vec<_>, _>>()?;
    chosen(tested, choices)
}

pub(crate) fn chosen(tested: Operand, choices: Vec<Operand>) -> Result<Node, String> {
    if choices.len() > CHOICES_MAX {
        let count = choices.len();
        return Err(format!(
            "The IN operator is provided with too many operands; number of operands: {count}"
        ));
    }
    check_distinct("IN", &tested, &choices)?;
    Ok(Node::In { operand: tested, choices })
}

fn function(names: &mut Names, call: &Call<'_>) -> Result<Node, String> {
    let operands = operands(names, call)?;
    called(call.function, operands)
}

pub(crate) fn called(name: &str, operands: Vec<Operand>) -> Result<Node, String> {
    let count = FUNCTIONS.iter().find(|(known, _)| *known == name).map_or(0, |(_, count)| *count);
    if operands.len() != count {
        return Err(wrong_operand_count(name, operands.len()));
    }
    let mut operands = operands.into_iter();
    let (Some(first), second) = (operands.next(), operands.next()) else {
        return Err(wrong_operand_count(name, 0));
    };
    check_distinct(name, &first, &second)?;
    match (name, first, second) {
        ("attribute_exists", first, None) => Ok(Node::Exists(only_path(name, first)?)),
        ("attribute_not_exists", first, None) => Ok(Node::NotExists(only_path(name, first)?)),
        ("attribute_type", first, Some(second)) => Ok(Node::HasType(first, type_named(name, &second)?)),
        ("begins_with", first, Some(second)) => {
            for kind in [first.kind(), second.kind()].into_iter().flatten() {
                if !matches!(kind, Type::S | Type::B) {
                    return Err(wrong_operand(name, kind.name()));
                }
            }
            Ok(Node::BeginsWith(first, second))
        }
        ("contains", first, Some(second)) => Ok(Node::Contains(first, second)),
        _ => Err(misused(name)),
    }
}

fn only_path(function: &str, operand: Operand) -> Result<Path, String> {
    match operand {
        Operand::Path(path) => Ok(path),
        _ => Err(path_required(function)),
    }
}

/// The type that the second operand of `attribute_type` names; it must be a value that is known beforehand.
fn type_named(function: &str, operand: &Operand) -> Result<Type, String> {
    match operand {
        Operand::Value(Value::S(name)) => Type::from_name(name).ok_or_else(|| {
            format!("Invalid attribute type name found; type: {name}, valid types: {{B,NULL,SS,BOOL,L,BS,N,NS,S,M}}")
        }),
        _ => {
            let kind = operand.kind().map_or("{NS,SS,L,BS,N,M,B,BOOL,NULL,S}", Type::name);
            Err(wrong_operand(function, kind))
        }
    }
}

fn check_distinct<'o>(
    operator: &str,
    first: &Operand,
    rest: impl IntoIterator<Item = &'o Operand>,
) -> Result<(), String> {
    let Operand::Path(path) = first else {
        return Ok(());
    };
    if !rest.into_iter().any(|operand| operand == first) {
        return Ok(());
    }
    Err(format!(
        "The first operand must be distinct from the remaining operands for this operator or function; operator: \
         {operator}, first operand: {path}"
    ))
}

/// Refuses operands of a type that has no order.
fn check_ordered<'o>(operator: &str, operands: impl IntoIterator<Item = &'o Operand>) -> Result<(), String> {
    let unordered = operands.into_iter().filter_map(Operand::kind).find(|kind| !kind.is_ordered());
    unordered.map_or(Ok(()), |kind| Err(wrong_operand(operator, kind.name())))
}

/// A bound as messages show it: `{S:text}`.
struct Shown<'v>(&'v Value);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Value::S(text) => write!(formatter, "{{S:{text}}}"),
            Value::N(number) => write!(formatter, "{{N:{number}}}"),
            Value::B(bytes) => write!(formatter, "{{B:{} bytes}}", bytes.len()),
            other => write!(formatter, "{{{}}}", other.kind().name()),
        }
    }
}
