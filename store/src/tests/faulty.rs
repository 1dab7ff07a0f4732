//! An engine that fails when a test wants it to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::engine::{Engine, View, Writes};

/// What is to fail.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// The next write.
    pub(crate) write: AtomicBool,
    /// Every sync and flush.
    pub(crate) syncs: AtomicBool,
}

/// Another engine with faults. Its syncs are flushes: a killed process needs no more, and tests of the disk are elsewhere.
pub(crate) struct Faulty {
    pub(crate) engine: Box<dyn Engine>,
    pub(crate) faults: Arc<Faults>,
}

impl Engine for Faulty {
    fn view(&self) -> Box<dyn View> {
        self.engine.view()
    }

    fn write(&self, writes: &Writes) -> Result<(), Error> {
        if self.faults.write.swap(false, Ordering::Relaxed) {
            return Err(Error::Engine("an injected failure".into()));
        }
        self.engine.write(writes)
    }

    fn flush(&self) -> Result<(), Error> {
        if self.faults.syncs.load(Ordering::Relaxed) {
            return Err(Error::Engine("an injected failure of a flush".into()));
        }
        self.engine.flush()
    }

    fn clear(&self) -> Result<(), Error> {
        self.engine.clear()
    }

    fn sync(&self) -> Result<(), Error> {
        if self.faults.syncs.load(Ordering::Relaxed) {
            return Err(Error::Engine("an injected failure of a sync".into()));
        }
        self.engine.flush()
    }
}
