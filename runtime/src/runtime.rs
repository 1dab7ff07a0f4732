//! The runtime: finds or starts an environment for each invocation.

mod isolation;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OnceCell, Semaphore};
use tokio_util::task::TaskTracker;

use crate::environment::init::{Init, Phase};
use crate::environment::run::Terms;
use crate::environment::{Environment, Host};
use crate::groups::Groups;
use crate::interpreter::{Interpreter, Interpreters, jdk};
use crate::pool::{Acquired, Lease, Pool, Room};
use crate::{
    Error, FunctionSpec, InForce, Invocation, Isolation, Options, Outcome, PAYLOAD_BYTES_MAX, RuntimeKind,
};

const PYTHON_BOOTSTRAP: &str = include_str!("../bootstraps/bootstrap.py");
const NODE_BOOTSTRAP: &str = include_str!("../bootstraps/bootstrap.mjs");
const RUBY_BOOTSTRAP: &str = include_str!("../bootstraps/bootstrap.rb");

/// Runs functions in environments of their own. Dropping it kills them all; [`shutdown`](Self::shutdown) waits as well.
pub struct Runtime {
    options: Options,
    launcher: PathBuf,
    pool: Arc<Pool>,
    /// As many as the system has room for, without end where room is no question. An invocation has one.
    turns: Semaphore,
    /// As many again: an environment has one until nothing of it is left.
    seats: Arc<Semaphore>,
    interpreters: Interpreters,
    /// The runtime client for Java is compiled.
    java: OnceCell<()>,
    in_force: OnceCell<InForce>,
    groups: OnceCell<Option<Arc<Groups>>>,
    retiring: OnceCell<()>,
    tasks: TaskTracker,
    endings: TaskTracker,
}

impl Runtime {
    /// Prepares the work folder. Nothing runs yet, and no async runtime is needed yet.
    pub fn new(options: Options) -> Result<Self, Error> {
        let context = || format!("the functions' work folder {}", options.root.display());
        let root = prepare(&options.root).map_err(Error::system(context()))?;
        let launcher = match &options.launcher {
            Some(launcher) => launcher.clone(),
            None => std::env::current_exe().map_err(Error::system("this program's own file"))?,
        };
        let is_short = options.room < options.environments_max;
        let [turns, seats] = [(); 2]
            .map(|()| Semaphore::new(if is_short { options.room.max(1) } else { Semaphore::MAX_PERMITS }));
        let environments = options.environments_max.min(options.room.max(1));
        let pool = Arc::new(Pool::new(environments, options.idle_time_max, options.freeze_after));
        let options = Options { root, ..options };
        Ok(Self {
            options,
            launcher,
            pool,
            turns,
            seats: Arc::new(seats),
            interpreters: Interpreters::default(),
            java: OnceCell::new(),
            in_force: OnceCell::new(),
            groups: OnceCell::new(),
            retiring: OnceCell::new(),
            tasks: TaskTracker::new(),
            endings: TaskTracker::new(),
        })
    }

    /// The isolation that functions get. The first call tries it out (some milliseconds).
    pub async fn isolation(&self) -> &InForce {
        self.in_force.get_or_init(|| self.find_isolation()).await
    }

    /// Runs a function once: in a warm environment of the same [`key`](FunctionSpec::key) if one is idle, else in a new
    /// one. Where there is little room it waits for its turn. When this future is dropped, the environment is killed.
    pub async fn invoke(&self, spec: &FunctionSpec, invocation: Invocation) -> Result<Outcome, Error> {
        let size_bytes = invocation.payload.len();
        if size_bytes > PAYLOAD_BYTES_MAX {
            return Err(Error::PayloadTooLarge { size_bytes, limit_bytes: PAYLOAD_BYTES_MAX });
        }
        let _turn = self.turns.acquire().await.map_err(|_| Error::ShuttingDown)?;
        let (lease, init) = match self.pool.acquire(&spec.key)? {
            Acquired::Warm(lease) => (lease, None),
            Acquired::Room(room) => {
                let (lease, init) = self.start_initialised(spec, room, &invocation.request_id).await?;
                (lease, Some(init))
            }
        };
        let terms = Terms { spec, init };
        let (outcome, reusable) = lease.environment.run(terms, &invocation).await?;
        if reusable {
            lease.give_back();
        }
        Ok(outcome)
    }

    /// Whether this machine has what runs functions of that kind.
    pub async fn check(&self, kind: RuntimeKind) -> Result<(), Error> {
        self.interpreter(kind).await.map(drop)
    }

    /// What runs functions of that kind, ready to do so.
    async fn interpreter(&self, kind: RuntimeKind) -> Result<Option<Interpreter>, Error> {
        let packs = self.options.packs.as_deref();
        let found = self.interpreters.find(kind, packs, self.options.interpreter_fallback).await?;
        if let (RuntimeKind::Java { .. }, Some(java)) = (kind, &found) {
            let classes = self.options.root.join("bootstraps/java");
            self.java.get_or_try_init(|| jdk::prepare(java, packs, &classes)).await?;
        }
        Ok(found)
    }

    /// Keeps so many environments of each of these warm, and of all others only those that are called for. Returns when they
    /// have initialised, or failed to; where one fails, no more of its function are started.
    pub async fn keep(&self, wanted: &[(FunctionSpec, usize)]) {
        self.pool.keep(wanted.iter().map(|(spec, count)| (spec.key.clone(), *count)).collect());
        for (spec, count) in wanted {
            let spec = FunctionSpec { starts_ahead: true, ..spec.clone() };
            for _ in self.pool.count(&spec.key)..*count {
                match self.start_ahead(&spec).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        tracing::warn!(%error, key = spec.key, "an environment could not be started in advance");
                        break;
                    }
                }
            }
        }
    }

    /// Starts an environment for an event. Where it cannot initialise, it is started once more, on the event's own time, as
    /// Lambda does.
    async fn start_initialised(
        &self,
        spec: &FunctionSpec,
        room: Room,
        request_id: &str,
    ) -> Result<(Lease, Init), Error> {
        let lease = self.start(spec, room, None).await?;
        let limit = self.options.init_time_max;
        let init = lease.environment.initialise(spec, Phase::Init, limit, request_id).await?;
        if init.has_succeeded() {
            self.pool.look_after(&lease.environment);
            return Ok((lease, init));
        }
        let (id, process) = (lease.environment.id.clone(), lease.environment.process());
        drop(lease);
        process.ended().await;
        let lease = self.start(spec, self.pool.room()?, Some(id)).await?;
        let limit = Duration::from_millis(spec.timeout_ms);
        let init = lease.environment.initialise(spec, Phase::Invoke, limit, request_id).await?;
        if init.has_succeeded() {
            self.pool.look_after(&lease.environment);
        }
        Ok((lease, init))
    }

    /// Returns whether its function initialised. Where it does not, it ends, and the next call meets that failure itself.
    async fn start_ahead(&self, spec: &FunctionSpec) -> Result<bool, Error> {
        let lease = self.start(spec, self.pool.room()?, None).await?;
        let limit = self.options.init_time_max;
        let init = lease.environment.initialise(spec, Phase::Init, limit, "").await?;
        let is_ready = init.has_succeeded();
        if is_ready {
            self.pool.look_after(&lease.environment);
            lease.give_back();
        }
        Ok(is_ready)
    }

    /// Waits until an environment has ended of those that are [kept](Self::keep).
    pub async fn missed(&self) {
        self.pool.missed().await;
    }

    /// How many environments of a function have initialised.
    pub fn count(&self, key: &str) -> usize {
        self.pool.count(key)
    }

    /// Ends the environments of a function whose code or configuration changed; requests at work are finished first.
    pub fn retire(&self, key: &str) {
        self.pool.retire(key);
    }

    /// Ends the environments of all functions; requests at work are finished first.
    pub fn retire_all(&self) {
        self.pool.retire_all();
    }

    /// Ends the environments of all functions likewise, and waits until extensions of those that were idle have heard of it.
    pub async fn take_leave(&self) {
        self.pool.retire_all();
        self.endings.close();
        self.endings.wait().await;
    }

    /// Kills all environments and waits until nothing of them is left. Invocations from now on fail.
    pub async fn shutdown(&self) {
        self.pool.close();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Control groups, as far as there are any. The first call makes what all functions share.
    async fn groups(&self) -> Option<Arc<Groups>> {
        let make = || async {
            let groups = tokio::task::spawn_blocking(Groups::make).await.ok()?;
            if let Some(missing) = groups.missing() {
                tracing::warn!("control groups do not hold functions here: no {missing}");
            }
            Some(Arc::new(groups))
        };
        self.groups.get_or_init(make).await.clone()
    }

    async fn start(&self, spec: &FunctionSpec, room: Room, id: Option<String>) -> Result<Lease, Error> {
        let interpreter = self.interpreter(spec.runtime).await?;
        let in_force = self.isolation().await;
        let sandboxed = in_force.isolation == Isolation::Namespaces;
        let must_be = self.options.isolation == Isolation::Namespaces || self.options.endpoint().is_some();
        if !sandboxed && must_be {
            return Err(Error::Sandbox(in_force.reason.clone()));
        }
        if sandboxed {
            let code_dir = (!spec.is_code_foreign).then_some(&spec.code_dir);
            for folder in [code_dir, spec.opt_dir.as_ref()].into_iter().flatten() {
                open_to_everyone(folder).map_err(Error::system(folder.display().to_string()))?;
            }
        }
        let (root, launcher) = (&self.options.root, &self.launcher);
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(|_| Error::ShuttingDown)?;
        let seat = Arc::new(seat);
        let host = Host {
            launcher,
            root,
            sandboxed,
            endpoint: self.options.endpoint(),
            groups: self.groups().await,
            sink: &self.options.logs,
            tasks: &self.tasks,
            endings: &self.endings,
            seat,
        };
        let environment = Environment::start(spec, interpreter.as_ref(), &host, id).await?;
        self.retiring
            .get_or_init(|| async {
                // Not tracked: it ends with the pool, and has nothing to finish.
                tokio::spawn(Pool::retire_idle(Arc::downgrade(&self.pool)));
            })
            .await;
        room.fill(environment)
    }
}

impl Drop for Runtime {
    fn drop(&mut self) {
        self.pool.close();
    }
}

/// Makes the work folder's parts, and empties what an earlier server that was killed left behind.
fn prepare(root: &Path) -> io::Result<PathBuf> {
    for part in ["bootstraps", "view", "tmp"] {
        fs::create_dir_all(root.join(part))?;
    }
    let root = root.canonicalize()?;
    for left in fs::read_dir(root.join("tmp"))? {
        let left = left?;
        if left.file_type()?.is_dir() {
            fs::remove_dir_all(left.path())
        } else {
            fs::remove_file(left.path())
        }?;
    }
    fs::write(root.join("bootstraps/bootstrap.py"), PYTHON_BOOTSTRAP)?;
    fs::write(root.join("bootstraps/bootstrap.mjs"), NODE_BOOTSTRAP)?;
    fs::write(root.join("bootstraps/bootstrap.rb"), RUBY_BOOTSTRAP)?;
    open_to_everyone(&root.join("bootstraps"))?;
    Ok(root)
}

/// A server that is root runs functions as a user who owns nothing: the folder (not what is in it) must let it in.
fn open_to_everyone(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const READ_AND_ENTER: u32 = 0o055;
    let mut permissions = fs::metadata(folder)?.permissions();
    if nix::unistd::geteuid().is_root() && permissions.mode() & READ_AND_ENTER != READ_AND_ENTER {
        permissions.set_mode(permissions.mode() | READ_AND_ENTER);
        fs::set_permissions(folder, permissions)?;
    }
    Ok(())
}
