//! How far functions can be kept apart here: tried out, once.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use super::Runtime;
use crate::environment::lifeline::Lifeline;
use crate::environment::process::{Belongings, End, Process};
use crate::environment::{Extensions, Tasks};
use crate::sandbox::{self, Limits, Plan, View};
use crate::{Error, InForce, Isolation, LogSink, LogSource, Network, Options};

impl Runtime {
    pub(super) async fn find_isolation(&self) -> InForce {
        let plain = |reason: String| InForce { isolation: Isolation::Plain, reason };
        if self.options.isolation == Isolation::Plain {
            return plain("functions run as plain processes, as configured".to_owned());
        }
        match self.try_sandbox().await {
            Ok(()) => InForce {
                isolation: Isolation::Namespaces,
                reason: match self.options.network {
                    Network::Host => "functions run in namespaces of their own; the network is the host's",
                    Network::None(_) => {
                        "functions run in namespaces of their own, with no network but the cloud"
                    }
                }
                .to_owned(),
            },
            Err(reason) => {
                tracing::warn!("functions cannot be sandboxed here: {reason}");
                plain(format!(
                    "functions run as plain processes: the sandbox is not possible here ({reason})"
                ))
            }
        }
    }

    /// Whether functions can have such a network here.
    ///
    /// # Errors
    /// Why they cannot.
    pub async fn check_network(root: PathBuf, network: Network) -> Result<(), Error> {
        let options = Options { network, ..Options::new(root, Arc::new(Nowhere)) };
        if options.endpoint().is_none() {
            return Ok(());
        }
        let runtime = Self::new(options)?;
        let InForce { isolation, reason } = runtime.isolation().await;
        let is_apart = *isolation == Isolation::Namespaces;
        is_apart.then_some(()).ok_or_else(|| Error::Sandbox(reason.clone()))
    }

    async fn try_sandbox(&self) -> Result<(), String> {
        let view = View {
            mount_point: self.options.root.join("view"),
            code_dir: None,
            is_code_foreign: false,
            opt_dir: None,
            runtime_dir: self.options.root.join("bootstraps"),
            shown: Vec::new(),
            tmp_mb: 1,
            sandbox: Ipv4Addr::LOCALHOST,
            has_own_names: false,
        };
        let limits = Limits { data_bytes: 1 << 30, file_bytes: 1 << 20, files: 64, processes: 64 };
        let network = self.options.endpoint().map(sandbox::Network::with);
        let plan = Plan { view: Some(view), network, command: None, extensions: None, limits };
        let (lifeline, input) = Lifeline::make().map_err(|error| error.to_string())?;
        let lifeline = (Arc::new(lifeline), input);
        let tasks = Tasks { tracker: self.tasks.clone(), endings: self.endings.clone(), seat: None };
        let nobody = Arc::new(Extensions::new(Vec::new()));
        let process = Process::start(
            &self.launcher,
            &plan,
            lifeline,
            Stdio::null(),
            Belongings::default(),
            &tasks,
            nobody,
        )
        .await;
        match process.map_err(|error| format!("{}: {error}", self.launcher.display()))?.ended().await {
            End::Ready => Ok(()),
            End::SetUpFailed(reason) => Err(reason),
            _ => Err(format!("{} is not a launcher", self.launcher.display())),
        }
    }
}

/// Where nothing is logged, because nothing runs.
struct Nowhere;

impl LogSink for Nowhere {
    fn line(&self, _: &LogSource, _: &[u8]) {}
}
