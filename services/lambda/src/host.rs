//! Runs functions: unpacks their packages, gives them credentials of their role, hands events to the runtime.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use runtime::{FunctionSpec, Invocation, Network, Outcome, Piece, Runtime, RuntimeKind};
use service::{Caller, Cloud, Context, Credential, Principal, PrincipalRecord, Result};
use tokio::sync::{OnceCell, mpsc};

use crate::concurrency::AtWork;
use crate::function::Function;
use crate::hot_reload::{self, HotReload};
use crate::keys::{self, Id};
use crate::name::Name;
use crate::output::Output;
use crate::package::{self, Stored};
use crate::settings::Levels;
use crate::{errors, recursion, role, session, unpacked};

/// Credentials that hold no longer than this are replaced, and their environments with them.
const CREDENTIALS_REST_MS: i64 = 3_600_000;

/// How long a stop waits for extensions, which have two seconds themselves.
const LEAVE_MAX: Duration = Duration::from_secs(3);

/// The setting by which functions are made whose interpreter is not here (yet); their invocations fail.
pub(crate) const ACCEPT_MISSING: &str = "accept-missing-interpreters";

/// One call of a function.
pub(crate) struct Call {
    pub(crate) request_id: String,
    pub(crate) payload: Bytes,
    pub(crate) client_context: Option<String>,
    /// Takes the answer as it comes.
    pub(crate) pieces: Option<mpsc::Sender<Piece>>,
}

impl Call {
    pub(crate) fn of(request_id: &str, payload: Bytes) -> Self {
        Call { request_id: request_id.to_owned(), payload, client_context: None, pieces: None }
    }
}

/// What functions have of this machine.
#[derive(Clone, Default)]
pub struct Hosting {
    /// For how many of their environments at once the system has room.
    pub environments: usize,
    /// The folder below which folders may be functions.
    pub hot_reload: Option<PathBuf>,
    /// The folder of interpreters that were installed for them.
    pub runtimes: Option<PathBuf>,
    /// What they reach.
    pub network: Network,
}

/// Where functions run.
pub(crate) struct Host {
    work: PathBuf,
    /// For how many environments at once the system has room.
    room: usize,
    /// Interpreters that were installed for functions.
    runtimes: Option<PathBuf>,
    network: Network,
    /// What functions print.
    pub(crate) output: Arc<Output>,
    /// Functions that are folders.
    pub(crate) hot: HotReload,
    /// Started by the first invocation.
    runtime: OnceCell<Runtime>,
    /// The credentials of a function's environments, by their key.
    credentials: Mutex<HashMap<String, Credential>>,
    /// One package is unpacked at a time.
    unpacking: tokio::sync::Mutex<()>,
    at_work: Arc<AtWork>,
}

impl Host {
    pub(crate) fn new(work: PathBuf, hosting: Hosting) -> Self {
        Host {
            work,
            room: hosting.environments,
            runtimes: hosting.runtimes,
            network: hosting.network,
            output: Arc::new(Output::new()),
            hot: HotReload::below(hosting.hot_reload),
            runtime: OnceCell::new(),
            credentials: Mutex::default(),
            unpacking: tokio::sync::Mutex::default(),
            at_work: Arc::default(),
        }
    }

    /// Refuses a runtime of the past, and one for which this machine has no interpreter.
    pub(crate) async fn check_runtime(&self, context: &Context, runtime: &str) -> Result<()> {
        let kind: RuntimeKind = runtime.parse().map_err(|_| errors::of_the_past(runtime))?;
        let found = self.runtime(&context.cloud).await?.check(kind).await;
        match found {
            Err(error) if context.cloud.setting("lambda", ACCEPT_MISSING) != 0 => {
                tracing::warn!(%error, "functions of {kind} cannot run yet");
                Ok(())
            }
            found => Ok(found.map_err(|error| errors::invalid(error.to_string()))?),
        }
    }

    /// How many environments of a version are there.
    pub(crate) fn ready(&self, function: &Function) -> usize {
        let credential = self.credentials.lock().get(&function.environment_key()).cloned();
        let counted = self.runtime.get().zip(credential);
        counted.map_or(0, |(runtime, credential)| runtime.count(&key_of(function, &credential)))
    }

    /// Keeps so many environments of versions, and no more of others than are called for.
    pub(crate) async fn keep(&self, cloud: &Arc<Cloud>, wanted: &[(Function, u32)]) {
        if wanted.is_empty() && self.runtime.get().is_none() {
            return;
        }
        if let Err(error) = self.try_to_keep(cloud, wanted).await {
            tracing::warn!(%error, "provisioned environments could not be started");
        }
    }

    /// Waits until an environment has ended of those that are kept.
    pub(crate) async fn missed(&self) {
        match self.runtime.get() {
            Some(runtime) => runtime.missed().await,
            None => std::future::pending().await,
        }
    }

    async fn try_to_keep(&self, cloud: &Arc<Cloud>, wanted: &[(Function, u32)]) -> Result<()> {
        let runtime = self.runtime(cloud).await?;
        let mut specs = Vec::new();
        for (function, count) in wanted {
            let context = cloud.context_of("lambda", function.scope);
            match self.spec(&context, function).await {
                Ok(spec) => specs.push((spec, *count as usize)),
                Err(error) => {
                    tracing::warn!(%error, function = function.name, "it cannot be started in advance")
                }
            }
        }
        runtime.keep(&specs).await;
        Ok(())
    }

    /// Runs a version of a function once, which was invoked by that name.
    pub(crate) async fn run(
        &self,
        context: &Context,
        function: &Function,
        invoked: &Name,
        call: Call,
    ) -> Result<Outcome> {
        let trace_id = Some(recursion::enter(context, function)?);
        let _turn = self.at_work.admit(&*context.view(), function)?;
        let spec = self.spec(context, function).await?;
        let invocation = Invocation {
            request_id: call.request_id,
            payload: call.payload,
            function_arn: invoked.qualified_arn().to_string(),
            client_context: call.client_context,
            trace_id,
            pieces: call.pieces,
            ..Invocation::default()
        };
        let outcome = self.runtime(&context.cloud).await?.invoke(&spec, invocation).await;
        Ok(outcome.map_err(|error| errors::of_runtime(&error))?)
    }

    /// What the function's role does, in its own name.
    pub(crate) async fn in_role(&self, context: &Context, function: &Function) -> Result<Context> {
        let Credential { principal, access_key_id, .. } = self.credential(context, function).await?;
        let PrincipalRecord { kind, arn, id, role } = principal;
        let principal = Principal { kind, arn, id, access_key_id: Some(access_key_id), role };
        let caller = Caller {
            scope: function.scope,
            principal: Arc::new(principal),
            source: None,
            source_ip: None,
            ..Caller::clone(&context.caller)
        };
        Ok(Context { caller: Arc::new(caller), cloud: Arc::clone(&context.cloud) })
    }

    /// Ends the environments of a revision.
    pub(crate) fn forget(&self, function: &Function) {
        let credential = self.credentials.lock().remove(&function.environment_key());
        if let (Some(credential), Some(runtime)) = (credential, self.runtime.get()) {
            self.retire(runtime, &key_of(function, &credential));
        }
    }

    fn retire(&self, runtime: &Runtime, key: &str) {
        runtime.retire(key);
        if let Some(key) = self.hot.forget(key) {
            runtime.retire(&key);
        }
    }

    /// Ends the environments of functions that a reset of the cloud has taken away.
    pub(crate) async fn follow_resets(self: Arc<Self>, cloud: Arc<Cloud>) -> Result<()> {
        // Nothing signals this key but a reset.
        let mut reset = cloud.store.watch(keys::environments());
        loop {
            reset.changed().await;
            self.credentials.lock().clear();
            self.hot.forget_all();
            if let Some(runtime) = self.runtime.get() {
                runtime.retire_all();
            }
        }
    }

    /// The process stops: extensions hear of it. What is at work then dies with the process, and events of it are run again.
    pub(crate) async fn take_leave(self: Arc<Self>) -> Result<()> {
        let Some(runtime) = self.runtime.get() else { return Ok(()) };
        if tokio::time::timeout(LEAVE_MAX, runtime.take_leave()).await.is_err() {
            tracing::warn!("extensions have not ended in time");
        }
        Ok(())
    }

    /// Where functions reach the cloud.
    fn endpoint(&self, cloud: &Cloud) -> String {
        match &self.network {
            Network::Host => cloud.endpoint.to_string(),
            // Whatever this machine's addresses are, theirs is loopback.
            Network::None(endpoint) => format!("http://localhost:{}", endpoint.port),
        }
    }

    async fn runtime(&self, cloud: &Cloud) -> Result<&Runtime> {
        let started = self.runtime.get_or_try_init(|| async {
            self.sweep(cloud).await;
            let mut options =
                runtime::Options::new(self.work.join("environments"), Arc::<Output>::clone(&self.output));
            // Closer to what an engineer expects of a laptop than a refusal.
            options.interpreter_fallback = true;
            options.room = self.room;
            options.packs = self.runtimes.clone();
            options.network = self.network.clone();
            Runtime::new(options)
        });
        Ok(started.await.map_err(|error| errors::of_runtime(&error))?)
    }

    /// Removes what was unpacked of packages that have gone, before anything runs: later somebody might be at work in it.
    async fn sweep(&self, cloud: &Cloud) {
        let _one_at_a_time = self.unpacking.lock().await;
        for kind in ["packages", "layers"] {
            if let Err(error) = unpacked::sweep(&self.work.join(kind), &cloud.store.snapshot()) {
                tracing::warn!(%error, kind, "unpacked packages could not be swept");
            }
        }
    }

    async fn spec(&self, context: &Context, function: &Function) -> Result<FunctionSpec> {
        let folder = function.package.folder.as_deref();
        let code_dir = match folder {
            Some(folder) => self.hot.folder(folder)?,
            None => self.unpacked(context, "packages", &[&function.package]).await?,
        };
        let layers: Vec<&Stored> = function.layers.iter().map(|layer| &layer.package).collect();
        let opt_dir = match layers.is_empty() {
            true => None,
            false => Some(self.unpacked(context, "layers", &layers).await?),
        };
        let credential = self.credential(context, function).await?;
        let runtime = function.runtime.parse();
        let key = key_of(function, &credential);
        let key = if folder.is_some() { self.key_of_folder(key, &code_dir).await? } else { key };
        Ok(FunctionSpec {
            key,
            function_name: function.name.clone(),
            version: function.version_text(),
            account: function.scope.account.to_string(),
            region: function.scope.region.as_str().to_owned(),
            code_dir,
            is_code_foreign: folder.is_some(),
            opt_dir,
            handler: function.handler.clone(),
            runtime: runtime.map_err(|_| errors::of_the_past(&function.runtime))?,
            memory_mb: function.memory_mb.unsigned_abs(),
            timeout_ms: u64::from(function.timeout_s.unsigned_abs()) * 1000,
            tmp_mb: function.tmp_mb.unsigned_abs(),
            environment: session::variables(function, credential, self.endpoint(&context.cloud)),
            log_group: function.log_group(),
            json_lines: function.settings.json_levels.as_ref().map(Levels::system),
            starts_ahead: false,
        })
    }

    /// Environments share the state of a folder, too; those of an earlier state end.
    async fn key_of_folder(&self, key: String, folder: &Path) -> Result<String> {
        let unreadable = |error: String| {
            tracing::warn!(error, folder = %folder.display(), "a function's folder could not be read");
            api_lambda::error::service_exception(format!("The function's folder could not be read: {error}"))
        };
        let looked_at = folder.to_owned();
        let state = tokio::task::spawn_blocking(move || hot_reload::state(&looked_at)).await;
        let state = state.map_err(|error| unreadable(error.to_string()))?;
        let state = state.map_err(|error| unreadable(error.to_string()))?;
        let (key, old) = self.hot.key(&key, state);
        if let Some((old, runtime)) = old.zip(self.runtime.get()) {
            runtime.retire(&old);
        }
        Ok(key)
    }

    /// The folder with the files of packages, one over the other.
    async fn unpacked(&self, context: &Context, kind: &str, packages: &[&Stored]) -> Result<PathBuf> {
        let ids: Vec<Id> = packages.iter().map(|package| package.id).collect();
        let folder = self.work.join(kind).join(unpacked::folder(&ids));
        if folder.is_dir() {
            return Ok(folder);
        }
        let _one_at_a_time = self.unpacking.lock().await;
        if folder.is_dir() {
            return Ok(folder);
        }
        let zip = |package: &&Stored| package::Reader::new(context.cloud.store.snapshot(), package);
        let (zips, target) = (packages.iter().map(zip).collect(), folder.clone());
        let unpacked = tokio::task::spawn_blocking(move || unpacked::unpack(zips, &target)).await;
        match unpacked {
            Ok(Ok(())) => Ok(folder),
            failed => {
                tracing::error!(?failed, folder = %folder.display(), "a package could not be unpacked");
                Err(api_lambda::error::service_exception("The function's package could not be unpacked.")
                    .into())
            }
        }
    }

    /// Credentials of the function's role, fresh enough for an environment.
    async fn credential(&self, context: &Context, function: &Function) -> Result<Credential> {
        let key = function.environment_key();
        let enough_ms = context.now().millis() + CREDENTIALS_REST_MS;
        let known = self.credentials.lock().get(&key).cloned();
        if let Some(known) =
            known.filter(|known| known.expires_ms.is_some_and(|expires_ms| expires_ms > enough_ms))
        {
            return Ok(known);
        }
        let old = self.credentials.lock().remove(&key);
        let role = role::find(context, &function.role).await?;
        let fresh = session::of_role(context, function, role.map(|role| role.role_id));
        context.transact(|tx| Ok(fresh.put(tx)?)).await?;
        // Of several calls that came at once, all take those of the first.
        let fresh = self.credentials.lock().entry(key).or_insert(fresh).clone();
        if let Some((old, runtime)) = old.zip(self.runtime.get()) {
            self.retire(runtime, &key_of(function, &old));
            // As many as are to be there in advance are started anew.
            let signalled = context.transact(|tx| {
                tx.signal(keys::all_provisioned());
                Ok(())
            });
            signalled.await?;
        }
        Ok(fresh)
    }
}

/// Environments share code, configuration and credentials.
fn key_of(function: &Function, credential: &Credential) -> String {
    format!("{}+{}", function.environment_key(), credential.access_key_id)
}
