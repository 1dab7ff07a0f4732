//! The launcher as the server sees it: started, held by its lifeline, waited for.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

use super::Tasks;
use crate::report::Exit;
use crate::sandbox::{ARGUMENT, Plan, Report};

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

/// A running launcher with its function. Dropping it kills both.
pub(crate) struct Process {
    pub(crate) pid: u32,
    lifeline: Mutex<Option<ChildStdin>>,
    end: watch::Receiver<Option<End>>,
}

impl Process {
    /// Starts the launcher and gives it its plan. `scratch` is removed when it has ended.
    pub(crate) async fn start(
        launcher: &Path,
        plan: &Plan,
        log: Stdio,
        scratch: Option<PathBuf>,
        tasks: Tasks<'_>,
    ) -> io::Result<Self> {
        let plan = serde_json::to_vec(plan)?;
        let length = u32::try_from(plan.len()).map_err(io::Error::other)?;
        let mut command = Command::new(launcher);
        command.arg(ARGUMENT).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.kill_on_drop(true).spawn()?;
        // The parent's copy of the log's writing end goes with the command; else the log would never end.
        drop(command);
        let (Some(mut lifeline), Some(reports), Some(pid)) =
            (child.stdin.take(), child.stdout.take(), child.id())
        else {
            return Err(io::Error::other("the launcher has no pipes"));
        };
        let (ended, end) = watch::channel(None);
        tasks.spawn(async move {
            let how = follow(child, reports).await;
            if let Some(scratch) = scratch {
                remove(&scratch).await;
            }
            ended.send_replace(Some(how));
        });
        let mut message = length.to_be_bytes().to_vec();
        message.extend_from_slice(&plan);
        // A launcher that ended before it had read everything has said why: its end tells.
        let _ = lifeline.write_all(&message).await;
        Ok(Self { pid, lifeline: Mutex::new(Some(lifeline)), end })
    }

    /// Kills the function and everything it started.
    pub(crate) fn kill(&self) {
        self.lifeline.lock().take();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Waits until everything of it is gone.
    pub(crate) async fn ended(&self) -> End {
        let mut end = self.end.clone();
        let how = end.wait_for(Option::is_some).await.ok().and_then(|how| how.clone());
        how.unwrap_or(End::Function(Exit::Signal(libc::SIGKILL)))
    }
}

async fn follow(mut child: Child, reports: ChildStdout) -> End {
    let mut lines = BufReader::new(reports.take(REPORTS_BYTES_MAX)).lines();
    let mut how = None;
    while let Ok(Some(line)) = lines.next_line().await {
        how = how.or(serde_json::from_str(&line).ok());
    }
    if let Err(error) = child.wait().await {
        tracing::warn!("a function's launcher could not be waited for: {error}");
    }
    match how {
        Some(Report::Ready) => End::Ready,
        Some(Report::SetUpFailed(reason)) => End::SetUpFailed(reason),
        Some(Report::ExecFailed(reason)) => End::ExecFailed(reason),
        Some(Report::Exited(status)) => End::Function(Exit::Status(status)),
        Some(Report::Signaled(signal)) => End::Function(Exit::Signal(signal)),
        // Whoever is killed from outside reports nothing.
        None => End::Function(Exit::Signal(libc::SIGKILL)),
    }
}

async fn remove(scratch: &Path) {
    if let Err(error) = tokio::fs::remove_dir_all(scratch).await
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!("{} could not be removed: {error}", scratch.display());
    }
}
