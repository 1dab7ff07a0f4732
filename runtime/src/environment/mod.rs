//! One environment: a function's process with its Runtime API, its log and its limits. It runs one event at a time.

mod api;
mod extensions;
mod freezer;
pub(crate) mod init;
pub(crate) mod logs;
mod memory;
mod named_pipe;
mod plan;
pub(crate) mod process;
pub(crate) mod run;
mod streaming;
mod telemetry;
mod variables;

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{AbortHandle, JoinHandle};
use tokio_util::task::TaskTracker;

use crate::interpreter::Interpreter;
use crate::report;
use crate::{Error, FunctionSpec, LogSink, LogSource};
use api::{Apis, Desk};
pub(crate) use extensions::Extensions;
use extensions::ending::{Ending, Reason};
use freezer::Freezer;
use logs::Logs;
use named_pipe::NamedPipe;
use process::Process;
use telemetry::Telemetry;

const MB: u64 = 1024 * 1024;

/// What an environment needs of the runtime that starts it.
pub(crate) struct Host<'a> {
    pub(crate) launcher: &'a Path,
    pub(crate) root: &'a Path,
    pub(crate) sandboxed: bool,
    pub(crate) sink: &'a Arc<dyn LogSink>,
    pub(crate) tasks: &'a TaskTracker,
    /// Held by each task of the environment, and so until it has closed all its descriptors.
    pub(crate) seat: Arc<OwnedSemaphorePermit>,
}

/// Where an environment's tasks run: each keeps its seat.
#[derive(Clone)]
pub(crate) struct Tasks {
    pub(crate) tracker: TaskTracker,
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
            self.tasks.spawn(ending.carry_out());
        } else {
            self.process.kill();
            self.api.abort();
        }
    }
}

impl Environment {
    /// Starts the processes; they initialise on their own. With an `id` it takes the place of another one, which has failed to.
    pub(crate) async fn start(
        spec: &FunctionSpec,
        interpreter: Option<&Interpreter>,
        host: &Host<'_>,
        id: Option<String>,
    ) -> Result<Arc<Self>, Error> {
        let is_first = id.is_none();
        let id = id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(Error::system("the Runtime API's port"))?;
        let address = listener.local_addr().map_err(Error::system("the Runtime API's port"))?.to_string();
        let source = log_source(spec, &id);
        let scratch = scratch(host, &id).map_err(Error::system("the function's folders"))?;
        let sandbox = if host.sandboxed { loopback(&id) } else { Ipv4Addr::LOCALHOST };
        let external = extensions::find(spec.opt_dir.as_deref());
        let extensions_log = host.root.join("tmp").join(format!("{id}.log"));
        let facts = plan::Facts {
            tmp: scratch.as_deref(),
            api: &address,
            log_stream: &source.log_stream,
            sandbox,
            extensions: &external,
            extensions_log: extensions_log.clone(),
        };
        let plan = plan::plan(spec, interpreter, host, facts);

        let telemetry = Arc::new(Telemetry::new(sandbox, spec.json_lines.is_some()));
        let (pipe, writer) = io::pipe().map_err(Error::system("the function's log"))?;
        let named = NamedPipe::make(&extensions_log, !external.is_empty())
            .map_err(Error::system("the extensions' log"))?;
        let (from_extensions, named) = named.unzip();
        let logs = Logs::new(pipe.into(), from_extensions, host.sink.clone(), source, telemetry.clone())
            .map_err(Error::system("the function's log"))?;
        let logs = Arc::new(logs);
        if is_first {
            let text = report::init_start(spec.runtime, &spec.region);
            logs.tell(spec.json_lines, Some(&text), || report::json::init_start(spec));
        }
        let started = Instant::now();
        let tasks = Tasks { tracker: host.tasks.clone(), seat: Some(host.seat.clone()) };
        let extensions = Arc::new(Extensions::new(external));
        let log = Stdio::from(writer);
        let process = Process::start(host.launcher, &plan, log, scratch, &tasks, extensions.clone())
            .await
            .map_err(|error| Error::Sandbox(format!("{}: {error}", host.launcher.display())))?;
        let process = Arc::new(process);
        let desk = Arc::new(Desk::new());
        let apis = Apis {
            desk: desk.clone(),
            extensions: extensions.clone(),
            telemetry: telemetry.clone(),
            logs: logs.clone(),
            facts: extensions::api::Facts::of(spec),
            json_lines: spec.json_lines,
            tasks: tasks.clone(),
        };
        let api = tasks.spawn(api::serve(listener, Arc::new(apis))).abort_handle();
        let pump = logs.clone();
        tasks.spawn(async move { pump.pump().await });
        if let Some(named) = named {
            begin(&tasks, named, extensions.clone(), process.clone());
        }
        let (memory, retired, freezer) = (Mutex::default(), AtomicBool::new(false), Arc::default());
        let (sandboxed, key, reason) = (host.sandboxed, spec.key.clone(), Mutex::default());
        Ok(Arc::new(Self {
            id,
            key,
            started,
            desk,
            extensions,
            telemetry,
            process,
            logs,
            api,
            memory,
            retired,
            freezer,
            reason,
            tasks,
            sandboxed,
        }))
    }

    /// Kills the function, and with it everything that runs here; but extensions live until they have heard of it.
    pub(crate) fn kill(&self) {
        if self.extensions.are_there() { self.process.kill_function() } else { self.process.kill() }
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

fn log_source(spec: &FunctionSpec, id: &str) -> LogSource {
    let today = OffsetDateTime::from(SystemTime::now()).date();
    let (year, month, day) = (today.year(), u8::from(today.month()), today.day());
    LogSource {
        function_key: spec.key.clone(),
        environment_id: id.to_owned(),
        log_group: spec.log_group.clone(),
        log_stream: format!("{year}/{month:02}/{day:02}/[{}]{id}", spec.version),
    }
}

/// Starts the function when all extensions have registered, and holds their log open until they have ended.
fn begin(tasks: &Tasks, named: NamedPipe, extensions: Arc<Extensions>, process: Arc<Process>) {
    let gone = process.gone();
    tasks.spawn(async move {
        tokio::select! {
            () = extensions.registered() => process.start_function(),
            () = gone.clone().wait() => {}
        }
        // Whoever waits for the end must not hold the lifeline.
        drop(process);
        gone.wait().await;
        drop(named);
    });
}

/// An address of the loopback network for each environment, so that extensions of several can listen on one port.
fn loopback(id: &str) -> Ipv4Addr {
    let number = u32::from_str_radix(id.get(..6).unwrap_or_default(), 16).unwrap_or_default();
    let [_, first, second, third] = number.to_be_bytes();
    Ipv4Addr::new(127, first.max(1), second, third.clamp(1, 254))
}

/// Makes what a plain process needs on the host: a temporary folder of its own. A sandbox brings its `/tmp`.
fn scratch(host: &Host<'_>, id: &str) -> io::Result<Option<PathBuf>> {
    if host.sandboxed {
        return Ok(None);
    }
    let tmp = host.root.join("tmp").join(id);
    std::fs::create_dir_all(&tmp)?;
    Ok(Some(tmp))
}
