//! Requests that are no calls of an AWS API: what a web client sends to a front that a service offers.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use http::uri::Authority;
use http::{HeaderMap, HeaderName, HeaderValue};
use wire::{Answer, Fault};

use crate::operation::Boxed;
use crate::{Caller, Cloud, Context, Principal, Upgrade};

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
    /// The headers with what a proxy says of the client: from where it came, with who was in between, to which port, and how.
    #[must_use]
    pub fn forwarded(&self) -> HeaderMap {
        let (scheme, host) = self.endpoint.split_once("://").unwrap_or(("http", &self.endpoint));
        let standard = if scheme == "https" { "443" } else { "80" };
        let port = host.parse::<Authority>().ok().and_then(|host| host.port().map(|port| port.to_string()));
        let port = port.as_deref().unwrap_or(standard);
        let before = self.headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let chain =
            before.map(str::to_owned).chain([self.source_ip.to_string()]).collect::<Vec<_>>().join(", ");
        let mut headers = self.headers.clone();
        for (name, value) in
            [("x-forwarded-for", chain.as_str()), ("x-forwarded-port", port), ("x-forwarded-proto", scheme)]
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }
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

    fn forwarded(endpoint: &str, before: &[&str]) -> [String; 3] {
        let mut headers = HeaderMap::new();
        for value in before {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let visit = Visit {
            request_id: "1".into(),
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
        };
        let headers = visit.forwarded();
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
    }
}
