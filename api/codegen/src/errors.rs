//! The errors of the written operations: facts of each, and a function that makes it from its message.

use crate::code::{Code, optional};
use crate::facts::Shape;
use crate::model::{Model, is_detailed};
use crate::names::{Taken, shouting, snake};

/// Writes the module of errors.
pub(crate) fn write(code: &mut Code, model: &Model<'_>) {
    let mut taken = Taken::default();
    code.block("pub mod error", |code| {
        for name in &model.errors {
            let Some(shape) = model.shape(name) else { continue };
            let label = taken.take(snake(name));
            write_facts(code, model, name, shape);
            code.line("#[must_use]");
            code.block(format!("pub fn {label}(message: impl Into<String>) -> ::wire::Fault"), |code| {
                code.line(format!("::wire::Fault::modelled(&{}, message)", shouting(&label)));
            });
        }
    });
}

/// The static of an error, seen from the root of the crate.
pub(crate) fn path(name: &str) -> String {
    format!("error::{}", shouting(name))
}

fn write_facts(code: &mut Code, model: &Model<'_>, name: &str, shape: &Shape) {
    let answer = shape.error.as_ref();
    let status =
        answer.and_then(|answer| answer.http_status_code).unwrap_or(if shape.fault { 500 } else { 400 });
    let sender = answer.and_then(|answer| answer.sender_fault).unwrap_or(!shape.fault && status < 500);
    let query_code = answer.and_then(|answer| answer.code.as_deref()).filter(|code| *code != name);
    let schema = if is_detailed(shape) {
        format!("Some(&super::schema::{})", model.static_name(name))
    } else {
        "None".to_owned()
    };
    let head = format!("pub static {}: ::wire::ErrorFacts = ::wire::ErrorFacts {{", shouting(name));
    code.enclosed(head, "};", |code| {
        code.line(format!("name: {name:?},"));
        code.line(format!("query_code: {},", optional(query_code)));
        code.line(format!("status: {status},"));
        code.line(format!("sender: {sender},"));
        code.line(format!("shape: {schema},"));
    });
}
