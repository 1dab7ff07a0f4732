//! Intrinsic functions: `States.Format('Hello {}', $.name)` and seventeen others.
//!
//! A call is read once (`parse`) and then evaluated with what its paths find. What a function refuses is a
//! `States.IntrinsicFailure`. Chance comes from the scope; nothing here asks a clock.

mod arrays;
mod codes;
mod numbers;
mod parse;
mod texts;

use serde_json::Value;

pub(crate) use self::codes::digest;

use crate::failure::{Failure, names};
use crate::path::Path;
use crate::scope::Scope;

/// A call of an intrinsic function.
#[derive(Clone, Debug)]
pub(crate) struct Intrinsic {
    text: Box<str>,
    call: Call,
}

/// A function and its arguments.
#[derive(Clone, Debug)]
struct Call {
    function: Function,
    arguments: Vec<Argument>,
}

#[derive(Clone, Debug)]
enum Argument {
    /// A text as it is meant, and as it is written.
    Text(String, String),
    Constant(Value),
    Path(Path),
    Call(Call),
}

/// What a function makes of its arguments.
type Function = fn(&[Given], &Scope<'_>) -> Result<Value, String>;

/// An argument's value; a text also as it is written, for the placeholders in it.
struct Given {
    value: Value,
    written: Option<String>,
}

/// A function by its name, and how many arguments it takes.
fn function(name: &str) -> Option<(Function, usize, usize)> {
    Some(match name {
        "States.Format" => (texts::format, 1, usize::MAX),
        "States.StringToJson" => (texts::string_to_json, 1, 1),
        "States.JsonToString" => (texts::json_to_string, 1, 1),
        "States.StringSplit" => (texts::string_split, 2, 2),
        "States.JsonMerge" => (texts::json_merge, 3, 3),
        "States.Array" => (arrays::array, 0, usize::MAX),
        "States.ArrayPartition" => (arrays::partition, 2, 2),
        "States.ArrayContains" => (arrays::contains, 2, 2),
        "States.ArrayRange" => (arrays::range, 3, 3),
        "States.ArrayGetItem" => (arrays::get_item, 2, 2),
        "States.ArrayLength" => (arrays::length, 1, 1),
        "States.ArrayUnique" => (arrays::unique, 1, 1),
        "States.Base64Encode" => (codes::base64_encode, 1, 1),
        "States.Base64Decode" => (codes::base64_decode, 1, 1),
        "States.Hash" => (codes::hash, 2, 2),
        "States.MathRandom" => (numbers::random, 2, 3),
        "States.MathAdd" => (numbers::add, 2, 2),
        "States.UUID" => (codes::uuid, 0, 0),
        _ => return None,
    })
}

impl Intrinsic {
    /// Reads a call.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Ok(Intrinsic { text: text.into(), call: parse::call(text)? })
    }

    /// What the function gives.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>, data: &Value) -> Result<Value, Failure> {
        self.call.evaluate(scope, data).map_err(|refusal| match refusal {
            Refusal::Limit(failure) => failure,
            Refusal::Words(why) => {
                let cause = format!("The function '{}' had the following error: {why}", self.text);
                Failure::field(names::INTRINSIC, cause)
            }
        })
    }
}

/// Why there is no value: what a function says, or a limit.
enum Refusal {
    Words(String),
    Limit(Failure),
}

impl Call {
    fn evaluate(&self, scope: &Scope<'_>, data: &Value) -> Result<Value, Refusal> {
        let given: Result<Vec<Given>, Refusal> =
            self.arguments.iter().map(|argument| argument.evaluate(scope, data)).collect();
        let value = (self.function)(&given?, scope).map_err(Refusal::Words)?;
        scope.copied(&value).map_err(Refusal::Limit)?;
        Ok(value)
    }
}

impl Argument {
    fn evaluate(&self, scope: &Scope<'_>, data: &Value) -> Result<Given, Refusal> {
        let (value, written) = match self {
            Argument::Text(text, written) => (Value::from(text.as_str()), Some(written.clone())),
            Argument::Constant(value) => (value.clone(), None),
            Argument::Call(call) => (call.evaluate(scope, data)?, None),
            Argument::Path(path) => {
                let nothing =
                    || Refusal::Words(format!("The path '{}' finds nothing in the input", path.text()));
                let found = path.find(scope, data).map_err(Refusal::Limit)?.ok_or_else(nothing)?;
                scope.copied(&found).map_err(Refusal::Limit)?;
                (found.into_owned(), None)
            }
        };
        Ok(Given { value, written })
    }
}

impl Given {
    fn list(&self) -> Result<&Vec<Value>, String> {
        self.value.as_array().ok_or_else(|| "An argument must be an array".into())
    }

    fn text(&self) -> Result<&str, String> {
        self.value.as_str().ok_or_else(|| "An argument must be a string".into())
    }

    /// A whole number; what is none is rounded.
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats stops at the ends")]
    fn integer(&self) -> Result<i64, String> {
        let whole = self.value.as_i64();
        let rounded = || self.value.as_f64().map(|number| number.round() as i64);
        whole.or_else(rounded).ok_or_else(|| "An argument must be an integer".into())
    }
}

#[cfg(test)]
mod tests;
