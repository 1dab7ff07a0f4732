//! Threads that serve connections, one for each processor, each with an event loop of its own.
//!
//! A connection stays with the thread that it was given to, so a request wakes no other thread on its way: that was a fifth of
//! what one cost. What happens without a client (deliveries, timers, sweepers) has the program's own runtime.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// How long files that are being read or written may go on when the lanes end.
const BLOCKING_TIMEOUT: Duration = Duration::from_millis(500);

/// All of them. Conversations that are still open end when this is dropped.
pub(crate) struct Lanes(Vec<Lane>);

struct Lane {
    handle: Handle,
    /// Conversations that are open.
    open: Arc<AtomicUsize>,
    /// Ends the thread when it is dropped.
    _stop: oneshot::Sender<()>,
}

impl Lanes {
    /// Starts the threads. Each calls `rest` before it waits for something to do.
    pub(crate) fn start(rest: fn()) -> io::Result<Self> {
        let count = available_parallelism().map_or(1, std::num::NonZero::get);
        (0..count).map(|number| Lane::start(number, rest)).collect::<io::Result<_>>().map(Lanes)
    }

    /// Has a conversation on the lane that has the fewest.
    pub(crate) fn run(&self, conversation: impl Future<Output = ()> + Send + 'static) {
        let Some(lane) = self.0.iter().min_by_key(|lane| lane.open.load(Ordering::Relaxed)) else { return };
        lane.open.fetch_add(1, Ordering::Relaxed);
        let open = Open(Arc::clone(&lane.open));
        lane.handle.spawn(async move {
            let _open = open;
            conversation.await;
        });
    }
}

impl Lane {
    fn start(number: usize, rest: fn()) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().on_thread_park(rest).build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        thread::Builder::new().name(format!("http-{number}")).spawn(move || {
            // It ends with an error, because nothing is ever sent.
            let _ = runtime.block_on(stopped);
            runtime.shutdown_timeout(BLOCKING_TIMEOUT);
            rest();
        })?;
        Ok(Lane { handle, open: Arc::default(), _stop: stop })
    }
}

/// Counts a conversation for as long as it lives.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
