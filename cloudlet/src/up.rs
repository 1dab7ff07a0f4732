//! `cloudlet up`: opens the data folder, starts the services, serves until a signal, and stops without loss.

use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use http_door::{Auth, Control, Door, Limits, Server, Tls};
use outgoing::Mailer;
use service::{Clock, Cloud, Credential, Everyone, Outside, Random, Workers};
use service_lambda::Hosting;
use store::{Durability, Store};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::UpFlags;
use crate::descriptors::Descriptors;
use crate::settings::{AuthSetting, DurabilitySetting, Settings, check_environment};
use crate::{descriptors, log, network, root_key, services};

/// Runs the cloud until it is told to stop.
pub(crate) fn run(flags: UpFlags) -> Result<()> {
    check_environment(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))?;
    let settings = Settings::gather(flags)?;
    log::start(&settings.log)?;
    let descriptors = descriptors::raise();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(serve(settings, descriptors));
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    outcome
}

async fn serve(settings: Settings, descriptors: Descriptors) -> Result<()> {
    let random = Random::default();
    let store = open_store(&settings)?;
    let (root, tls) = secrets(&settings, &random)?;
    // Without a data folder, what functions need on disk goes when the program does.
    let temporary = (settings.durability == DurabilitySetting::None).then(tempfile::tempdir).transpose()?;
    let work = temporary.as_ref().map_or(settings.data.as_path(), |folder| folder.path()).join("work");
    let is_secure = tls.is_some();
    let server = Server::bind(settings.address, tls)
        .await?
        .with_connections(descriptors.for_connections())
        .resting(log::thread_rests);
    let address = server.address()?;
    let endpoint: Arc<str> = format!("http://{}:{}", host_name(&settings), address.port()).into();
    let (network, server) =
        network::of_functions(settings.function_network, &work, address.port(), server).await?;
    let functions = Hosting {
        environments: descriptors.for_environments(&network),
        hot_reload: settings.hot_reload.clone(),
        runtimes: settings.runtimes.clone(),
        network,
    };
    put_root(&store, &root).with_context(|| format!("data folder {}", settings.data.display()))?;
    let cloud = Cloud::new(
        store,
        Clock::default(),
        random,
        root.secret_access_key.as_bytes(),
        Box::new(Everyone { is_enforced: settings.auth == AuthSetting::Enforce }),
        endpoint,
    )
    .with_outside(outside(&settings, is_secure, address.port())?)
    .open(services::with_settings(&work, &functions, &settings.of_services)?);
    cloud.upgrade().with_context(|| format!("data folder {}", settings.data.display()))?;
    let workers = Workers::start(&cloud);
    let door = door(&settings, &cloud, root);
    // Before anybody hears that it serves: whoever does may want it to stop at once.
    let stopped = stopped()?;
    tracing::info!(%address, data = %settings.data.display(), durability = ?settings.durability, auth = ?settings.auth, "serving");
    server.serve(Arc::new(door), stopped).await.context("no threads to serve with")?;
    cloud.directory().end(&cloud).await;
    drop(workers);
    cloud.store.close().context("the store could not be closed")?;
    tracing::info!("stopped");
    Ok(())
}

/// How this process meets the world.
fn outside(settings: &Settings, is_secure: bool, port: u16) -> Result<Outside> {
    let scheme = if is_secure { "https" } else { "http" };
    let secure_endpoint = format!("{scheme}://{}:{port}", host_name(settings)).into();
    let mailer = settings.smtp.as_deref().map(Mailer::new).transpose().context("the mail server's URL")?;
    Ok(Outside { mailer, ..Outside::at(secure_endpoint) })
}

fn open_store(settings: &Settings) -> Result<Store> {
    let durability = match settings.durability {
        DurabilitySetting::Crash => Durability::Crash,
        DurabilitySetting::Power => Durability::Power,
        DurabilitySetting::None => return Ok(Store::open(store::Options::memory())?),
    };
    let data = &settings.data;
    Store::open(store::Options::folder(data, durability))
        .with_context(|| format!("data folder {}", data.display()))
}

/// The root key and the certificate. Without a data folder the key is fresh and TLS needs given files.
fn secrets(settings: &Settings, random: &Random) -> Result<(Credential, Option<Arc<Tls>>)> {
    let in_memory = settings.durability == DurabilitySetting::None;
    let account = settings.scope.account;
    let root = match root_key::read(&settings.data, account)? {
        Some(root) => root,
        None if !in_memory => root_key::make_and_keep(&settings.data, account, random)?,
        None if settings.auth == AuthSetting::Open => root_key::make(account, random),
        None => bail!(
            "nobody would know the root key of a cloud in memory: put one into {}",
            root_key::file(&settings.data).display()
        ),
    };
    let tls = match &settings.tls_files {
        Some((certificate, key)) => Some(Tls::from_files(certificate, key)?),
        None if in_memory => None,
        None => Some(Tls::self_made(&settings.data)?),
    };
    Ok((root, tls.map(Arc::new)))
}

fn put_root(store: &Store, root: &Credential) -> Result<(), store::Error> {
    store.transact_now(|transaction| root.put(transaction))
}

fn door(settings: &Settings, cloud: &Arc<Cloud>, root: Credential) -> Door {
    let auth = match settings.auth {
        AuthSetting::Open => Auth::Open { default: settings.scope },
        AuthSetting::Enforce => Auth::Enforce { default: settings.scope },
    };
    let control = Control {
        cloud: Arc::clone(cloud),
        after_reset: Box::new(move |cloud| put_root(&cloud.store, &root)),
    };
    Door::new(control, auth, Limits::default())
}

/// The name by which clients on this machine reach the address.
fn host_name(settings: &Settings) -> String {
    let ip = settings.address.ip();
    if ip.is_loopback() || ip.is_unspecified() { "localhost".to_owned() } else { ip.to_string() }
}

/// Completes at SIGTERM or Ctrl-C.
fn stopped() -> Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
