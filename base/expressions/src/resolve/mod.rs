//! Syntax into meaning: placeholders resolved, functions known, operands of the right types.
//!
//! An expression with several faults is refused for the same one as by DynamoDB, so the checks come in its order:
//! one kind of fault after the other, each through the whole expression.

pub(crate) mod condition;
pub(crate) mod update;

use crate::ast::{Part, Path, walk_path};
use crate::names::{Names, check_word};
use crate::path::check_apart;
use crate::projection::Projection;

/// Resolves a projection expression.
pub(crate) fn projection(names: &mut Names, paths: &[Path<'_>]) -> Result<Projection, String> {
    paths.iter().try_for_each(|path| walk_path(path, &mut reserved))?;
    let paths = paths.iter().map(|path| names.path(path)).collect::<Result<Vec<_>, _>>()?;
    check_apart(&paths.iter().collect::<Vec<_>>())?;
    Ok(Projection::new(paths))
}

/// Refuses reserved words that stand as names.
fn reserved(part: Part<'_, '_>) -> Result<(), String> {
    match part {
        Part::Word(word) => check_word(word),
        _ => Ok(()),
    }
}

/// The error of an operand that an operator or a function does not work on.
fn wrong_operand(operator: &str, kind: &str) -> String {
    format!(
        "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
    )
}

fn wrong_operand_count(function: &str, count: usize) -> String {
    format!(
        "Incorrect number of operands for operator or function; operator or function: {function}, number of \
         operands: {count}"
    )
}

fn path_required(function: &str) -> String {
    format!("Operator or function requires a document path; operator or function: {function}")
}
