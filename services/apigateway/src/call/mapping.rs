//! Parameter mappings: where a value comes from (`method.request.header.x`, `context.requestId`, `'text'`), and where it goes.

use http::{HeaderMap, HeaderName, HeaderValue};
pub(crate) use http_events::replaced;
use serde_json::Value;
use templates::gateway::{self, Variables};
use templates::{Limits, Template};

use super::request::Call;

/// What an integration gave back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: bytes::Bytes,
    /// What a function failed with: responses are selected by this then.
    pub(crate) failure: Option<String>,
}

/// The value that a mapping means; none where there is no such thing.
pub(crate) fn value(call: &Call, source: &str, answered: Option<&Answered>) -> Option<String> {
    if let Some(text) = source.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
        return Some(text.to_owned());
    }
    let (start, rest) = source.split_once('.')?;
    match start {
        "stageVariables" => call.stage_variable(rest).map(str::to_owned),
        "context" => {
            let (member, rest) = rest.split_once('.').unwrap_or((rest, ""));
            at(&call.context_member(member)?, rest)
        }
        "method" => of_request(call, rest.strip_prefix("request.")?),
        "integration" => of_answer(answered?, rest.strip_prefix("response.")?),
        _ => None,
    }
}

fn of_request(call: &Call, rest: &str) -> Option<String> {
    let (place, name) = rest.split_once('.').unwrap_or((rest, ""));
    let last = |pairs: &[(String, String)]| {
        pairs.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.clone())
    };
    let all = |pairs: &[(String, String)]| {
        let values: Vec<&str> =
            pairs.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(","))
    };
    match place {
        "header" => call.header(name).map(str::to_owned),
        "multivalueheader" => all_of(call.headers_with(name), name),
        "querystring" => last(&call.query),
        "multivaluequerystring" => all(&call.query),
        "path" => last(call.variables()),
        "body" => of_body(&call.visit.body, name),
        _ => None,
    }
}

fn of_answer(answered: &Answered, rest: &str) -> Option<String> {
    let (place, name) = rest.split_once('.').unwrap_or((rest, ""));
    match place {
        "header" => answered.headers.get(name)?.to_str().ok().map(str::to_owned),
        "multivalueheader" => all_of(&answered.headers, name),
        "body" => of_body(&answered.body, name),
        _ => None,
    }
}

fn all_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<&str> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
    (!values.is_empty()).then(|| values.join(","))
}

/// A body, or what a path finds in it.
fn of_body(body: &[u8], path: &str) -> Option<String> {
    if path.is_empty() {
        return Some(String::from_utf8_lossy(body).into_owned());
    }
    let path = path.replace('\'', "\\'");
    let template = Template::parse(&format!("$input.path('$.{path}')")).ok()?;
    let variables = Variables { body, ..Variables::default() };
    let found = gateway::render(&template, &variables, Limits::default()).ok()?.text;
    (!found.is_empty()).then_some(found)
}

/// What stands at `a.b.c`; the value itself where the path is empty.
fn at(value: &Value, path: &str) -> Option<String> {
    let mut names = path.split('.').filter(|_| !path.is_empty());
    let found = names.try_fold(value, |value, name| value.get(name))?;
    match found {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// A text with the stage's variables in the place of `${stageVariables.x}`.
pub(crate) fn with_stage_variables(call: &Call, text: &str) -> String {
    if !text.contains("${stageVariables.") {
        return text.to_owned();
    }
    replaced(text, &|name| call.stage_variable(name.strip_prefix("stageVariables.")?).map(str::to_owned))
}

/// Sets a header; nothing where a name or a value is none.
pub(crate) fn set_header(headers: &mut HeaderMap, name: &str, value: &str) {
    if let Some((name, value)) = header(name, value) {
        headers.insert(name, value);
    }
}

/// A header, where a name and a value are some.
pub(crate) fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let name = HeaderName::from_bytes(name.as_bytes()).ok();
    name.zip(HeaderValue::from_bytes(value.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_by_paths() {
        let body = br#"{"a":{"b":"c","n":1}}"#;
        assert_eq!(of_body(body, "a.b").as_deref(), Some("c"));
        assert_eq!(of_body(body, "a.n").as_deref(), Some("1"));
        assert_eq!(of_body(body, "a.x"), None);
        assert_eq!(of_body(b"no json", "a"), None);
        assert_eq!(of_body(b"text", "").as_deref(), Some("text"));
    }

    proptest! {
        #[test]
        fn any_text_keeps_what_is_no_variable(text in "[${}a-z.é-]{0,40}") {
            let made = replaced(&text, &|_| None);
            prop_assert!(made.len() <= text.len());
            prop_assert_eq!(replaced(&text.replace('$', ""), &|_| None), text.replace('$', ""));
        }

        #[test]
        fn any_path_finds_something_or_nothing(path in "[ -~]{1,40}", body in "[ -~]{0,40}") {
            drop(of_body(body.as_bytes(), &path));
        }
    }
}
