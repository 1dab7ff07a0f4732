//! The launcher as the server sees it: started, held by its lifeline, told what to do, waited for.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{ChildStdout, Command};
use tokio::sync::watch;

use super::Tasks;
use super::extensions::Extensions;
use super::lifeline::Lifeline;
use crate::groups::{Group, Groups, Share};
use crate::report::Exit;
use crate::sandbox::{ARGUMENT, Order, Plan, Report};

/// More than any launcher has to say.
const REPORTS_BYTES_MAX: u64 = 64 * 1024;

/// How a launcher ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End {
    /// It only tried the sandbox, and could set it up.
    Ready,
    SetUpFailed(String),
    ExecFailed(String),
    Function(Exit),
}

/// What a process has on the host.
#[derive(Default)]
pub(crate) struct Belongings {
    /// A temporary folder.
    pub(crate) scratch: Option<PathBuf>,
    /// What its control group is to be.
    pub(crate) share: Option<(Arc<Groups>, Share)>,
}

/// A running launcher with its function. Dropping it kills both.
pub(crate) struct Process {
    pub(crate) pid: u32,
    lifeline: Arc<Lifeline>,
    /// Of the function itself.
    function: watch::Receiver<Option<End>>,
    /// Everything of it is gone.
    gone: watch::Receiver<bool>,
}

impl Process {
    /// Starts the launcher and gives it its plan. `belongings` go when it has ended.
    pub(crate) async fn start(
        launcher: &Path,
        plan: &Plan,
        (lifeline, input): (Arc<Lifeline>, Stdio),
        log: Stdio,
        belongings: Belongings,
        tasks: &Tasks,
        extensions: Arc<Extensions>,
    ) -> io::Result<Self> {
        let plan = serde_json::to_vec(plan)?;
        let length = u32::try_from(plan.len()).map_err(io::Error::other)?;
        let mut command = Command::new(launcher);
        command.arg(ARGUMENT).env_clear().stdin(input).stdout(Stdio::piped()).stderr(log);
        let mut child = command.kill_on_drop(true).spawn()?;
        // The parent's copies of the launcher's ends go with the command; else neither would ever end.
        drop(command);
        let (Some(reports), Some(pid)) = (child.stdout.take(), child.id()) else {
            return Err(io::Error::other("the launcher has no pipes"));
        };
        // Not tracked: it ends with the task below.
        let group = tokio::spawn(belongings.group(pid));
        let ((ended, function), (left, gone)) = (watch::channel(None), watch::channel(false));
        tasks.spawn(async move {
            follow(reports, &ended, &extensions).await;
            // Until it has been waited for, its number is nobody else's.
            let group = group.await;
            if let Err(error) = child.wait().await {
                tracing::warn!("a function's launcher could not be waited for: {error}");
            }
            if let Some(scratch) = belongings.scratch {
                remove(&scratch).await;
            }
            // Whoever is killed from outside reports nothing.
            let killed = End::Function(Exit::Signal(libc::SIGKILL));
            ended.send_if_modified(|how| how.is_none() && how.replace(killed).is_none());
            left.send_replace(true);
            if let Ok(Some(group)) = group {
                group.remove().await;
            }
        });
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(&plan);
        // A launcher that ended before it had read everything has said why: its end tells.
        let _ = lifeline.send(&message).await;
        Ok(Self { pid, lifeline, function, gone })
    }

    /// Kills the function and everything it started.
    pub(crate) fn kill(&self) {
        self.lifeline.cut();
    }

    /// Starts the function, for which the launcher waits where there are extensions.
    pub(crate) fn start_function(&self) {
        self.lifeline.order(Order::Start);
    }

    /// Asks the function to end.
    pub(crate) fn terminate_function(&self) {
        self.lifeline.order(Order::Terminate);
    }

    /// Kills the function's first process; its extensions live on.
    pub(crate) fn kill_function(&self) {
        self.lifeline.order(Order::Kill);
    }

    pub(crate) fn function_has_ended(&self) -> bool {
        self.function.borrow().is_some()
    }

    /// Waits until the function has ended.
    pub(crate) async fn function_ended(&self) -> End {
        let mut function = self.function.clone();
        let how = function.wait_for(Option::is_some).await.ok().and_then(|how| how.clone());
        how.unwrap_or(End::Function(Exit::Signal(libc::SIGKILL)))
    }

    /// The same to wait for, without holding it.
    pub(crate) fn gone(&self) -> Gone {
        Gone(self.gone.clone())
    }

    /// Waits until everything of it is gone.
    pub(crate) async fn ended(&self) -> End {
        self.gone().wait().await;
        self.function_ended().await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Others may still hold the lifeline.
        self.kill();
    }
}

impl Belongings {
    /// A control group with this process in it. Without one it runs all the same.
    fn group(&self, process: u32) -> impl Future<Output = Option<Group>> + use<> {
        let share = self.share.clone();
        async move {
            let (groups, share) = share?;
            let made = tokio::task::spawn_blocking(move || groups.group(share, process)).await;
            let made = made.map_err(io::Error::other).flatten();
            made.inspect_err(|error| tracing::warn!("a function has no control group: {error}")).ok()
        }
    }
}

/// The end of a process.
#[derive(Clone)]
pub(crate) struct Gone(watch::Receiver<bool>);

impl Gone {
    pub(crate) async fn wait(mut self) {
        // The task that says so is never given up.
        let _ = self.0.wait_for(|gone| *gone).await;
    }
}

async fn follow(reports: ChildStdout, ended: &watch::Sender<Option<End>>, extensions: &Extensions) {
    let mut lines = BufReader::new(reports.take(REPORTS_BYTES_MAX)).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(report) = serde_json::from_str(&line) else { continue };
        let end = match report {
            Report::Ready => End::Ready,
            Report::SetUpFailed(reason) => End::SetUpFailed(reason),
            Report::ExecFailed(reason) => End::ExecFailed(reason),
            Report::Exited(status) => End::Function(Exit::Status(status)),
            Report::Signaled(signal) => End::Function(Exit::Signal(signal)),
            Report::ExtensionExited(status) => {
                extensions.ended(Exit::Status(status));
                continue;
            }
            Report::ExtensionSignaled(signal) => {
                extensions.ended(Exit::Signal(signal));
                continue;
            }
            Report::ExtensionFailed(reason) => {
                extensions.not_launched(reason);
                continue;
            }
        };
        // The first counts.
        ended.send_if_modified(|how| how.is_none() && how.replace(end).is_none());
    }
}

async fn remove(scratch: &Path) {
    if let Err(error) = tokio::fs::remove_dir_all(scratch).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("{} could not be removed: {error}", scratch.display());
    }
}
