//! Connections that are handed over: a client asks for another protocol, a front takes the connection, and HTTP ends there.
//!
//! The conversation goes on where it was, on its lane and with its place among the connections.

use http::header::UPGRADE;
use http::request::Parts;
use http::{StatusCode, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use service::{Stopping, Upgrade};

use crate::response::Reply;

/// A connection whose client asks for another protocol.
#[derive(Clone)]
pub(crate) struct Passing {
    right: Upgrade,
    connection: OnUpgrade,
}

impl Passing {
    /// What a request asks for; none where it asks for nothing, or where its protocol has no such thing.
    pub(crate) fn of(parts: &mut Parts) -> Option<Self> {
        let asks = parts.version == Version::HTTP_11 && parts.headers.contains_key(UPGRADE);
        let connection = asks.then(|| parts.extensions.remove::<OnUpgrade>()).flatten()?;
        Some(Passing { right: Upgrade::default(), connection })
    }

    /// What a front takes the connection over with.
    pub(crate) fn right(&self) -> Upgrade {
        self.right.clone()
    }

    /// Has whoever took the connection over talk on it, once the answer was sent.
    pub(crate) async fn begin(self, stopping: Stopping) {
        match self.connection.await {
            Ok(connection) => self.right.begin(Box::new(TokioIo::new(connection)), stopping).await,
            Err(error) => tracing::debug!(%error, "a connection was lost before it was handed over"),
        }
    }
}

/// An answer, with the connection where that is handed over.
pub(crate) fn hand_over(passing: Option<Passing>, mut reply: Reply) -> Reply {
    if let Some(passing) = passing.filter(|_| reply.status() == StatusCode::SWITCHING_PROTOCOLS) {
        reply.extensions_mut().insert(passing);
    }
    reply
}
