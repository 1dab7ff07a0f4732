//! One environment: a function's process with its Runtime API, its log and its limits. It runs one event at a time.

mod api;
mod freezer;
pub(crate) mod logs;
mod memory;
pub(crate) mod process;
pub(crate) mod run;
mod streaming;
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
use crate::sandbox::{Command, Limits, Plan, View};
use crate::{Error, FunctionSpec, LogSink, LogSource, RuntimeKind};
use api::Desk;
use freezer::Freezer;
use logs::Logs;
use process::Process;
use variables::Places;

const MB: u64 = 1024 * 1024;

/// Descriptors and processes of an environment, as AWS's quotas say.
const FILES_MAX: u64 = 1024;
const PROCESSES_MAX: u64 = 1024;

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
#[derive(Clone, Copy)]
pub(crate) struct Tasks<'a> {
    pub(crate) tracker: &'a TaskTracker,
    pub(crate) seat: Option<&'a Arc<OwnedSemaphorePermit>>,
}

impl Tasks<'_> {
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
        let seat = self.seat.cloned();
        self.tracker.spawn(async move {
            task.await;
            drop(seat);
        })
    }
}

/// A function's process and what belongs to it. Dropping it kills the process.
pub(crate) struct Environment {
    pub(crate) id: String,
    pub(crate) key: String,
    started: Instant,
    desk: Arc<Desk>,
    process: Process,
    logs: Arc<Logs>,
    api: AbortHandle,
    memory: Mutex<MemorySeen>,
    retired: AtomicBool,
    freezer: Freezer,
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
        self.api.abort();
    }
}

impl Environment {
    /// Starts the process; it initialises on its own.
    pub(crate) async fn start(
        spec: &FunctionSpec,
        interpreter: Option<&Interpreter>,
        host: &Host<'_>,
    ) -> Result<Arc<Self>, Error> {
        let id = uuid::Uuid::new_v4().simple().to_string();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(Error::system("the Runtime API's port"))?;
        let address = listener.local_addr().map_err(Error::system("the Runtime API's port"))?.to_string();
        let source = log_source(spec, &id);
        let scratch = scratch(host, &id).map_err(Error::system("the function's folders"))?;
        let plan = plan(spec, interpreter, host, scratch.as_deref(), &address, &source.log_stream);

        let (pipe, writer) = io::pipe().map_err(Error::system("the function's log"))?;
        let logs =
            Logs::new(pipe.into(), host.sink.clone(), source).map_err(Error::system("the function's log"))?;
        let logs = Arc::new(logs);
        match spec.json_lines {
            Some(level) => logs.add_json(level, &report::json::init_start(spec)),
            None => logs.add(&report::init_start(spec.runtime, &spec.region)),
        }
        let started = Instant::now();
        let tasks = Tasks { tracker: host.tasks, seat: Some(&host.seat) };
        let process = Process::start(host.launcher, &plan, Stdio::from(writer), scratch, tasks)
            .await
            .map_err(|error| Error::Sandbox(format!("{}: {error}", host.launcher.display())))?;
        let desk = Arc::new(Desk::new());
        let api = tasks.spawn(api::serve(listener, desk.clone())).abort_handle();
        let pump = logs.clone();
        tasks.spawn(async move { pump.pump().await });
        let (memory, retired, freezer) = (Mutex::default(), AtomicBool::new(false), Freezer::default());
        let sandboxed = host.sandboxed;
        let key = spec.key.clone();
        Ok(Arc::new(Self { id, key, started, desk, process, logs, api, memory, retired, freezer, sandboxed }))
    }

    /// Kills everything that runs in it.
    pub(crate) fn kill(&self) {
        self.process.kill();
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
        !self.retired.load(Ordering::Relaxed) && !self.process.has_ended()
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
        if !fresh && !self.process.has_ended() {
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

/// Makes what a plain process needs on the host: a temporary folder of its own. A sandbox brings its `/tmp`.
fn scratch(host: &Host<'_>, id: &str) -> io::Result<Option<PathBuf>> {
    if host.sandboxed {
        return Ok(None);
    }
    let tmp = host.root.join("tmp").join(id);
    std::fs::create_dir_all(&tmp)?;
    Ok(Some(tmp))
}

fn plan(
    spec: &FunctionSpec,
    interpreter: Option<&Interpreter>,
    host: &Host<'_>,
    tmp: Option<&Path>,
    api: &str,
    log_stream: &str,
) -> Plan {
    let bootstraps = host.root.join("bootstraps");
    let plain_opt = spec.opt_dir.clone().unwrap_or_else(|| "/opt".into());
    let (task, runtime, opt) = if host.sandboxed {
        (Path::new("/var/task"), Path::new("/var/runtime"), Path::new("/opt"))
    } else {
        (spec.code_dir.as_path(), bootstraps.as_path(), plain_opt.as_path())
    };
    let places = Places { task, runtime, opt, tmp };
    let (program, arguments) = program(spec, interpreter, &places);
    let environment = variables::assemble(spec, &places, api, log_stream);
    let view = host.sandboxed.then(|| View {
        mount_point: host.root.join("view"),
        code_dir: Some(spec.code_dir.clone()),
        opt_dir: spec.opt_dir.clone(),
        runtime_dir: bootstraps.clone(),
        shown: interpreter.map(|interpreter| interpreter.folders.clone()).unwrap_or_default(),
        tmp_mb: spec.tmp_mb,
    });
    let command = Command { program, arguments, environment, folder: task.to_owned() };
    Plan { view, command: Some(command), limits: limits(spec) }
}

fn program(
    spec: &FunctionSpec,
    interpreter: Option<&Interpreter>,
    places: &Places<'_>,
) -> (String, Vec<String>) {
    let Some(interpreter) = interpreter else {
        let from_layer = !spec.code_dir.join("bootstrap").is_file()
            && spec.opt_dir.as_ref().is_some_and(|opt| opt.join("bootstrap").is_file());
        let folder = if from_layer { places.opt } else { places.task };
        return (folder.join("bootstrap").to_string_lossy().into_owned(), Vec::new());
    };
    let bootstrap = |name: &str| places.runtime.join(name).to_string_lossy().into_owned();
    let arguments = match spec.runtime {
        RuntimeKind::Node { .. } => {
            vec![format!("--max-old-space-size={}", spec.memory_mb), bootstrap("bootstrap.mjs")]
        }
        _ => ["-u", "-B", "-X", "utf8"]
            .map(str::to_owned)
            .into_iter()
            .chain([bootstrap("bootstrap.py"), places.opt.to_string_lossy().into_owned()])
            .collect(),
    };
    (interpreter.program.to_string_lossy().into_owned(), arguments)
}

/// Address space is asked for long before it is used (thread stacks, arenas), so the limit on it is generous.
fn limits(spec: &FunctionSpec) -> Limits {
    let slack_mb = if matches!(spec.runtime, RuntimeKind::Node { .. }) { 1024 } else { 256 };
    Limits {
        data_bytes: (2 * u64::from(spec.memory_mb) + slack_mb) * MB,
        file_bytes: u64::from(spec.tmp_mb) * MB,
        files: FILES_MAX,
        processes: PROCESSES_MAX,
    }
}
