//! What is kept of a call when it is over: who did what, from where, and what came of it.
//!
//! There is one record for each call of an operation, of a client or of a neighbour, and the frame alone makes it. Here it
//! is logged and counted; whatever else wants to know of calls takes them from this place. It never holds what was sent or
//! answered.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use wire::{OperationFacts, ServiceFacts};

use crate::{Caller, Metrics};

/// A call that is over.
#[derive(Debug)]
pub(crate) struct Record<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) service: &'static ServiceFacts,
    pub(crate) operation: &'static OperationFacts,
    /// The status of the answer over HTTP; none for a neighbour's call, which had no such answer.
    pub(crate) status: Option<u16>,
    /// The error's code, if it was one.
    pub(crate) code: Option<Cow<'static, str>>,
    pub(crate) took: Duration,
}

impl Record<'_> {
    /// Logs it and, when a client called, counts it.
    pub(crate) fn keep(self, metrics: &Metrics) {
        match self.status {
            Some(status) => {
                self.log_request(status);
                metrics.request(self.service.name, self.operation.name, self.code, self.took);
            }
            None => self.log_call(),
        }
    }

    fn log_request(&self, status: u16) {
        let Caller { scope, principal, request_id, source_ip, .. } = self.caller;
        tracing::info!(
            target: "cloudlet::request",
            service = self.service.name,
            operation = self.operation.name,
            status,
            code = self.code.as_deref(),
            account = scope.account.as_str(),
            region = scope.region.as_str(),
            principal = principal.arn.as_str(),
            access_key_id = principal.access_key_id.as_deref(),
            source_ip = source_ip.map(text_of).as_deref(),
            request_id = &**request_id,
            micros = self.took.as_micros() as u64,
        );
    }

    fn log_call(&self) {
        let Caller { scope, principal, request_id, .. } = self.caller;
        tracing::debug!(
            target: "cloudlet::call",
            service = self.service.name,
            operation = self.operation.name,
            code = self.code.as_deref(),
            account = scope.account.as_str(),
            region = scope.region.as_str(),
            principal = principal.arn.as_str(),
            request_id = &**request_id,
            micros = self.took.as_micros() as u64,
        );
    }
}

/// Most clients are on this machine, and an address costs as much to write as half of its line.
fn text_of(address: IpAddr) -> Cow<'static, str> {
    if address == IpAddr::V4(Ipv4Addr::LOCALHOST) { "127.0.0.1".into() } else { address.to_string().into() }
}
