//! One environment: a function's process with its Runtime API, its log and its limits. It runs one event at a time.

mod api;
mod command;
mod extensions;
mod freezer;
mod handed;
pub(crate) mod init;
pub(crate) mod lifeline;
pub(crate) mod logs;
mod memory;
mod named_pipe;
mod names;
pub(crate) mod network;
mod plan;
pub(crate) mod process;
pub(crate) mod run;
mod start;
mod streaming;
mod telemetry;
mod variables;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::task::TaskTracker;

use crate::LogSink;
use crate::groups::Groups;
use crate::options::Endpoint;
use api::Desk;
pub(crate) use extensions::Extensions;
use extensions::ending::{Ending, Reason};
use freezer::Freezer;
use logs::Logs;
use process::{End, Gone, Process};
use telemetry::Telemetry;

const MB: u64 = 1024 * 1024;

/// The processes that descend from one; none where the system does not tell.
pub(crate) fn descendants(process: u32) -> Vec<u32> {
    memory::descendants(process, 0)
}

/// What an environment needs of the runtime that starts it.
pub(crate) struct Host<'a> {
    pub(crate) launcher: &'a Path,
    pub(crate) root: &'a Path,
    pub(crate) sandboxed: bool,
    /// The cloud, where a network of its own is to lead to it; else an environment has the host's.
    pub(crate) endpoint: Option<&'a Endpoint>,
    /// Control groups, where the system has them for us.
    pub(crate) groups: Option<Arc<Groups>>,
    pub(crate) sink: &'a Arc<dyn LogSink>,
    pub(crate) tasks: &'a TaskTracker,
    pub(crate) endings: &'a TaskTracker,
    /// Held by each task of the environment, and so until it has closed all its descriptors.
    pub(crate) seat: Arc<OwnedSemaphorePermit>,
}

/// Where an environment's tasks run: each keeps its seat.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
    /// Those of them in which extensions hear of the end.
    pub(crate) endings: TaskTracker,
    pub(crate) seat: Option<Arc<OwnedSemaphorePermit>>,
}

impl Tasks {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let seat = self.seat.clone();
        self.tracker.spawn(async move {
            task.await;
            drop(seat);
        })
    }

    fn spawn_ending(&self, ending: Ending) {
        self.spawn(self.endings.track_future(ending.carry_out()));
    }
}

/// A function's process and what belongs to it. Dropping it kills the process, after its extensions have heard of it.
pub(crate) struct Environment {
    pub(crate) id: String,
    pub(crate) key: String,
    started: Instant,
    desk: Arc<Desk>,
    extensions: Arc<Extensions>,
    telemetry: Arc<Telemetry>,
    process: Arc<Process>,
    logs: Arc<Logs>,
    api: AbortHandle,
    memory: Mutex<MemorySeen>,
    retired: AtomicBool,
    freezer: Arc<Freezer>,
    /// Why it ends, once it does.
    reason: Mutex<Reason>,
    tasks: Tasks,
    /// In a sandbox, another process of ours stands between the launcher and the function.
    sandboxed: bool,
}

#[derive(Default)]
struct MemorySeen {
    peak_bytes: u64,
    at: Option<Instant>,
}

impl Drop for Environment {
    fn drop(&mut self) {
        if self.extensions.are_there() && tokio::runtime::Handle::try_current().is_ok() {
            let ending = Ending {
                process: self.process.clone(),
                extensions: self.extensions.clone(),
                telemetry: self.telemetry.clone(),
                freezer: self.freezer.clone(),
                api: self.api.clone(),
                reason: *self.reason.lock(),
            };
            self.tasks.spawn_ending(ending);
        } else {
            self.process.kill();
            self.api.abort();
        }
    }
}

impl Environment {
    /// Kills the function, and with it everything that runs here; but extensions live until they have heard of it.
    pub(crate) fn kill(&self) {
        if self.extensions.are_there() { self.process.kill_function() } else { self.process.kill() }
    }

    /// Waits until the function has ended, and what it said last has come in: without extensions, everything ends with it.
    async fn function_ended(&self) -> End {
        const LAST_WORDS_MAX: Duration = Duration::from_millis(50);
        if !self.extensions.are_there() {
            return self.process.ended().await;
        }
        let end = self.process.function_ended().await;
        tokio::time::sleep(LAST_WORDS_MAX).await;
        end
    }

    /// The moment at which nothing of it is left.
    pub(crate) fn gone(&self) -> Gone {
        self.process.gone()
    }

    /// What there is to wait for until nothing of it is left.
    pub(crate) fn process(&self) -> Arc<Process> {
        self.process.clone()
    }

    /// It has no event any more, and is frozen when that stays so for a while. To be called where tokio runs.
    pub(crate) fn rest(self: &Arc<Self>, freeze_after: Duration) {
        let turn = self.freezer.rest();
        let resting = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(freeze_after).await;
            if let Some(environment) = resting.upgrade() {
                let (pid, sandboxed) = (environment.process.pid, environment.sandboxed);
                // It looks through `/proc`, and is not waited for.
                tokio::task::spawn_blocking(move || environment.freezer.freeze(turn, pid, sandboxed));
            }
        });
    }

    /// It gets an event.
    pub(crate) fn wake(&self) {
        self.freezer.wake();
    }

    /// It is not used again after its present event.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Relaxed)
            && !self.process.function_has_ended()
            && !self.extensions.has_failed()
    }

    /// Whether it has an event.
    pub(crate) fn is_working(&self) -> bool {
        matches!(*self.desk.stage().borrow(), api::Stage::Working)
    }

    /// Measures memory now, and returns it in bytes.
    fn measure(&self) -> u64 {
        let now = memory::resident_bytes(self.process.pid).unwrap_or(0);
        let mut seen = self.memory.lock();
        seen.peak_bytes = seen.peak_bytes.max(now);
        seen.at = Some(Instant::now());
        now
    }

    /// The highest memory use so far. Looking costs more than a short invocation, so it is not looked at every time.
    fn max_memory_mb(&self) -> u32 {
        const FRESH: Duration = Duration::from_secs(1);
        let fresh = self.memory.lock().at.is_some_and(|at| at.elapsed() < FRESH);
        if !fresh && !self.process.function_has_ended() {
            self.measure();
        }
        u32::try_from(self.memory.lock().peak_bytes.div_ceil(MB)).unwrap_or(u32::MAX)
    }
}
