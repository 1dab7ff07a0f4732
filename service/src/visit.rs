//! Requests that are no calls of an AWS API: what a web client sends to a front that a service offers.

use std::fmt::Write as _;
use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use wire::{Answer, Fault};

use crate::caller::TRACE_HEADER;
use crate::operation::Boxed;
use crate::{Caller, Cloud, Context, Principal, Upgrade};

static FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// A request to a front.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The id that the answer and the log carry.
    pub request_id: Arc<str>,
    /// `GET`.
    pub method: http::Method,
    /// The host that the client asked for, with its port.
    pub host: String,
    /// The same with the scheme before it: `https://localhost:4566`.
    pub endpoint: Arc<str>,
    /// As it came, still percent-encoded.
    pub path: String,
    /// Likewise, without the question mark.
    pub query: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: bytes::Bytes,
    /// Who sent it.
    pub source_ip: IpAddr,
    /// Who has signed it, proved, or why that is not so: for services that ask ([`crate::Service::signed_visits`]); none where
    /// it is not signed.
    pub signer: Option<Result<Arc<Principal>, Fault>>,
    /// The connection itself, where its client asks for another protocol than HTTP.
    pub upgrade: Option<Upgrade>,
}

impl Visit {
    /// The trace that it is a part of: the one that its client says, or else a new one, which is named by the moment and by the
    /// request's id, so that all who ask for it are told the same.
    #[must_use]
    pub fn trace(&self, at_ms: i64) -> Arc<str> {
        if let Some(given) = Caller::trace_in(&self.headers).filter(|given| given.contains("Root=")) {
            return given;
        }
        // In the middle of the id stands what all such ids have in common.
        let part = |range| self.request_id.get(range).unwrap_or_default();
        let [first, second, last] = [part(0..8), part(9..13), part(24..36)];
        format!("Root=1-{:08x}-{first}{second}{last}", at_ms / 1000).into()
    }

    /// Whether that is a header which [`Visit::forwarded`] adds.
    #[must_use]
    pub fn is_added(name: &str) -> bool {
        [&FORWARDED_FOR, &FORWARDED_PORT, &FORWARDED_PROTO, &TRACE_HEADER]
            .iter()
            .any(|added| added.as_str().eq_ignore_ascii_case(name))
    }

    /// The headers with what a proxy says of the client: from where it came, with who was in between, to which port, and how; and
    /// with the trace of a request that came at that moment.
    #[must_use]
    pub fn forwarded(&self, at_ms: i64) -> HeaderMap {
        let (scheme, host) = self.endpoint.split_once("://").unwrap_or(("http", &self.endpoint));
        let standard = if scheme == "https" { "443" } else { "80" };
        let port = port_in(host).unwrap_or(standard);
        let before = self.headers.get_all(&FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
        let mut chain = String::with_capacity(40);
        before.for_each(|value| chain.extend([value, ", "]));
        // Nothing goes wrong where a text is written into.
        let _ = write!(chain, "{}", self.source_ip);
        let mut headers = self.headers.clone();
        let trace = self.trace(at_ms);
        for (name, value) in [
            (&FORWARDED_FOR, chain.as_str()),
            (&FORWARDED_PORT, port),
            (&FORWARDED_PROTO, scheme),
            (&TRACE_HEADER, &trace),
        ] {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(name, value);
            }
        }
        headers
    }
}

/// The port that a host is written with; what stands between brackets is none.
fn port_in(host: &str) -> Option<&str> {
    let (_, port) = host.rsplit_once(':')?;
    (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok()).then_some(port)
}

impl Context {
    /// The same for whoever has signed a visit, which comes without a caller.
    #[must_use]
    pub fn signed_by(self, principal: &Arc<Principal>) -> Self {
        let caller = Caller { principal: Arc::clone(principal), ..Caller::clone(&self.caller) };
        Context { caller: Arc::new(caller), ..self }
    }
}

/// Says by host and path whether a visit is a front's own.
pub(crate) type Accepts = fn(host: &str, path: &str) -> bool;

/// Says whether a visit that a front accepts is to something of its service.
pub(crate) type Owns = fn(&Cloud, &Visit) -> bool;

/// A front: which visits are its own, and what it answers.
pub(crate) struct Front {
    accepts: Accepts,
    answer: Box<dyn Fn(Arc<Cloud>, Visit) -> Boxed<'static, Answer> + Send + Sync>,
}

impl Front {
    pub(crate) fn new<F, W>(accepts: Accepts, answer: F) -> Self
    where
        F: Fn(Arc<Cloud>, Visit) -> W + Send + Sync + 'static,
        W: Future<Output = Answer> + Send + 'static,
    {
        Front { accepts, answer: Box::new(move |cloud, visit| Box::pin(answer(cloud, visit))) }
    }

    pub(crate) fn accepts(&self, host: &str, path: &str) -> bool {
        (self.accepts)(host, path)
    }

    pub(crate) async fn answer(&self, cloud: &Arc<Cloud>, visit: Visit) -> Answer {
        (self.answer)(Arc::clone(cloud), visit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(endpoint: &str, headers: HeaderMap) -> Visit {
        Visit {
            request_id: "01234567-89ab-4cde-8f01-23456789abcd".into(),
            method: http::Method::GET,
            host: String::new(),
            endpoint: endpoint.into(),
            path: "/".into(),
            query: String::new(),
            headers,
            body: bytes::Bytes::new(),
            source_ip: [127, 0, 0, 1].into(),
            signer: None,
            upgrade: None,
        }
    }

    fn forwarded(endpoint: &str, before: &[&str]) -> [String; 3] {
        let mut headers = HeaderMap::new();
        for value in before {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let headers = visit(endpoint, headers).forwarded(0);
        ["for", "port", "proto"].map(|name| {
            let mut all = headers.get_all(format!("x-forwarded-{name}")).iter();
            let value = all.next().unwrap().to_str().unwrap().to_owned();
            assert!(all.next().is_none(), "{name}");
            value
        })
    }

    #[test]
    fn those_in_between_are_told() {
        assert_eq!(forwarded("http://a.b:4566", &[]), ["127.0.0.1", "4566", "http"]);
        assert_eq!(
            forwarded("https://[::1]", &["1.1.1.1, 2.2.2.2", "3.3.3.3"]),
            ["1.1.1.1, 2.2.2.2, 3.3.3.3, 127.0.0.1", "443", "https"]
        );
        assert_eq!(forwarded("http://[::1]:80", &["\u{e9}"])[..2], ["127.0.0.1", "80"]);
        assert_eq!(forwarded("https://a:+8", &[])[1], "443");
        assert_eq!(forwarded("https://a:65536", &[])[1], "443");
    }

    #[test]
    fn a_trace_goes_on_or_begins() {
        let with = |trace: &'static str| {
            let headers =
                HeaderMap::from_iter([(HeaderName::from_static("x-amzn-trace-id"), trace.parse().unwrap())]);
            let headers = visit("http://a", headers).forwarded(0x0012_3456_7800);
            headers["x-amzn-trace-id"].to_str().unwrap().to_owned()
        };
        let given = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1";
        assert_eq!(with(given), given);
        let new = visit("http://a", HeaderMap::new()).trace(0x5759_e988 * 1000);
        assert_eq!(&*new, "Root=1-5759e988-0123456789ab23456789abcd");
        assert!(with("nonsense").starts_with("Root=1-"));
        assert!(Visit::is_added("X-Amzn-Trace-Id") && !Visit::is_added("x-forwarded-host"));
    }
}
