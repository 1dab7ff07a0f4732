//! The start of an environment: its pipes, its Runtime API, its processes.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use parking_lot::Mutex;
use time::OffsetDateTime;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::api::{self, Apis, Desk};
use super::extensions::{self, Extensions, MEMBERS_MAX};
use super::lifeline::Lifeline;
use super::logs::Logs;
use super::named_pipe::NamedPipe;
use super::network::{Doors, Rest, Way};
use super::process::{Belongings, End, Process};
use super::telemetry::Telemetry;
use super::{Environment, Host, Tasks, plan};
use crate::interpreter::Interpreter;
use crate::options::Endpoint;
use crate::report;
use crate::sandbox::{Network, Plan};
use crate::{Error, FunctionSpec, LogSource};

/// What an environment has of the host before its processes start.
struct Site {
    id: String,
    /// The Runtime API's, where the network is the host's; else it is made inside.
    listener: Option<TcpListener>,
    network: Option<Network>,
    lifeline: Arc<Lifeline>,
    /// The launcher's end of that.
    input: Stdio,
    /// Of the Runtime API.
    address: String,
    source: LogSource,
    /// The temporary folder of a plain process.
    scratch: Option<PathBuf>,
    /// Where `sandbox.localdomain` is.
    sandbox: Ipv4Addr,
    /// External extensions.
    external: Vec<String>,
    /// Their named pipe.
    extensions_log: PathBuf,
}

impl Site {
    async fn make(spec: &FunctionSpec, host: &Host<'_>, id: Option<String>) -> Result<Self, Error> {
        let id = id.unwrap_or_else(|| uuid::Uuid::new_v4().simple().to_string());
        let (lifeline, input) = Lifeline::make().map_err(Error::system("the launcher's lifeline"))?;
        let network = host.endpoint.map(Network::with);
        let (listener, address) = match &network {
            Some(network) => (None, SocketAddr::from((Ipv4Addr::LOCALHOST, network.api))),
            None => listen().await.map_err(Error::system("the Runtime API's port"))?,
        };
        let source = log_source(spec, &id);
        let scratch = scratch(host, &id).map_err(Error::system("the function's folders"))?;
        // Nobody else is in a network of its own.
        let is_shared = host.sandboxed && network.is_none();
        let sandbox = if is_shared { loopback(&id) } else { Ipv4Addr::LOCALHOST };
        let external = extensions::find(spec.opt_dir.as_deref());
        // Its own even where another environment had the same id, whose pipe may not have gone yet.
        let extensions_log = host.root.join("tmp").join(format!("{}.log", uuid::Uuid::new_v4().simple()));
        let (lifeline, address) = (Arc::new(lifeline), address.to_string());
        Ok(Self {
            id,
            listener,
            network,
            lifeline,
            input,
            address,
            source,
            scratch,
            sandbox,
            external,
            extensions_log,
        })
    }

    fn plan(&self, spec: &FunctionSpec, interpreter: Option<&Interpreter>, host: &Host<'_>) -> Plan {
        let facts = plan::Facts {
            tmp: self.scratch.as_deref(),
            api: &self.address,
            log_stream: &self.source.log_stream,
            sandbox: self.sandbox,
            network: self.network.clone(),
            extensions: &self.external[..self.external.len().min(MEMBERS_MAX)],
            extensions_log: self.extensions_log.clone(),
        };
        plan::plan(spec, interpreter, host, facts)
    }

    /// How what listens in it is reached.
    fn way(&self) -> Way {
        match self.network {
            Some(_) => Way::Inside(self.lifeline.clone()),
            None => Way::Host(self.sandbox),
        }
    }

    /// The log: what reads it, what the function writes to, and what extensions do.
    fn log(
        &self,
        host: &Host<'_>,
        telemetry: &Arc<Telemetry>,
    ) -> Result<(Arc<Logs>, Stdio, Option<NamedPipe>), Error> {
        let (pipe, writer) = io::pipe().map_err(Error::system("the function's log"))?;
        let named = NamedPipe::make(&self.extensions_log, !self.external.is_empty());
        let (reader, named) = named.map_err(Error::system("the extensions' log"))?.unzip();
        let (sink, source) = (host.sink.clone(), self.source.clone());
        let logs = Logs::new(pipe.into(), reader, sink, source, telemetry.clone());
        Ok((Arc::new(logs.map_err(Error::system("the function's log"))?), Stdio::from(writer), named))
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
        let site = Site::make(spec, host, id).await?;
        let plan = site.plan(spec, interpreter, host);
        let telemetry = Arc::new(Telemetry::new(site.way(), spec.json_lines.is_some()));
        let (logs, log, named) = site.log(host, &telemetry)?;
        if is_first {
            let text = report::init_start(spec.runtime, &spec.region);
            logs.tell(spec.json_lines, Some(&text), || report::json::init_start(spec));
        }
        let (started, tasks) = (Instant::now(), Tasks::of(host));
        let extensions = Arc::new(Extensions::new(site.external));
        let lifeline = (site.lifeline.clone(), site.input);
        let belongings = belongings(spec, host, site.scratch);
        let process =
            Process::start(host.launcher, &plan, lifeline, log, belongings, &tasks, extensions.clone())
                .await
                .map_err(|error| Error::Sandbox(format!("{}: {error}", host.launcher.display())))?;
        let (listener, doors) = match site.listener {
            Some(listener) => (listener, None),
            None => take_doors(&site.lifeline, &process).await?,
        };
        let (process, desk) = (Arc::new(process), Arc::new(Desk::new()));
        if let Some(named) = named {
            begin(&tasks, named, extensions.clone(), process.clone());
        }
        let apis = Apis {
            desk: desk.clone(),
            extensions: extensions.clone(),
            telemetry: telemetry.clone(),
            logs: logs.clone(),
            facts: extensions::api::Facts::of(spec),
            json_lines: spec.json_lines,
            tasks: tasks.clone(),
        };
        let doors = doors.zip(host.endpoint.cloned());
        let api = serve(listener, doors, apis);
        Ok(Arc::new(Self {
            id: site.id,
            key: spec.key.clone(),
            started,
            desk,
            extensions,
            telemetry,
            process,
            logs,
            api,
            memory: Mutex::default(),
            retired: AtomicBool::new(false),
            freezer: Arc::default(),
            reason: Mutex::default(),
            tasks,
            sandboxed: host.sandboxed,
        }))
    }
}

impl Tasks {
    fn of(host: &Host<'_>) -> Self {
        let (tracker, endings) = (host.tasks.clone(), host.endings.clone());
        Self { tracker, endings, seat: Some(host.seat.clone()) }
    }
}

fn belongings(spec: &FunctionSpec, host: &Host<'_>, scratch: Option<PathBuf>) -> Belongings {
    Belongings { scratch, share: host.groups.clone().map(|groups| (groups, plan::share(spec))) }
}

async fn listen() -> io::Result<(Option<TcpListener>, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    Ok((Some(listener), address))
}

/// The server's sockets in a network that the launcher has just built.
async fn take_doors(lifeline: &Lifeline, process: &Process) -> Result<(TcpListener, Option<Rest>), Error> {
    match Doors::take(lifeline).await {
        Ok(doors) => {
            let (api, rest) = doors.split();
            Ok((api, Some(rest)))
        }
        Err(error) => {
            process.kill();
            Err(Error::Sandbox(match process.ended().await {
                End::SetUpFailed(reason) => reason,
                _ => format!("its network: {error}"),
            }))
        }
    }
}

/// Answers the processes, and reads what they write.
fn serve(listener: TcpListener, doors: Option<(Rest, Endpoint)>, apis: Apis) -> AbortHandle {
    let (tasks, logs) = (apis.tasks.clone(), apis.logs.clone());
    tasks.spawn(async move { logs.pump().await });
    let api = api::serve(listener, Arc::new(apis));
    let served = tasks.spawn(async move {
        match doors {
            Some((doors, endpoint)) => {
                tokio::join!(api, doors.serve(endpoint));
            }
            None => api.await,
        }
    });
    served.abort_handle()
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
