//! What the expressions of a state can see: its input, its context, variables, and what came of it.
//!
//! Never changes any of it. Counts how much is copied out of it, so that no small definition makes much of little.

use std::cell::{Cell, LazyCell};

use serde_json::{Map, Value};

use crate::chance::Chance;
use crate::failure::{Failure, names};

/// How much one state's expressions may copy, in bytes of JSON, more or less.
pub(crate) const COPIED_MAX: usize = 16 << 20;

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
    /// How many bytes may still be copied.
    pub(crate) budget: Cell<usize>,
}

impl Scope<'_> {
    /// A variable, from the innermost scope that has it.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.variables.iter().find_map(|scope| scope.get(name))
    }

    /// Counts a value that is copied, and refuses what is too much.
    pub(crate) fn copied(&self, value: &Value) -> Result<(), Failure> {
        let mut left = self.budget.get();
        let is_within = take(value, &mut left);
        self.budget.set(left);
        if is_within {
            return Ok(());
        }
        Err(Failure::limit(
            names::DATA_LIMIT,
            "The state's fields make more data than the service limit allows.",
        ))
    }
}

/// Takes the size of a value off, as far as there is enough.
fn take(value: &Value, left: &mut usize) -> bool {
    let own = match value {
        Value::String(text) => text.len() + 2,
        Value::Object(fields) => fields.keys().map(|name| name.len() + 4).sum::<usize>() + 2,
        _ => 4,
    };
    let Some(rest) = left.checked_sub(own) else { return false };
    *left = rest;
    match value {
        Value::Array(items) => items.iter().all(|item| take(item, left)),
        Value::Object(fields) => fields.values().all(|field| take(field, left)),
        _ => true,
    }
}

/// Whether a value nests deeper than that.
pub(crate) fn is_deeper(value: &Value, depth: usize) -> bool {
    let is_inner_deeper = |inner: &Value| depth == 0 || is_deeper(inner, depth - 1);
    match value {
        Value::Array(items) => items.iter().any(is_inner_deeper),
        Value::Object(fields) => fields.values().any(is_inner_deeper),
        _ => false,
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
        let context = LazyCell::new(
            Box::new(|| serde_json::json!({"Execution": {"Id": "x"}})) as Box<dyn FnOnce() -> Value>
        );
        ask(&Scope {
            input: data,
            context,
            variables: vec![&variables],
            chance: &chance,
            now_ms: 0,
            budget: Cell::new(COPIED_MAX),
        })
    }

    #[test]
    fn depth_is_counted() {
        let value = serde_json::json!([{"a": [1]}]);
        assert!(is_deeper(&value, 2) && !is_deeper(&value, 3));
        assert!(!is_deeper(&serde_json::json!(1), 0) && !is_deeper(&serde_json::json!([]), 0));
    }

    #[test]
    fn what_is_copied_is_counted() {
        let half = Value::from("x".repeat(COPIED_MAX / 2));
        with(&half, &Value::Null, |scope| {
            assert!(scope.copied(&Value::from(1)).is_ok());
            assert!(scope.copied(&half).is_ok() && scope.copied(&half).is_err());
        });
    }
}
