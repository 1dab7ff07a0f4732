//! What goes wrong on a request's way, and how the client hears of it.

use wire::Fault;

use crate::identify::{Spoken, Unknown};
use crate::response::{self, Reply};

/// What went wrong on the way, and in whose words to say so.
pub(super) struct Refusal {
    pub(super) fault: Fault,
    pub(super) protocol: Spoken,
}

impl Refusal {
    pub(super) fn into_reply(self, request_id: &str) -> Reply {
        let Refusal { fault, protocol } = self;
        tracing::debug!(code = %fault.code, status = fault.status, request_id, "refused");
        match protocol {
            Some((protocol, facts)) => {
                response::from_answer(wire::write_fault(protocol, facts, &fault, request_id), request_id)
            }
            None => response::from_fault(&fault, request_id),
        }
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal { fault, protocol: None }
    }
}

impl From<Unknown> for Refusal {
    fn from(unknown: Unknown) -> Self {
        Refusal { fault: *unknown.fault, protocol: unknown.protocol }
    }
}
