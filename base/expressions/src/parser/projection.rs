//! The grammar of a projection expression: document paths with commas between.

use super::Parser;
use crate::ast::Path;

/// Reads a projection expression.
pub(crate) fn parse(text: &str) -> Result<Vec<Path<'_>>, String> {
    let mut parser = Parser::new(text)?;
    let paths = parser.list(|parser| parser.path(&[]))?;
    parser.finish()?;
    Ok(paths)
}
