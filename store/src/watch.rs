//! Signals: a transaction tells those who wait for a key that it has committed.

use foldhash::HashMap;
use parking_lot::Mutex;
use tokio::sync::watch;

/// Waits for signals of one key; a reset is one of all keys.
#[derive(Debug)]
pub struct Watch(watch::Receiver<()>);

impl Watch {
    /// Returns at the first signal since the watch began, or since the last call.
    pub async fn changed(&mut self) {
        if self.0.changed().await.is_err() {
            // The store is gone: there will be no signal.
            std::future::pending::<()>().await;
        }
    }
}

/// Who waits for what.
#[derive(Debug, Default)]
pub(crate) struct Watches(Mutex<HashMap<Vec<u8>, watch::Sender<()>>>);

impl Watches {
    pub(crate) fn watch(&self, key: &[u8]) -> Watch {
        let mut senders = self.0.lock();
        Watch(match senders.get(key) {
            Some(sender) => sender.subscribe(),
            None => senders.entry(key.to_vec()).or_insert_with(|| watch::Sender::new(())).subscribe(),
        })
    }

    /// Wakes all.
    pub(crate) fn signal_all(&self) {
        self.0.lock().retain(|_, sender| sender.send(()).is_ok());
    }

    /// Wakes those who wait for these keys, and forgets keys that nobody waits for.
    pub(crate) fn signal(&self, keys: &[Vec<u8>]) {
        if keys.is_empty() {
            return;
        }
        let mut senders = self.0.lock();
        for key in keys {
            if senders.get(key).is_some_and(|sender| sender.send(()).is_err()) {
                senders.remove(key);
            }
        }
    }
}
