//! What pages of other origins may do with an API, where it says so itself. Then nobody else says anything of it: headers of that
//! kind which an integration answers are left out.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use serde_json::Value;
use service::{CrossOrigin, Visit};
use wire::Fault;

use crate::errors;

/// The rules of an API.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
pub(crate) struct Cors {
    allow_credentials: bool,
    allow_headers: Vec<String>,
    allow_methods: Vec<String>,
    allow_origins: Vec<String>,
    expose_headers: Vec<String>,
    max_age: i64,
}

/// Refuses rules that no browser would follow.
pub(crate) fn check(rules: Option<&Value>) -> Result<(), Fault> {
    let rules = rules.filter(|rules| rules.get("allowCredentials") == Some(&Value::Bool(true)));
    let origins = rules.and_then(|rules| rules.get("allowOrigins")?.as_array());
    match origins.is_some_and(|origins| origins.iter().any(|one| one == "*")) {
        true => Err(errors::bad("allowCredentials is not supported for origin *")),
        false => Ok(()),
    }
}

impl Cors {
    /// Whether a browser only asks whether it may: API Gateway answers that itself, whatever routes there are.
    pub(crate) fn is_preflight(visit: &Visit) -> bool {
        visit.method == Method::OPTIONS
            && of(visit).origin().is_some()
            && visit.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Says in an answer's headers what a page may do.
    pub(crate) fn apply(&self, visit: &Visit, headers: &mut HeaderMap) {
        let of_this_kind = |name: &&HeaderName| name.as_str().starts_with("access-control-");
        for name in headers.keys().filter(of_this_kind).cloned().collect::<Vec<_>>() {
            headers.remove(name);
        }
        let Some(origin) = of(visit).origin().filter(|origin| self.lets_in(origin)) else { return };
        let is_everyone = self.allow_origins.iter().any(|one| one == "*");
        set(headers, ACCESS_CONTROL_ALLOW_ORIGIN, if is_everyone { "*" } else { origin });
        if !is_everyone {
            headers.append(VARY, HeaderValue::from_static("Origin"));
        }
        if self.allow_credentials {
            set(headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if !self.expose_headers.is_empty() {
            set(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &self.expose_headers.join(","));
        }
        if Self::is_preflight(visit) {
            self.answer_preflight(headers);
        }
    }

    fn answer_preflight(&self, headers: &mut HeaderMap) {
        for (name, list) in [
            (ACCESS_CONTROL_ALLOW_METHODS, &self.allow_methods),
            (ACCESS_CONTROL_ALLOW_HEADERS, &self.allow_headers),
        ] {
            if !list.is_empty() {
                set(headers, name, &list.join(","));
            }
        }
        if self.max_age != 0 {
            set(headers, ACCESS_CONTROL_MAX_AGE, &self.max_age.to_string());
        }
    }

    /// An origin by itself, all of a scheme (`https://*`), or all.
    fn lets_in(&self, origin: &str) -> bool {
        let matches = |one: &String| match one.strip_suffix('*') {
            Some(start) if start.is_empty() || start.ends_with("://") => origin.starts_with(start),
            _ => one.eq_ignore_ascii_case(origin),
        };
        self.allow_origins.iter().any(matches)
    }
}

fn of(visit: &Visit) -> CrossOrigin<'_> {
    CrossOrigin { path: &visit.path, method: &visit.method, headers: &visit.headers }
}

/// A text that no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
}
