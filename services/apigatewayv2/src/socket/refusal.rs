//! What stands in the way of a connection or a message, and what its client is told: the same words in an answer and in a frame.

use ::service::Cloud;
use wire::Answer;

use super::call::Client;

/// What is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// What the client sent does not have the form that the route asks for.
    Form,
    /// What is behind the API.
    Integration,
    /// Who the client is, how much it sends, or the API itself.
    Other,
}

/// What stands in the way.
pub(crate) struct Refusal {
    pub(crate) cause: Cause,
    /// For a connection that is not yet made.
    pub(crate) status: u16,
    pub(crate) message: &'static str,
    /// For the log.
    pub(crate) reason: String,
}

impl Refusal {
    pub(crate) fn new(status: u16, message: &'static str, reason: impl Into<String>) -> Self {
        Refusal { cause: Cause::Other, status, message, reason: reason.into() }
    }

    /// The client should have sent something else.
    pub(crate) fn invalid(message: &'static str, reason: impl Into<String>) -> Self {
        Refusal { cause: Cause::Form, ..Self::new(400, message, reason) }
    }

    pub(crate) fn forbidden(reason: impl Into<String>) -> Self {
        Self::new(403, "Forbidden", reason)
    }

    /// What is behind the API is at fault.
    pub(crate) fn failure(reason: impl Into<String>) -> Self {
        Refusal { cause: Cause::Integration, ..Self::new(502, "Internal server error", reason) }
    }

    pub(crate) fn late() -> Self {
        let refusal = Self::new(504, "Endpoint request timed out", "the integration timed out");
        Refusal { cause: Cause::Integration, ..refusal }
    }

    pub(crate) fn too_many() -> Self {
        Self::new(429, "Too Many Requests", "the route's limits are reached")
    }

    /// As a client is told in a frame.
    pub(crate) fn frame(&self, client: &Client, request_id: &str) -> String {
        let (message, id) = (self.message, &client.id);
        format!(r#"{{"message": "{message}", "connectionId":"{id}", "requestId":"{request_id}"}}"#)
    }

    /// As a client is told that is not connected.
    pub(crate) fn answer(&self, client: &Client, request_id: &str) -> Answer {
        Answer::json(self.status, self.frame(client, request_id))
    }

    /// Notes what others than the client must mend.
    pub(crate) fn note(&self, client: &Client, request_id: &str) {
        if self.status >= 500 {
            let (reason, api, stage) = (self.reason.as_str(), &client.api, &client.stage);
            tracing::warn!(reason, api, stage, request_id, "a message to a WebSocket API failed");
        }
    }
}

/// A name that nobody can guess, as API Gateway makes them.
pub(crate) fn fresh_id(cloud: &Cloud) -> String {
    use base64::Engine as _;
    let bytes: [u8; 11] = cloud.random.bytes();
    base64::engine::general_purpose::URL_SAFE.encode(bytes)
}
