//! What is done to requests before an integration has them, and to responses before the client has them.

use std::fmt::Write as _;

use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Call;
use super::source::{Answered, Template};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    how: How,
    what: What,
    value: Template,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Append,
    Overwrite,
    Remove,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Header(HeaderName),
    Query(String),
    Path,
    Status,
}

/// Headers that are not the user's to change.
const RESERVED: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];
/// The beginnings of others.
const RESERVED_BEGINNINGS: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

impl Step {
    /// `append:header.name`, `overwrite:querystring.name`, `overwrite:path`.
    pub(crate) fn of_request(key: &str, value: &str) -> Result<Self, String> {
        let step = Self::parse(key, value)?;
        if step.what == What::Status || step.what == What::Path && step.how != How::Overwrite {
            return Err(invalid(key));
        }
        Ok(step)
    }

    /// `append:header.name`, `overwrite:statuscode`.
    pub(crate) fn of_response(key: &str, value: &str) -> Result<Self, String> {
        let step = Self::parse(key, value)?;
        match step.what {
            What::Header(_) => Ok(step),
            What::Status if step.how == How::Overwrite => Ok(step),
            _ => Err(invalid(key)),
        }
    }

    fn parse(key: &str, value: &str) -> Result<Self, String> {
        let (how, what) = key.split_once(':').ok_or_else(|| invalid(key))?;
        let how = match how {
            "append" => How::Append,
            "overwrite" => How::Overwrite,
            "remove" => How::Remove,
            _ => return Err(invalid(key)),
        };
        let what = match what.split_once('.') {
            Some(("header", name)) => What::Header(checked_header(name).ok_or_else(|| invalid(key))?),
            Some(("querystring", name)) if !name.is_empty() => What::Query(name.to_owned()),
            None if what == "path" => What::Path,
            None if what == "statuscode" => What::Status,
            _ => return Err(invalid(key)),
        };
        // What is removed needs no value.
        let value = if how == How::Remove { Template::parse("")? } else { Template::parse(value)? };
        Ok(Step { how, what, value })
    }
}

fn invalid(key: &str) -> String {
    format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: {key}]"
    )
}

fn checked_header(name: &str) -> Option<HeaderName> {
    let name = name.parse::<HeaderName>().ok()?;
    let text = name.as_str();
    let is_reserved =
        RESERVED.contains(&text) || RESERVED_BEGINNINGS.iter().any(|start| text.starts_with(start));
    (!is_reserved).then_some(name)
}

/// A request on its way to what is behind the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Onward {
    pub(crate) headers: HeaderMap,
    /// As it stands in the address.
    pub(crate) query: String,
    /// Instead of what the integration says, where it was overwritten.
    pub(crate) path: Option<String>,
}

impl Onward {
    /// The request with these headers, and the steps carried out.
    pub(crate) fn of(call: &Call<'_>, headers: HeaderMap, steps: &[Step]) -> Self {
        let mut onward = Onward { headers, query: call.visit.query.clone(), path: None };
        onward.change(steps, call);
        onward
    }

    fn change(&mut self, steps: &[Step], call: &Call<'_>) {
        for step in steps {
            let value = step.value.value(call, None);
            match &step.what {
                What::Header(name) => change_header(&mut self.headers, step.how, name, value.as_deref()),
                What::Query(name) => self.change_query(step.how, name, value.as_deref()),
                What::Path => self.path = value.or_else(|| self.path.take()),
                What::Status => {}
            }
        }
    }

    fn change_query(&mut self, how: How, name: &str, value: Option<&str>) {
        if how != How::Append {
            let is_other = |pair: &&str| {
                form_urlencoded::parse(pair.as_bytes()).next().is_some_and(|(key, _)| key != name)
            };
            let others: Vec<&str> = self.query.split('&').filter(is_other).collect();
            self.query = others.join("&");
        }
        if let Some(value) = value.filter(|_| how != How::Remove) {
            let between = if self.query.is_empty() { "" } else { "&" };
            let (name, value) = (encoded(name), encoded(value));
            // Writing to a text cannot fail.
            let _ = write!(self.query, "{between}{name}={value}");
        }
    }
}

/// A text as it stands in a path or a query.
pub(crate) fn encoded(text: &str) -> String {
    const PLAIN: &percent_encoding::AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(text, PLAIN).to_string()
}

fn change_header(headers: &mut HeaderMap, how: How, name: &HeaderName, value: Option<&str>) {
    let value = value.and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
    match (how, value) {
        (How::Remove, _) => drop(headers.remove(name)),
        (How::Append, Some(value)) => drop(headers.append(name, value)),
        (How::Overwrite, Some(value)) => drop(headers.insert(name, value)),
        (_, None) => {}
    }
}

/// Carries out the steps on an answer.
pub(crate) fn change_answer(answer: &mut wire::Answer, steps: &[Step], call: &Call<'_>) {
    let (headers, body) = (answer.headers.clone(), answer.body.whole().unwrap_or_default());
    let answered = Answered { headers: &headers, body: &body };
    for step in steps {
        let value = step.value.value(call, Some(answered));
        match &step.what {
            What::Header(name) => change_header(&mut answer.headers, step.how, name, value.as_deref()),
            What::Status => {
                let status =
                    value.and_then(|value| value.parse().ok()).filter(|status| (200..600).contains(status));
                answer.status = status.unwrap_or(answer.status);
            }
            What::Query(_) | What::Path => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_step_is_refused() {
        for key in [
            "header.a",
            "add:header.a",
            "append:header.",
            "append:header.a b",
            "append:path",
            "append:querystring.",
            "overwrite:statuscode",
            "overwrite:header.authorization",
            "remove:header.X-Amz-Date",
            "append:header.X-Forwarded-For",
        ] {
            assert!(Step::of_request(key, "a").is_err(), "{key}");
        }
        for key in
            ["append:statuscode", "overwrite:path", "append:querystring.a", "overwrite:header.content-length"]
        {
            assert!(Step::of_response(key, "a").is_err(), "{key}");
        }
        for key in ["append:header.a", "remove:header.a", "overwrite:path", "remove:querystring.b"] {
            assert!(Step::of_request(key, "a").is_ok(), "{key}");
        }
        assert!(Step::of_response("overwrite:statuscode", "204").is_ok());
    }

    #[test]
    fn queries_change() {
        let changed = |query: &str, how, name: &str, value| {
            let mut onward = Onward { headers: HeaderMap::new(), query: query.into(), path: None };
            onward.change_query(how, name, value);
            onward.query
        };
        assert_eq!(changed("a=1&b=2", How::Append, "a", Some("ü&")), "a=1&b=2&a=%C3%BC%26");
        assert_eq!(changed("a=1&b=2&a=3", How::Overwrite, "a", Some("4")), "b=2&a=4");
        assert_eq!(changed("a=1&b=2", How::Remove, "a", None), "b=2");
        assert_eq!(changed("", How::Append, "a", Some("")), "a=");
    }
}
