//! `$input`: the body, as it is or by paths, and the request's parameters.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::{json, path};
use crate::error::Thrown;
use crate::value::{Heap, Members, Object, Value};

/// `$input` of one evaluation. The body is read as JSON once, when it is first asked for.
pub(super) struct Input {
    body: Arc<str>,
    parsed: RefCell<Option<Value>>,
    parameters: Value,
    has_failed: Cell<bool>,
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("$input")
    }
}

impl Input {
    pub(super) fn new(body: &[u8], parameters: Value) -> Self {
        let body = String::from_utf8_lossy(body).into();
        Input { body, parsed: RefCell::new(None), parameters, has_failed: Cell::new(false) }
    }

    /// Whether the body was asked for as JSON, and is none.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.get()
    }

    /// The body as JSON; an empty one is an empty object.
    fn parsed(&self, heap: &mut Heap) -> Result<Value, Thrown> {
        if let Some(value) = &*self.parsed.borrow() {
            return Ok(value.clone());
        }
        let value = if self.body.trim().is_empty() {
            heap.map(Members::default())?
        } else {
            json::try_read(&self.body, heap).map_err(|error| self.refused(&error))?
        };
        *self.parsed.borrow_mut() = Some(value.clone());
        Ok(value)
    }

    fn refused(&self, error: &serde_json::Error) -> Thrown {
        if error.is_data() {
            return Thrown::new(error.to_string());
        }
        self.has_failed.set(true);
        Thrown::new(format!("Could not parse request body into json: {error}"))
    }

    /// What a path finds; an empty text where it finds nothing.
    fn at(&self, path: &Value, heap: &mut Heap) -> Result<Value, Thrown> {
        let path = heap.text_of(path)?;
        let body = self.parsed(heap)?;
        Ok(path::find(&path, &body, heap)?.unwrap_or_else(|| Value::from("")))
    }

    /// A parameter, from the path, the query or the headers, whichever has it first.
    fn parameter(&self, name: &Value, heap: &mut Heap) -> Result<Value, Thrown> {
        let name = heap.text_of(name)?;
        for kind in ["path", "querystring", "header"] {
            let found = match &self.parameters {
                Value::Map(all) => heap.member(*all, kind).cloned().unwrap_or_default(),
                _ => Value::Null,
            };
            if let Value::Map(map) = found
                && let Some(value) = heap.member(map, &name)
            {
                return Ok(value.clone());
            }
        }
        Ok(Value::from(""))
    }
}

impl Object for Input {
    fn property(&self, name: &str, _: &mut Heap) -> Result<Value, Thrown> {
        Ok(match name {
            "body" if self.body.is_empty() => Value::from("{}"),
            "body" => Value::Text(self.body.clone()),
            _ => Value::Null,
        })
    }

    fn call(&self, name: &str, arguments: &[Value], heap: &mut Heap) -> Result<Value, Thrown> {
        match (name, arguments) {
            ("json", [path]) => {
                let found = self.at(path, heap)?;
                heap.json_of(&found).map(Value::Text)
            }
            ("path", [path]) => self.at(path, heap),
            ("params", []) => Ok(self.parameters.clone()),
            ("params", [name]) => self.parameter(name, heap),
            ("getBody", []) => self.property("body", heap),
            _ => Ok(Value::Null),
        }
    }
}
