//! What an integration answered, as its responses change it.

use http::{HeaderName, HeaderValue};

use super::call::Call;
use super::integrate::{Answered, render};
use super::plan::Integration;
use super::refusal::Refusal;

/// Goes through the response that fits. Where there is none at all, the answer goes on as it is.
pub(crate) fn mapped(
    call: &Call,
    integration: &Integration,
    answered: Answered,
) -> Result<Answered, Refusal> {
    if integration.responses.is_empty() {
        return Ok(answered);
    }
    let key = integration.selection.as_ref().and_then(|selection| selection.key(call, Some(&answered)));
    let response = integration.response(key.as_deref());
    let response = response.ok_or_else(|| Refusal::failure("no response of the integration fits"))?;
    let template = response.templates.choose(|selection| selection.key(call, Some(&answered)));
    let body = match template {
        Some(template) => render(call, template, &answered.body)?.into(),
        None => answered.body.clone(),
    };
    let mut headers = http::HeaderMap::new();
    for (to, source) in &response.parameters {
        let name = to.strip_prefix("route.response.header.").and_then(|name| name.parse::<HeaderName>().ok());
        let value = source.value(call, Some(&answered));
        let value = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
        headers.extend(name.zip(value));
    }
    Ok(Answered { status: answered.status, headers, body })
}
