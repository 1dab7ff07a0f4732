//! A line of a log: "Amazon S3 server access log format" in the user guide, with all of its fields.

use std::net::IpAddr;
use std::time::Duration;

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, HOST, REFERER, USER_AGENT};
use names::Account;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::{Caller, Exchange, PrincipalKind, Visit};
use wire::{Answer, Timestamp, TimestampFormat};

use super::operation;
use crate::owner;

/// Where a field has nothing to say.
const NOTHING: &str = "-";
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// What keys are encoded without.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a log tells of a request.
pub(super) struct Seen<'a> {
    pub(super) bucket: &'a str,
    pub(super) key: Option<&'a str>,
    /// As logs call it.
    pub(super) operation: String,
    /// As the model calls it; nothing for the visit of a website.
    pub(super) model: Option<&'static str>,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) answer: &'a Answer,
    pub(super) code: Option<&'a str>,
    pub(super) took: Duration,
    pub(super) requester: String,
    pub(super) source_ip: Option<IpAddr>,
    pub(super) request_id: &'a str,
    /// The access point that it came through.
    pub(super) access_point: Option<String>,
}

impl<'a> Seen<'a> {
    /// A call of the API.
    pub(super) fn of_call(exchange: &Exchange<'a>, bucket: &'a str) -> Self {
        let Exchange { context, operation, message, answer, code, took } = *exchange;
        let caller = &context.caller;
        Seen {
            bucket,
            key: message.labels.get("Key"),
            operation: operation::name(operation.name, message.method),
            model: Some(operation.name),
            method: message.method,
            path: message.path,
            query: message.query.unwrap_or_default(),
            headers: message.headers,
            answer,
            code,
            took,
            requester: requester(caller),
            source_ip: caller.source_ip,
            request_id: &caller.request_id,
            access_point: caller.passage.as_ref().map(|passage| passage.arn.to_string()),
        }
    }

    /// A visit of a website.
    pub(super) fn of_visit(
        visit: &'a Visit,
        (bucket, key): (&'a str, &'a str),
        answer: &'a Answer,
        took: Duration,
    ) -> Self {
        Seen {
            bucket,
            key: Some(key),
            operation: format!("WEBSITE.{}.OBJECT", visit.method),
            model: None,
            method: visit.method.as_str(),
            path: &visit.path,
            query: &visit.query,
            headers: &visit.headers,
            answer,
            code: answer.headers.get("x-amz-error-code").and_then(|code| code.to_str().ok()),
            took,
            requester: NOTHING.to_owned(),
            source_ip: Some(visit.source_ip),
            request_id: &visit.request_id,
            access_point: None,
        }
    }

    /// Its line, with its end, in the log of a bucket of that owner.
    pub(super) fn line(&self, owner: Account, at: Timestamp) -> String {
        let Seen { method, path, query, headers, answer, .. } = self;
        let uri = if query.is_empty() { (*path).to_owned() } else { format!("{path}?{query}") };
        let sent = if *method == "HEAD" { None } else { answer.body.length().filter(|sent| *sent > 0) };
        let millis = self.took.as_millis().to_string();
        let (version, kind) = signature(headers, query);
        let fields = [
            owner::canonical_id(owner),
            self.bucket.to_owned(),
            time(at),
            or_nothing(self.source_ip.map(|ip| ip.to_string())),
            self.requester.clone(),
            self.request_id.to_owned(),
            self.operation.clone(),
            or_nothing(self.key.map(|key| utf8_percent_encode(key, PLAIN).to_string())),
            quoted(&format!("{method} {uri} HTTP/1.1")),
            answer.status.to_string(),
            or_nothing(self.code.map(str::to_owned)),
            or_nothing(sent.map(|sent| sent.to_string())),
            or_nothing(self.size().map(|size| size.to_string())),
            millis.clone(),
            millis,
            quoted(header(headers, &REFERER).unwrap_or(NOTHING)),
            quoted(header(headers, &USER_AGENT).unwrap_or(NOTHING)),
            or_nothing(parameter(query, "versionId")),
            self.request_id.to_owned(),
            version.to_owned(),
            // Neither the cipher nor the version of TLS is known here.
            NOTHING.to_owned(),
            kind.to_owned(),
            or_nothing(header(headers, &HOST).map(str::to_owned)),
            NOTHING.to_owned(),
            or_nothing(self.access_point.clone()),
            // Whether an access control list has decided is not known here.
            NOTHING.to_owned(),
        ];
        fields.join(" ") + "\n"
    }

    /// How large the object is: all of it, where a part is read.
    fn size(&self) -> Option<u64> {
        match self.model {
            None | Some("GetObject" | "HeadObject") if self.answer.status < 300 => {
                let headers = &self.answer.headers;
                let range = header(headers, &CONTENT_RANGE).and_then(|range| range.rsplit('/').next());
                let length = || self.answer.body.length().filter(|_| self.method != "HEAD");
                let said = range.or(header(headers, &CONTENT_LENGTH)).and_then(|size| size.parse().ok());
                said.or_else(length)
            }
            Some("PutObject" | "UploadPart") => {
                let decoded = self.headers.get("x-amz-decoded-content-length");
                let length = decoded.or_else(|| self.headers.get(CONTENT_LENGTH))?;
                length.to_str().ok()?.parse().ok()
            }
            _ => None,
        }
    }
}

fn or_nothing(value: Option<String>) -> String {
    value.filter(|value| !value.is_empty()).unwrap_or_else(|| NOTHING.to_owned())
}

/// No client can end a field, or a line, by what it sends.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("%22"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn header<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|value| !value.is_empty())
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(known, _)| known == name).map(|(_, value)| utf8_percent_encode(&value, PLAIN).to_string())
}

/// `[06/Feb/2019:00:00:38 +0000]`.
fn time(at: Timestamp) -> String {
    let text = at.format(TimestampFormat::DateTime);
    let (year, month, day) = (&text[..4], &text[5..7], &text[8..10]);
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied();
    format!("[{day}/{}/{year}:{} +0000]", month.unwrap_or_default(), &text[11..19])
}

/// An account as S3 calls it, or the ARN of one of its identities.
fn requester(caller: &Caller) -> String {
    match caller.principal.kind {
        PrincipalKind::Anonymous => NOTHING.to_owned(),
        PrincipalKind::Root => owner::canonical_id(caller.scope.account),
        PrincipalKind::Service => caller.principal.id.clone(),
        PrincipalKind::User | PrincipalKind::AssumedRole => caller.principal.arn.to_string(),
    }
}

/// The version of the signature, and where it stands.
fn signature(headers: &HeaderMap, query: &str) -> (&'static str, &'static str) {
    let begins = |name: &str| query.split('&').any(|pair| pair.starts_with(name));
    match header(headers, &AUTHORIZATION) {
        Some(value) if value.starts_with("AWS4-") => ("SigV4", "AuthHeader"),
        Some(_) => ("SigV2", "AuthHeader"),
        None if begins("X-Amz-Signature=") => ("SigV4", "QueryString"),
        None if begins("Signature=") => ("SigV2", "QueryString"),
        None => (NOTHING, NOTHING),
    }
}

#[cfg(test)]
mod tests;
