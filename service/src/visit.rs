//! Requests that are no calls of an AWS API: what a web client sends to a front that a service offers.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use wire::{Answer, Fault};

use crate::operation::Boxed;
use crate::{Cloud, Principal};

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
    pub headers: http::HeaderMap,
    /// The whole body.
    pub body: bytes::Bytes,
    /// Who sent it.
    pub source_ip: IpAddr,
    /// Who has signed it, proved, or why that is not so: for services that ask ([`crate::Service::signed_visits`]); none where
    /// it is not signed.
    pub signer: Option<Result<Arc<Principal>, Fault>>,
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
