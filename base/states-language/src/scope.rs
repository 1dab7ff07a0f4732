//! What the expressions of a state can see: its input, its context, variables, and what came of it.
//!
//! Never changes any of it.

use std::cell::LazyCell;

use serde_json::{Map, Value};

use crate::chance::Chance;

/// A context that is made when it is first looked at, for most states never do.
pub(crate) type Context<'a> = LazyCell<Value, Box<dyn FnOnce() -> Value + 'a>>;

/// What an expression can see.
pub(crate) struct Scope<'a> {
    /// The state's input, as it came.
    pub(crate) input: &'a Value,
    pub(crate) context: Context<'a>,
    /// The variables of the scopes around, innermost first.
    pub(crate) variables: Vec<&'a Map<String, Value>>,
    pub(crate) chance: &'a Chance,
    pub(crate) now_ms: u64,
}

impl Scope<'_> {
    /// A variable, from the innermost scope that has it.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.iter().find_map(|scope| scope.get(name))
    }
}

/// What an expression is asked about, besides its scope.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// What `$` is in JSONPath.
    pub(crate) data: &'a Value,
    /// What `$states.result` is.
    pub(crate) result: Option<&'a Value>,
    /// What `$states.errorOutput` is.
    pub(crate) error_output: Option<&'a Value>,
}

impl<'a> Subject<'a> {
    /// Nothing came yet: there is data alone.
    pub(crate) fn data(data: &'a Value) -> Self {
        Subject { data, result: None, error_output: None }
    }

    /// The result of a state.
    pub(crate) fn result(result: &'a Value) -> Self {
        Subject { data: result, result: Some(result), error_output: None }
    }

    /// The error that a Catch is for.
    pub(crate) fn error(output: &'a Value) -> Self {
        Subject { data: output, result: None, error_output: Some(output) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Asks about a document, with a context and a variable `v`.
    pub(crate) fn with<R>(data: &Value, variable: &Value, ask: impl FnOnce(&Scope<'_>) -> R) -> R {
        let variables = Map::from_iter([("v".to_owned(), variable.clone())]);
        let chance = Chance::new(1);
        let context = LazyCell::new(Box::new(|| serde_json::json!({"Execution": {"Id": "x"}})) as Box<dyn FnOnce() -> Value>);
        ask(&Scope { input: data, context, variables: vec![&variables], chance: &chance, now_ms: 0 })
    }
}
