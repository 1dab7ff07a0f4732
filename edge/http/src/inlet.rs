//! A body that an operation reads as it comes, and that the door sees to when the operation has answered without all of it.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use wire::Fault;

use crate::body::{self, Receiver};

/// How much more of a body is taken, and for how long, when its operation does not want it.
const REST_BYTES_MAX: u64 = 64 * 1024 * 1024;
const REST_TIMEOUT: Duration = Duration::from_secs(5);

/// Where a body comes in: the operation has it, and the door. Only one of them reads at a time.
#[derive(Clone)]
pub(crate) struct Inlet(Arc<Mutex<Receiver>>);

impl Inlet {
    pub(crate) fn new(body: Receiver) -> Self {
        Inlet(Arc::new(Mutex::new(body)))
    }

    /// The next bytes; nothing at the end.
    pub(crate) fn poll_data(&self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        self.0.lock().poll_data(context)
    }

    /// Sees to what the operation has left of it. A client that sends before it listens would not hear an answer otherwise:
    /// its connection would break while it sends. `is_asked_for` is a body that comes only if somebody wants it; where nobody
    /// did, this is false, and the connection must end: its next bytes may be the body's or a new request's.
    pub(crate) async fn close(self, is_asked_for: bool) -> bool {
        // An operation that goes on after its answer reads on.
        let Some(body) = Arc::into_inner(self.0) else { return true };
        let mut body = body.into_inner();
        let is_coming = !is_asked_for || body.received() > 0;
        if is_coming {
            let _ = tokio::time::timeout(REST_TIMEOUT, body::forget(&mut body, REST_BYTES_MAX)).await;
        }
        is_coming
    }
}
