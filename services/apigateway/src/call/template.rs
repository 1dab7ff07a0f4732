//! Mapping templates: which one a request or an answer takes, and what it makes.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use templates::Limits;
use templates::gateway::{self, Failure, Rendered, Variables};

use super::compiled::Templates;
use super::mapping::set_header;
use super::refusal::{Refusal, Refused};
use super::request::Call;

/// What becomes of a request's body.
pub(crate) enum Choice<'a> {
    /// It is passed on.
    Pass,
    /// It is mapped.
    Map(&'a std::result::Result<templates::Template, String>),
}

/// The template for a content type; of a request that has none, by what the integration says of passing on.
pub(crate) fn choose<'a>(
    templates: &'a Templates,
    content_type: Option<&str>,
    passthrough: Option<&str>,
) -> Refused<Choice<'a>> {
    let kind = content_type.unwrap_or("application/json");
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let found = templates.iter().find(|(known, _)| known.eq_ignore_ascii_case(&kind));
    match (found, passthrough.unwrap_or("WHEN_NO_MATCH")) {
        (Some((_, template)), _) => Ok(Choice::Map(template)),
        (None, "WHEN_NO_MATCH") => Ok(Choice::Pass),
        (None, "WHEN_NO_TEMPLATES") if templates.is_empty() => Ok(Choice::Pass),
        _ => Err(Refusal::new("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type")),
    }
}

/// Renders a template for a call, with this body and these headers as `$input`.
pub(crate) fn render(
    call: &Call,
    template: &std::result::Result<templates::Template, String>,
    body: &[u8],
) -> Refused<Rendered> {
    let template = template.as_ref().map_err(|why| {
        call.notes.say(|| {
            format!("Execution failed due to configuration error: Unable to transform request: {why}")
        });
        Refusal::internal()
    })?;
    let variables = Variables {
        body,
        path: call.variables(),
        querystring: &call.query,
        header: &headers(call, template),
        context: call.context_of(|member| template.mentions_member("context", member)),
        stage_variables: &call.stage_variables,
    };
    gateway::render(template, &variables, Limits::default()).map_err(|failure| match failure {
        Failure::Body(why) => Refusal::new("BAD_REQUEST_BODY", why),
        Failure::Template(error) => {
            call.notes.say(|| {
                format!("Execution failed due to configuration error: Unable to transform request: {error}")
            });
            Refusal::internal()
        }
    })
}

/// The headers that a template may look at. Most of them name the few that they want.
fn headers(call: &Call, template: &templates::Template) -> Vec<(String, String)> {
    if !template.mentions("input") {
        return Vec::new();
    }
    let Some(names) = template.texts_for("input", "params") else { return call.headers() };
    // Templates know headers in lower case.
    let names = names.into_iter().filter(|name| !name.contains(|letter: char| letter.is_ascii_uppercase()));
    let named = names.filter_map(|name| {
        let value = call.headers_with(name).get_all(name).iter().next_back()?;
        Some((name.to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
    });
    named.collect()
}

/// The entries of a part of an override, as texts; nothing where one was taken away.
pub(crate) fn overrides<'a>(of: &'a Value, part: &str) -> impl Iterator<Item = (&'a str, String)> {
    let entries = of.get(part).and_then(Value::as_object).into_iter().flatten();
    entries.map(|(name, value)| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.as_str(), text)
    })
}

/// Sets the headers that a template assigned; a list stands for several of the same name.
pub(crate) fn set_headers(headers: &mut HeaderMap, of: &Value) {
    for (name, value) in of.get("header").and_then(Value::as_object).into_iter().flatten() {
        let Value::Array(values) = value else {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            set_header(headers, name, &text);
            continue;
        };
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        headers.remove(&name);
        for value in values.iter().filter_map(|value| HeaderValue::from_str(value.as_str()?).ok()) {
            headers.append(name.clone(), value);
        }
    }
}
