//! Who uses files in this process: what is held here is not swept, whether anything refers to it or not.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::BlobId;

/// The files that are held, and those that somebody should look at because they no longer are.
#[derive(Default)]
pub(super) struct Holds {
    state: Mutex<State>,
    /// Told when there is something to look at.
    doubts: Notify,
}

#[derive(Default)]
struct State {
    held: HashMap<BlobId, Hold>,
    doubtful: Doubtful,
}

#[derive(Default)]
struct Hold {
    count: usize,
    /// To be looked at when nobody holds it any more.
    is_doubtful: bool,
}

/// Files that may have become garbage without a note of that in the store.
#[derive(Default, Debug)]
pub(super) struct Doubtful {
    /// Each file there is.
    pub(super) all: bool,
    pub(super) files: Vec<BlobId>,
}

impl Holds {
    /// Keeps a file from the sweeper; doubtful is one that may be garbage when it is let go.
    pub(super) fn hold(self: &Arc<Self>, id: BlobId, is_doubtful: bool) -> Held {
        self.state.lock().held.entry(id).or_default().count += 1;
        Held { holds: Arc::clone(self), id, is_doubtful }
    }

    /// Whether somebody holds it. If so, it is looked at again when it is let go.
    pub(super) fn is_held(&self, id: BlobId) -> bool {
        let mut state = self.state.lock();
        let hold = state.held.get_mut(&id);
        hold.map(|hold| hold.is_doubtful = true).is_some()
    }

    /// Asks for a look at all files.
    pub(super) fn doubt_all(&self) {
        self.state.lock().doubtful.all = true;
        self.doubts.notify_one();
    }

    /// What is to be looked at, once.
    pub(super) fn take_doubtful(&self) -> Doubtful {
        std::mem::take(&mut self.state.lock().doubtful)
    }

    /// Waits until there is more to look at.
    pub(super) async fn more(&self) {
        self.doubts.notified().await;
    }
}

/// Keeps a file from the sweeper, while it lives.
pub(super) struct Held {
    holds: Arc<Holds>,
    id: BlobId,
    pub(super) is_doubtful: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.holds.state.lock();
        let State { held, doubtful } = &mut *state;
        let Entry::Occupied(mut entry) = held.entry(self.id) else { return };
        let hold = entry.get_mut();
        hold.count -= 1;
        hold.is_doubtful |= self.is_doubtful;
        if hold.count == 0 && entry.remove().is_doubtful {
            doubtful.files.push(self.id);
            self.holds.doubts.notify_one();
        }
    }
}
