//! The variables that API Gateway gives its mapping templates: `$input`, `$context`, `$stageVariables` and `$util`.
//!
//! They are made of plain data; the caller knows where a request or a response came from, and what becomes of the text and
//! of overrides. Follows "Variables for data transformations for API Gateway" of the developer guide.

mod functions;
mod input;
mod json;
mod path;

use std::rc::Rc;

use crate::error::{Error, Thrown};
use crate::value::{Heap, Map, Members, Value};
use crate::{Context, Limits, Template};

/// What a template sees of a request, or of an answer.
#[derive(Clone, Debug, Default)]
pub struct Variables<'a> {
    /// The payload.
    pub body: &'a [u8],
    /// Parameters of the path.
    pub path: &'a [(String, String)],
    /// Parameters of the query.
    pub querystring: &'a [(String, String)],
    /// Headers. Nobody looks at others than those that the template names where it names all ([`Template::texts_for`]).
    pub header: &'a [(String, String)],
    /// `$context`, without overrides unless an earlier template set some. Nobody looks at members that the template does not
    /// mention, nor at the parameters where it does not mention `$input`.
    pub context: serde_json::Value,
    /// Variables of the stage.
    pub stage_variables: &'a [(String, String)],
}

/// What a template made.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// What it rendered.
    pub text: String,
    /// `$context.requestOverride`: `header`, `path` and `querystring`; null where the template does not mention it.
    pub request_override: serde_json::Value,
    /// `$context.responseOverride`: `header` and `status`; null in the same case.
    pub response_override: serde_json::Value,
}

/// Why a template made nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It asked for a part of the body, which is no JSON: the client's mistake.
    #[error("{0}")]
    Body(String),
    /// It is wrong itself, or goes beyond its limits.
    #[error(transparent)]
    Template(#[from] Error),
}

/// What a byte of the body takes as a value, at most: there is a number for every two.
const BYTES_OF_BODY: usize = 32;

/// Renders a mapping template. The memory that the body takes as JSON comes on top of the limits.
///
/// # Errors
/// When the template fails, or wants a body as JSON that is none.
pub fn render(template: &Template, variables: &Variables<'_>, limits: Limits) -> Result<Rendered, Failure> {
    let memory_bytes = limits.memory_bytes.saturating_add(variables.body.len().saturating_mul(BYTES_OF_BODY));
    let mut context = Context::new(Limits { memory_bytes, ..limits });
    let start = |thrown: Thrown| thrown.at(crate::At::START);
    let input = place(&mut context, template, variables).map_err(start)?;
    match template.render(&mut context) {
        Ok(text) => Ok(Rendered {
            text,
            request_override: overrides(&mut context, template, "requestOverride").map_err(start)?,
            response_override: overrides(&mut context, template, "responseOverride").map_err(start)?,
        }),
        Err(error) if input.is_some_and(|input| input.has_failed()) => {
            Err(Failure::Body(error.message().to_owned()))
        }
        Err(error) => Err(Failure::Template(error)),
    }
}

/// Puts the variables into the context that the template mentions; `$input` itself is for the caller too.
fn place(
    context: &mut Context,
    template: &Template,
    variables: &Variables<'_>,
) -> Result<Option<Rc<input::Input>>, Thrown> {
    context.set("util", Value::Object(Rc::new(functions::Util)));
    if template.mentions("stageVariables") {
        let stage_variables = texts(&mut context.heap, variables.stage_variables)?;
        context.set("stageVariables", stage_variables);
    }
    if template.mentions("context") {
        let of_call = of_call(&mut context.heap, template, &variables.context)?;
        context.set("context", Value::Map(of_call));
    }
    if !template.mentions("input") {
        return Ok(None);
    }
    let parameters = parameters(&mut context.heap, variables)?;
    let input = Rc::new(input::Input::new(variables.body, parameters));
    context.set("input", Value::Object(input.clone()));
    Ok(Some(input))
}

/// `$input.params()`.
fn parameters(heap: &mut Heap, variables: &Variables<'_>) -> Result<Value, Thrown> {
    let parts =
        [("path", variables.path), ("querystring", variables.querystring), ("header", variables.header)];
    let mut maps = Members::default();
    for (name, pairs) in parts {
        maps.insert(name.into(), texts(heap, pairs)?);
    }
    heap.map(maps)
}

/// `$context`.
fn of_call(heap: &mut Heap, template: &Template, context: &serde_json::Value) -> Result<Map, Thrown> {
    let placed = json::place(context, heap)?;
    let of_call = if let Value::Map(map) = placed { map } else { empty(heap)? };
    make_overridable(of_call, template, heap)?;
    Ok(of_call)
}

fn texts(heap: &mut Heap, pairs: &[(String, String)]) -> Result<Value, Thrown> {
    let mut members = Members::default();
    for (name, text) in pairs {
        members.insert(name.as_str().into(), heap.text(text.as_str())?);
    }
    heap.map(members)
}

fn empty(heap: &mut Heap) -> Result<Map, Thrown> {
    match heap.map(Members::default())? {
        Value::Map(map) => Ok(map),
        _ => Err(Thrown::new("a map is none")),
    }
}

/// Makes what the template assigns to, where it is not there.
fn make_overridable(of_call: Map, template: &Template, heap: &mut Heap) -> Result<(), Thrown> {
    for (side, kinds) in
        [("requestOverride", &["header", "path", "querystring"][..]), ("responseOverride", &["header"])]
    {
        if !template.mentions_member("context", side) {
            continue;
        }
        let side = map_in(of_call, side, heap)?;
        for kind in kinds {
            map_in(side, kind, heap)?;
        }
    }
    Ok(())
}

fn map_in(map: Map, name: &str, heap: &mut Heap) -> Result<Map, Thrown> {
    if let Some(Value::Map(found)) = heap.member(map, name) {
        return Ok(*found);
    }
    let made = empty(heap)?;
    heap.put(map, name.into(), Value::Map(made))?;
    Ok(made)
}

/// What a template assigned to a part of `$context`, whatever became of the variable itself.
fn overrides(context: &mut Context, template: &Template, name: &str) -> Result<serde_json::Value, Thrown> {
    let map = context.get("context").filter(|_| template.mentions_member("context", name));
    let Some(Value::Map(map)) = map else { return Ok(serde_json::Value::Null) };
    let value = context.heap.member(*map, name).cloned().unwrap_or_default();
    let text = context.heap.json_of(&value)?;
    serde_json::from_str(&text).map_err(|error| Thrown::new(error.to_string()))
}

#[cfg(test)]
mod tests;
