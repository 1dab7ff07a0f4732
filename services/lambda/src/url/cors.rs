//! What pages of other origins may do with a function's URL.

use api_lambda as api;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue, Method};
use serde::{Deserialize, Serialize};
use service::{CrossOrigin, Visit};

/// The rules of a URL, as they were given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rules {
    credentials: Option<bool>,
    headers: Option<Vec<String>>,
    methods: Option<Vec<String>>,
    origins: Option<Vec<String>>,
    exposed: Option<Vec<String>>,
    max_age_s: Option<i32>,
}

/// Whether a browser only asks whether it may.
pub(super) fn is_preflight(visit: &Visit) -> bool {
    visit.method == Method::OPTIONS
        && of(visit).origin().is_some()
        && visit.headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn of(visit: &Visit) -> CrossOrigin<'_> {
    CrossOrigin { path: &visit.path, method: &visit.method, headers: &visit.headers }
}

impl Rules {
    pub(super) fn of(cors: &api::Cors) -> Self {
        Rules {
            credentials: cors.allow_credentials,
            headers: cors.allow_headers.clone(),
            methods: cors.allow_methods.clone(),
            origins: cors.allow_origins.clone(),
            exposed: cors.expose_headers.clone(),
            max_age_s: cors.max_age,
        }
    }

    pub(super) fn shown(&self) -> api::Cors {
        api::Cors {
            allow_credentials: self.credentials,
            allow_headers: self.headers.clone(),
            allow_methods: self.methods.clone(),
            allow_origins: self.origins.clone(),
            expose_headers: self.exposed.clone(),
            max_age: self.max_age_s,
        }
    }

    /// The headers that let a page have the answer to this visit; none where it may not, or no page asks.
    pub(super) fn headers(&self, visit: &Visit) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let asked = of(visit);
        let Some(origin) = asked.origin().filter(|origin| self.lets_in(origin)) else { return headers };
        let allows_credentials = self.credentials == Some(true);
        let is_everyone = self.origins.iter().flatten().any(|one| one == "*") && !allows_credentials;
        set(&mut headers, ACCESS_CONTROL_ALLOW_ORIGIN, if is_everyone { "*" } else { origin });
        if !is_everyone {
            set(&mut headers, VARY, "Origin");
        }
        if allows_credentials {
            set(&mut headers, ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if is_preflight(visit) {
            self.preflight(&mut headers);
        } else if let Some(exposed) = &self.exposed {
            set(&mut headers, ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(","));
        }
        headers
    }

    fn preflight(&self, headers: &mut HeaderMap) {
        let lists =
            [(ACCESS_CONTROL_ALLOW_METHODS, &self.methods), (ACCESS_CONTROL_ALLOW_HEADERS, &self.headers)];
        for (name, list) in lists {
            if let Some(list) = list {
                set(headers, name, &list.join(","));
            }
        }
        if let Some(max_age_s) = self.max_age_s {
            set(headers, ACCESS_CONTROL_MAX_AGE, &max_age_s.to_string());
        }
    }

    fn lets_in(&self, origin: &str) -> bool {
        self.origins.iter().flatten().any(|one| one == "*" || one.eq_ignore_ascii_case(origin))
    }
}

/// A text that no header can carry is left out.
fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
}
