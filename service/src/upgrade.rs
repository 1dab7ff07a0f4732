//! Connections that stop being HTTP: a front takes one over whose client asked for another protocol, such as WebSocket.
//!
//! Never here: what is said on them then, and how the door hands them over.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use crate::operation::Boxed;

/// What is read from and written to a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection that is no longer HTTP.
pub type Wire = Box<dyn Duplex>;

/// All that is said on such a connection, from then on.
type Talk = Box<dyn FnOnce(Wire, Stopping) -> Boxed<'static, ()> + Send>;

/// The right to take a connection over. A front that wants it says what is to be said there, and answers with status 101.
#[derive(Clone, Default)]
pub struct Upgrade(Arc<Mutex<Option<Talk>>>);

impl Upgrade {
    /// Has `talk` take the connection over once the answer was sent.
    pub fn to<F, W>(&self, talk: F)
    where
        F: FnOnce(Wire, Stopping) -> W + Send + 'static,
        W: Future<Output = ()> + Send + 'static,
    {
        *self.0.lock() = Some(Box::new(move |wire, stopping| Box::pin(talk(wire, stopping))));
    }

    /// Begins what is to be said; nothing where no front took the connection.
    pub async fn begin(self, wire: Wire, stopping: Stopping) {
        let talk = self.0.lock().take();
        if let Some(talk) = talk {
            talk(wire, stopping).await;
        }
    }
}

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Upgrade")
    }
}

/// Tells a conversation that the process is about to stop. It may say goodbye; the process waits until it is dropped, but not for
/// long.
#[derive(Clone, Debug)]
pub struct Stopping(watch::Receiver<bool>);

impl Stopping {
    /// One, and what tells it.
    #[must_use]
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (teller, told) = watch::channel(false);
        (teller, Stopping(told))
    }

    /// Returns when the process is about to stop.
    pub async fn told(&mut self) {
        // Whoever would tell is gone: that is the same.
        let _ = self.0.wait_for(|is_told| *is_told).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_takes_a_connection_over_has_it_once() {
        let upgrade = Upgrade::default();
        upgrade.to(|mut wire: Wire, mut stopping: Stopping| async move {
            wire.write_all(b"hello").await.unwrap();
            stopping.told().await;
            wire.write_all(b"bye").await.unwrap();
        });
        let (near, mut far) = tokio::io::duplex(64);
        let (teller, stopping) = Stopping::new();
        let talking = tokio::spawn(upgrade.clone().begin(Box::new(near), stopping.clone()));
        let mut said = [0; 5];
        far.read_exact(&mut said).await.unwrap();
        teller.send_replace(true);
        let mut rest = String::new();
        far.read_to_string(&mut rest).await.unwrap();
        assert_eq!((&said, rest.as_str()), (b"hello", "bye"));
        talking.await.unwrap();
        let (near, mut far) = tokio::io::duplex(64);
        upgrade.begin(Box::new(near), stopping).await;
        assert_eq!(far.read_to_string(&mut rest).await.unwrap(), 0, "it was taken already");
    }
}
