//! The meaning of update expressions.

use super::{path_required, reserved, wrong_operand, wrong_operand_count};
use crate::ast::{Action as Written, Assigned as WrittenAssigned, Call, Operand as WrittenOperand, Part};
use crate::names::Names;
use crate::parser::Update as Parsed;
use crate::path::check_apart;
use crate::update::{Action, Assigned, Operand, Update};
use crate::value::{Type, Value};

const IF_NOT_EXISTS: &str = "if_not_exists";
const LIST_APPEND: &str = "list_append";

/// Resolves an update expression.
pub(crate) fn resolve(names: &mut Names, parsed: &Parsed<'_>) -> Result<Update, String> {
    let actions = &parsed.actions;
    actions.iter().try_for_each(|action| action.walk(&mut reserved))?;
    actions.iter().try_for_each(|action| action.walk(&mut known))?;
    if let Some(section) = parsed.repeated_section {
        return Err(format!("The \"{section}\" section can only be used once in an update expression;"));
    }
    actions.iter().try_for_each(|action| {
        action.walk(&mut |part| match part {
            Part::Name(placeholder) => names.name(placeholder).map(|_| ()),
            _ => Ok(()),
        })
    })?;
    actions.iter().try_for_each(|action| {
        action.walk(&mut |part| match part {
            Part::Value(placeholder) => names.value(placeholder).map(|_| ()),
            _ => Ok(()),
        })
    })?;
    let paths = actions.iter().map(|action| names.path(action.path())).collect::<Result<Vec<_>, _>>()?;
    check_apart(&paths.iter().collect::<Vec<_>>())?;
    actions.iter().try_for_each(|action| check_operand(names, action))?;
    let resolved = actions.iter().map(|written| action(names, written)).collect::<Result<Vec<_>, _>>()?;
    Ok(Update::new(paths.into_iter().zip(resolved).collect()))
}

fn known(part: Part<'_, '_>) -> Result<(), String> {
    let Part::Call(call) = part else {
        return Ok(());
    };
    match call.function {
        IF_NOT_EXISTS | LIST_APPEND => Ok(()),
        "attribute_exists"
        | "attribute_not_exists"
        | "attribute_type"
        | "begins_with"
        | "contains"
        | "size" => {
            Err(format!("The function is not allowed in an update expression; function: {}", call.function))
        }
        function => Err(format!("Invalid function name; function: {function}")),
    }
}

/// Refuses values that `ADD` and `DELETE` do not work on.
fn check_operand(names: &mut Names, action: &Written<'_>) -> Result<(), String> {
    let (operator, placeholder) = match action {
        Written::Add(_, placeholder) => ("ADD", placeholder),
        Written::Delete(_, placeholder) => ("DELETE", placeholder),
        _ => return Ok(()),
    };
    check_operand_kind(operator, names.value(placeholder)?.kind())
}

pub(crate) fn check_operand_kind(operator: &str, kind: Type) -> Result<(), String> {
    if kind.is_set() || (operator == "ADD" && kind == Type::N) {
        return Ok(());
    }
    Err(format!(
        "Incorrect operand type for operator or function; operator: {operator}, operand type: {}, typeSet: \
         ALLOWED_FOR_{operator}_OPERAND",
        kind.long_name()
    ))
}

fn action(names: &mut Names, action: &Written<'_>) -> Result<Action, String> {
    match action {
        Written::Set(_, assigned) => Ok(Action::Set(resolve_assigned(names, assigned)?)),
        Written::Remove(_) => Ok(Action::Remove),
        Written::Add(_, placeholder) => Ok(Action::Add(names.value(placeholder)?.clone())),
        Written::Delete(_, placeholder) => Ok(Action::Delete(names.value(placeholder)?.clone())),
    }
}

fn resolve_assigned(names: &mut Names, assigned: &WrittenAssigned<'_>) -> Result<Assigned, String> {
    match assigned {
        WrittenAssigned::Operand(written) => Ok(Assigned::Operand(operand(names, written)?)),
        WrittenAssigned::Sum(left, right) => sum(operand(names, left)?, operand(names, right)?),
        WrittenAssigned::Difference(left, right) => difference(operand(names, left)?, operand(names, right)?),
    }
}

pub(crate) fn sum(left: Operand, right: Operand) -> Result<Assigned, String> {
    check_kind("+", Type::N, &left)?;
    check_kind("+", Type::N, &right)?;
    Ok(Assigned::Sum(left, right))
}

pub(crate) fn difference(left: Operand, right: Operand) -> Result<Assigned, String> {
    check_kind("-", Type::N, &left)?;
    check_kind("-", Type::N, &right)?;
    Ok(Assigned::Difference(left, right))
}

fn operand(names: &mut Names, written: &WrittenOperand<'_>) -> Result<Operand, String> {
    match written {
        WrittenOperand::Path(path) => Ok(Operand::Path(names.path(path)?)),
        WrittenOperand::Value(placeholder) => Ok(Operand::Value(names.value(placeholder)?.clone())),
        WrittenOperand::Call(call) => function(names, call),
    }
}

fn function(names: &mut Names, call: &Call<'_>) -> Result<Operand, String> {
    let [left, right] = &call.arguments[..] else {
        return Err(wrong_operand_count(call.function, call.arguments.len()));
    };
    let (left, right) = (operand(names, left)?, operand(names, right)?);
    if call.function == IF_NOT_EXISTS { if_not_exists(left, right) } else { list_append(left, right) }
}

pub(crate) fn if_not_exists(path: Operand, otherwise: Operand) -> Result<Operand, String> {
    match path {
        Operand::Path(path) => Ok(Operand::IfNotExists(path, Box::new(otherwise))),
        _ => Err(path_required(IF_NOT_EXISTS)),
    }
}

pub(crate) fn list_append(first: Operand, second: Operand) -> Result<Operand, String> {
    check_kind(LIST_APPEND, Type::L, &first)?;
    check_kind(LIST_APPEND, Type::L, &second)?;
    Ok(Operand::ListAppend(Box::new(first), Box::new(second)))
}

/// Refuses an operand that is known to be of another type than the operator works on.
fn check_kind(operator: &str, expected: Type, operand: &Operand) -> Result<(), String> {
    let kind = match operand {
        Operand::Value(value) => Value::kind(value),
        Operand::ListAppend(..) => Type::L,
        Operand::Path(_) | Operand::IfNotExists(..) => return Ok(()),
    };
    if kind == expected { Ok(()) } else { Err(wrong_operand(operator, kind.name())) }
}
