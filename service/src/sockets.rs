//! Connections of clients that stay open, by ids that others reach them by: WebSockets.
//!
//! They are remembered beside the store, for they end with the process: after that nobody has such an id. Never here: the
//! protocol, and what becomes of what clients say.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use foldhash::HashMap;
use names::Scope;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;

/// Messages that wait for a client to read them.
const WAITING_MAX: usize = 32;
/// How long a sender waits for a client that does not read.
const PATIENCE: Duration = Duration::from_secs(2);

/// All that are open.
#[derive(Default)]
pub struct Sockets(Mutex<HashMap<Arc<str>, Arc<Socket>>>);

/// One that is open.
#[derive(Debug)]
pub struct Socket {
    /// Its name, which no other ever has.
    pub id: Arc<str>,
    /// Where it belongs to.
    pub scope: Scope,
    /// What policies call the place that it came to: `api/stage`.
    pub place: String,
    /// Since when.
    pub connected_ms: i64,
    /// Where its client is.
    pub source_ip: IpAddr,
    /// What its client calls itself.
    pub user_agent: String,
    last_active_ms: AtomicI64,
    inbox: mpsc::Sender<Order>,
}

/// What others want of a connection.
#[derive(Debug)]
pub enum Order {
    /// To send this.
    Send(Bytes),
    /// To end.
    Close,
}

/// Why an order was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// The connection is no more.
    Gone,
    /// Its client does not read what is sent.
    Full,
}

/// The place of a connection among those that are open. It is taken away when this is dropped.
pub struct Entry {
    sockets: Arc<Sockets>,
    /// The connection.
    pub socket: Arc<Socket>,
    /// What others want of it.
    pub orders: mpsc::Receiver<Order>,
}

/// What is known of a connection when it begins.
pub struct Opened {
    /// See [`Socket`].
    pub id: Arc<str>,
    /// See [`Socket`].
    pub scope: Scope,
    /// See [`Socket`].
    pub place: String,
    /// See [`Socket`].
    pub connected_ms: i64,
    /// See [`Socket`].
    pub source_ip: IpAddr,
    /// See [`Socket`].
    pub user_agent: String,
}

impl Sockets {
    /// Enters a connection: others reach it from now on.
    #[must_use]
    pub fn enter(self: &Arc<Self>, opened: Opened) -> Entry {
        let (inbox, orders) = mpsc::channel(WAITING_MAX);
        let Opened { id, scope, place, connected_ms, source_ip, user_agent } = opened;
        let last_active_ms = AtomicI64::new(connected_ms);
        let socket = Socket { id, scope, place, connected_ms, source_ip, user_agent, last_active_ms, inbox };
        let socket = Arc::new(socket);
        self.0.lock().insert(Arc::clone(&socket.id), Arc::clone(&socket));
        Entry { sockets: Arc::clone(self), socket, orders }
    }

    /// The connection of that id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Socket>> {
        self.0.lock().get(id).cloned()
    }
}

impl Socket {
    /// Has the connection carry out an order, when those before it are carried out.
    ///
    /// # Errors
    /// When it does not take it.
    pub async fn order(&self, order: Order) -> Result<(), NotTaken> {
        self.inbox.send_timeout(order, PATIENCE).await.map_err(|error| match error {
            SendTimeoutError::Timeout(_) => NotTaken::Full,
            SendTimeoutError::Closed(_) => NotTaken::Gone,
        })
    }

    /// Notes that something was sent or received.
    pub fn is_active(&self, now_ms: i64) {
        self.last_active_ms.fetch_max(now_ms, Ordering::Relaxed);
    }

    /// When something was sent or received last.
    #[must_use]
    pub fn last_active_ms(&self) -> i64 {
        self.last_active_ms.load(Ordering::Relaxed)
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.sockets.0.lock().remove(&self.socket.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(id: &str) -> Opened {
        Opened {
            id: id.into(),
            scope: Scope::new(names::Account::ZERO, "us-east-1".parse().unwrap()),
            place: "a/b".into(),
            connected_ms: 5,
            source_ip: [127, 0, 0, 1].into(),
            user_agent: String::new(),
        }
    }

    #[tokio::test]
    async fn a_connection_is_found_until_it_ends() {
        let sockets = Arc::new(Sockets::default());
        let mut entry = sockets.enter(opened("a"));
        let found = sockets.find("a").unwrap();
        assert_eq!(found.order(Order::Send("hello".into())).await, Ok(()));
        assert!(matches!(entry.orders.recv().await, Some(Order::Send(text)) if text == "hello"));
        drop(entry);
        assert!(sockets.find("a").is_none());
        assert_eq!(found.order(Order::Close).await, Err(NotTaken::Gone));
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_takes_no_more() {
        let sockets = Arc::new(Sockets::default());
        let _entry = sockets.enter(opened("a"));
        let socket = sockets.find("a").unwrap();
        for _ in 0..WAITING_MAX {
            assert_eq!(socket.order(Order::Send(Bytes::new())).await, Ok(()));
        }
        assert_eq!(socket.order(Order::Close).await, Err(NotTaken::Full));
    }

    #[test]
    fn activity_only_goes_forward() {
        let sockets = Arc::new(Sockets::default());
        let entry = sockets.enter(opened("a"));
        entry.socket.is_active(9);
        entry.socket.is_active(7);
        assert_eq!(entry.socket.last_active_ms(), 9);
    }
}
