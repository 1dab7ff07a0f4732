//! A line of a log: "Amazon S3 server access log format" in the user guide, with all of its fields.

use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, HOST, REFERER, USER_AGENT};
use names::Account;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use service::{Exchange, PrincipalKind};
use wire::Timestamp;

use super::operation;
use crate::owner;

/// Where a field has nothing to say.
const NOTHING: &str = "-";
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// What keys are encoded without.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The line of a request to a bucket of that owner, with its end.
pub(super) fn of(exchange: &Exchange<'_>, bucket: &str, owner: Account, at: Timestamp) -> String {
    let Exchange { context, operation, message, answer, code, took } = exchange;
    let caller = &context.caller;
    let query = message.query.unwrap_or_default();
    let uri = if query.is_empty() { message.path.to_owned() } else { format!("{}?{query}", message.path) };
    let key = message.labels.get("Key").map(|key| utf8_percent_encode(key, PLAIN).to_string());
    let sent = if message.method == "HEAD" { None } else { answer.body.length().filter(|sent| *sent > 0) };
    let millis = took.as_millis().to_string();
    let (version, kind) = signature(message.headers, query);
    let fields = [
        owner::canonical_id(owner),
        bucket.to_owned(),
        time(at),
        caller.source_ip.map_or_else(|| NOTHING.to_owned(), |ip| ip.to_string()),
        requester(exchange),
        caller.request_id.to_string(),
        operation::name(operation.name, message.method),
        or_nothing(key),
        quoted(&format!("{} {uri} HTTP/1.1", message.method)),
        answer.status.to_string(),
        code.unwrap_or(NOTHING).to_owned(),
        or_nothing(sent.map(|sent| sent.to_string())),
        or_nothing(size(exchange).map(|size| size.to_string())),
        millis.clone(),
        millis,
        quoted(header(message.headers, &REFERER).unwrap_or(NOTHING)),
        quoted(header(message.headers, &USER_AGENT).unwrap_or(NOTHING)),
        or_nothing(parameter(query, "versionId")),
        caller.request_id.to_string(),
        version.to_owned(),
        // Neither the cipher nor the version of TLS is known here.
        NOTHING.to_owned(),
        kind.to_owned(),
        header(message.headers, &HOST).unwrap_or(NOTHING).to_owned(),
        NOTHING.to_owned(),
        // No access point, and no access control list that decided.
        NOTHING.to_owned(),
        NOTHING.to_owned(),
    ];
    fields.join(" ") + "\n"
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
    let text = at.format(wire::TimestampFormat::DateTime);
    let (year, month, day) = (&text[..4], &text[5..7], &text[8..10]);
    let month = month.parse::<usize>().ok().and_then(|month| MONTHS.get(month.wrapping_sub(1))).copied();
    format!("[{day}/{}/{year}:{} +0000]", month.unwrap_or_default(), &text[11..19])
}

/// An account as S3 calls it, or the ARN of one of its identities.
fn requester(exchange: &Exchange<'_>) -> String {
    let caller = &exchange.context.caller;
    match caller.principal.kind {
        PrincipalKind::Anonymous => NOTHING.to_owned(),
        PrincipalKind::Root => owner::canonical_id(caller.scope.account),
        PrincipalKind::Service => caller.principal.id.clone(),
        PrincipalKind::User | PrincipalKind::AssumedRole => caller.principal.arn.to_string(),
    }
}

/// How large the object is: all of it, where a part is read.
fn size(exchange: &Exchange<'_>) -> Option<u64> {
    let Exchange { operation, message, answer, .. } = exchange;
    match operation.name {
        "GetObject" | "HeadObject" if answer.status < 300 => {
            let range = header(&answer.headers, &CONTENT_RANGE).and_then(|range| range.rsplit('/').next());
            let length = header(&answer.headers, &CONTENT_LENGTH).or(range);
            range.or(length)?.parse().ok()
        }
        "PutObject" | "UploadPart" => {
            let decoded = message.headers.get("x-amz-decoded-content-length");
            let length = decoded.or_else(|| message.headers.get(CONTENT_LENGTH))?;
            length.to_str().ok()?.parse().ok()
        }
        _ => None,
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
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_web_servers_do() {
        assert_eq!(time(Timestamp(1_549_411_238_000)), "[06/Feb/2019:00:00:38 +0000]");
    }

    #[test]
    fn nobody_ends_a_field() {
        assert_eq!(quoted("a \"b\"\nc"), "\"a %22b%22 c\"");
        assert_eq!(parameter("a=1&versionId=x%20y", "versionId").as_deref(), Some("x%20y"));
    }

    #[test]
    fn signatures_are_told_by_where_they_stand() {
        let mut headers = HeaderMap::new();
        assert_eq!(signature(&headers, ""), ("-", "-"));
        assert_eq!(signature(&headers, "a=1&X-Amz-Signature=x"), ("SigV4", "QueryString"));
        assert_eq!(signature(&headers, "Signature=x"), ("SigV2", "QueryString"));
        headers.insert(AUTHORIZATION, "AWS4-HMAC-SHA256 Credential=x".parse().unwrap());
        assert_eq!(signature(&headers, ""), ("SigV4", "AuthHeader"));
    }
}
