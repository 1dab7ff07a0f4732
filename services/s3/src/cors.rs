//! Who may read answers, by the CORS rules of a bucket: the first rule that fits what a browser says decides.
//!
//! Follows "Using cross-origin resource sharing" in S3's user guide.

use api_s3 as api;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, HeaderName, VARY,
};
use http::{HeaderMap, HeaderValue};
use service::CrossOrigin;
use store::{Reads as _, Snapshot};
use wire::Fault;

use crate::access_point::passage;
use crate::bucket::Bucket;
use crate::{keys, setting};

const DISABLED: &str = "CORSResponse: CORS is not enabled for this bucket.";
const NO_BUCKET: &str = "CORSResponse: Bucket not found";
const NO_RULE: &str = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request \
                       method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
                       resource's CORS spec.";
const VARIES: &str = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method";

/// What a browser hears that says this of a request.
///
/// # Errors
/// S3's, which only a preflight hears.
pub(crate) fn allowed(snapshot: &Snapshot, request: &CrossOrigin<'_>) -> Result<HeaderMap, Fault> {
    let Some(origin) = request.origin() else {
        return Err(Fault::new("BadRequest", 400, "Insufficient information. Origin request header needed."));
    };
    let (bucket, key) = request.path.trim_start_matches('/').split_once('/').unwrap_or((request.path, ""));
    let refused = |message, kind| {
        Fault::new("AccessForbidden", 403, message)
            .with_element("Method", request.wanted_method())
            .with_element("ResourceType", kind)
    };
    let bucket = bucket.trim_start_matches('/');
    let behind = passage::bucket_behind(snapshot, bucket).map_err(service::Error::into_fault)?;
    let bucket = snapshot.get_shared::<Bucket>(&keys::bucket(behind.as_deref().unwrap_or(bucket)));
    let Some(bucket) = bucket.map_err(in_store)? else { return Err(refused(NO_BUCKET, "BUCKET")) };
    let setting = setting::find::<api::CorsConfiguration>(snapshot, &bucket);
    let Some(setting) = setting.map_err(service::Error::into_fault)? else {
        return Err(refused(DISABLED, "BUCKET"));
    };
    let wanted = Wanted { origin, method: request.wanted_method(), headers: request.wanted_headers() };
    let kind = if key.is_empty() { "BUCKET" } else { "OBJECT" };
    let rule = setting.cors_rules.iter().find(|rule| wanted.fits(rule));
    Ok(wanted.headers(rule.ok_or_else(|| refused(NO_RULE, kind))?))
}

fn in_store(error: store::Error) -> Fault {
    service::Error::from(error).into_fault()
}

/// What a browser wants for a page.
struct Wanted<'a> {
    origin: &'a str,
    method: &'a str,
    headers: Vec<String>,
}

impl Wanted<'_> {
    fn fits(&self, rule: &api::CorsRule) -> bool {
        let allowed = rule.allowed_headers.as_deref().unwrap_or_default();
        let is_allowed =
            |name: &String| allowed.iter().any(|pattern| fits(&pattern.to_ascii_lowercase(), name));
        rule.allowed_origins.iter().any(|pattern| fits(pattern, self.origin))
            && rule.allowed_methods.iter().any(|method| method == self.method)
            && self.headers.iter().all(is_allowed)
    }

    fn headers(&self, rule: &api::CorsRule) -> HeaderMap {
        let is_for_all = rule.allowed_origins.iter().any(|origin| origin == "*");
        let origin = if is_for_all { "*" } else { self.origin };
        let mut headers = HeaderMap::new();
        // What was written into a rule and cannot be said in a header is not said.
        let mut say = |name: HeaderName, text: &str| {
            HeaderValue::from_str(text).ok().map(|value| headers.insert(name, value));
        };
        say(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        say(ACCESS_CONTROL_ALLOW_METHODS, &rule.allowed_methods.join(", "));
        if !is_for_all {
            say(ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if !self.headers.is_empty() {
            say(ACCESS_CONTROL_ALLOW_HEADERS, &self.headers.join(", "));
        }
        if let Some(exposed) = rule.expose_headers.as_deref().filter(|exposed| !exposed.is_empty()) {
            say(ACCESS_CONTROL_EXPOSE_HEADERS, &exposed.join(", "));
        }
        if let Some(seconds) = rule.max_age_seconds {
            say(ACCESS_CONTROL_MAX_AGE, &seconds.to_string());
        }
        say(VARY, VARIES);
        headers
    }
}

/// Whether a text is what a pattern says, in which one `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((begin, end)) => text.strip_prefix(begin).is_some_and(|rest| rest.ends_with(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("https://*.example.com", "https://www.example.com", true),
            ("https://*.example.com", "https://.example.com", true),
            ("https://*.example.com", "https://www.example.com/", false),
            ("start*end", "startend", true),
            ("start*tend", "start end", false),
            ("aba*aba", "aba", false),
            ("x", "x", true),
            ("x", "X", false),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }
}
