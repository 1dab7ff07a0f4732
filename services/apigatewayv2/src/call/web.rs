//! Servers of the web behind routes: a request goes on to them, and what they answer comes back, up to 10 MB.

use std::time::Duration;

use http::header::{
    CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION,
    TE, TRAILER, TRANSFER_ENCODING, UPGRADE, VIA,
};
use http::{HeaderMap, HeaderValue, Method};
use outgoing::Address;
use wire::{Answer, Body};

use super::mapping::Onward;
use super::plan::Integration;
use super::{Call, Refusal};

/// The largest answer.
const ANSWER_MAX: usize = 10 * 1024 * 1024;
/// Headers of one connection alone.
const OF_A_CONNECTION: [HeaderName; 8] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Sends a request on. Whoever asks for it does not wait for ever.
pub(super) async fn call(call: &Call<'_>, integration: &Integration) -> Result<Answer, Refusal> {
    let onward = Onward::of(call, headers(call), &integration.request_steps);
    let url = address(call, &integration.document.uri, &onward);
    let address =
        Address::parse(&url).ok_or_else(|| Refusal::failure("The integration's URI is no address"))?;
    let method = match integration.document.method.as_deref() {
        None | Some("ANY") => call.visit.method.clone(),
        Some(method) => method.parse::<Method>().map_err(|_| Refusal::failure("no method"))?,
    };
    let (web, body) = (&call.cloud.outside.web, call.visit.body.clone());
    match web.send_up_to(ANSWER_MAX, method, &address, onward.headers, body, Duration::MAX).await {
        Ok((answer, true)) => Ok(answered(answer)),
        Ok((_, false)) => Err(Refusal::failure("The integration's answer is too long, or broke off")),
        Err(error) => Err(Refusal::unavailable(error.to_string())),
    }
}

/// The integration's URI with what stands for its variables, and the query of the request.
fn address(call: &Call<'_>, uri: &str, onward: &Onward) -> String {
    let (base, own_query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut url = filled(call, base);
    if let Some(path) = &onward.path {
        let host_end =
            url.find("://").and_then(|at| url.get(at + 3..)?.find('/').map(|slash| at + 3 + slash));
        url.truncate(host_end.unwrap_or(url.len()));
        url.push('/');
        url.push_str(path.strip_prefix('/').unwrap_or(path));
    }
    let queries = [filled(call, own_query), onward.query.clone()];
    let query: Vec<String> = queries.into_iter().filter(|query| !query.is_empty()).collect();
    if !query.is_empty() {
        url.push('?');
        url.push_str(&query.join("&"));
    }
    url
}

/// `{name}` is what the path has for a variable, as it came; `${stageVariables.name}` one of the stage.
fn filled(call: &Call<'_>, text: &str) -> String {
    let (of_path, of_stage) = (call.variables_as_sent(), &call.plan.stage.stage_variables);
    replaced(text, |name| match name.strip_prefix("stageVariables.") {
        Some(name) => of_stage.get(name).cloned(),
        None => of_path.get(name).cloned(),
    })
}

/// A text with what stands for the names in braces that have a value. What a value says is not looked at again.
fn replaced(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        let found = from[1..].find('}').and_then(|end| Some((value(&from[1..=end])?, &from[end + 2..])));
        match found {
            Some((value, after)) => {
                // A variable of the stage has a dollar sign before it, one of the path has none.
                let is_stage = from.starts_with("{stageVariables.");
                made.push_str(if is_stage { before.strip_suffix('$').unwrap_or(before) } else { before });
                made.push_str(&value);
                rest = after;
            }
            None => {
                made.push_str(before);
                made.push('{');
                rest = &from[1..];
            }
        }
    }
    made.push_str(rest);
    made
}

/// What the client sent, but for what belongs to its connection, and what API Gateway says of it.
fn headers(call: &Call<'_>) -> HeaderMap {
    let mut headers = call.visit.headers.clone();
    for name in OF_A_CONNECTION.iter().chain([&HOST, &CONTENT_LENGTH, &EXPECT]) {
        headers.remove(name);
    }
    let (scheme, host) = call.visit.endpoint.split_once("://").unwrap_or(("http", &call.visit.endpoint));
    let forwarded = format!("by={host};for={};host={host};proto={scheme}", call.visit.source_ip);
    for (name, value) in [(FORWARDED, forwarded), (VIA, "HTTP/1.1 AmazonAPIGateway".to_owned())] {
        headers.extend(HeaderValue::from_str(&value).ok().map(|value| (name, value)));
    }
    if let Ok(trace) = HeaderValue::from_str(&call.visit.trace(call.at_ms)) {
        headers.insert("x-amzn-trace-id", trace);
    }
    headers
}

fn answered(answer: outgoing::Answer) -> Answer {
    let mut headers = answer.headers;
    for name in OF_A_CONNECTION.iter().chain([&CONTENT_LENGTH]) {
        headers.remove(name);
    }
    Answer { status: answer.status.as_u16(), headers, body: Body::from(answer.body) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_once() {
        let value = |name: &str| match name {
            "a" => Some("{b}${stageVariables.s}".to_owned()),
            "b" => Some("B".to_owned()),
            "stageVariables.s" => Some("S{a}".to_owned()),
            _ => None,
        };
        for (text, wanted) in [
            ("http://x/{a}/{b}", "http://x/{b}${stageVariables.s}/B"),
            ("http://${stageVariables.s}/{b}", "http://S{a}/B"),
            ("{none}/{b", "{none}/{b"),
            ("{{b}}", "{B}"),
            ("é{b}é", "éBé"),
            ("", ""),
        ] {
            assert_eq!(replaced(text, value), wanted, "{text}");
        }
    }
}
