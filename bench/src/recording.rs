//! Where a server's processors are while a load runs, as `perf` sees it: for flame graphs.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Looks a second: often enough for the parts of a request, and no multiple of what the system does by the clock.
const LOOKS: &str = "499";
/// How much of a stack is kept, in bytes: futures in futures are deep.
const STACK: &str = "dwarf,24576";

/// Goes on until it is dropped.
pub(crate) struct Recording(Child);

impl Recording {
    /// Records into `file` what the process does from now on.
    pub(crate) fn start(process: u32, file: &Path) -> Result<Self> {
        let mut command = Command::new("perf");
        command.args(["record", "--quiet", "--event", "cpu-clock", "--freq", LOOKS, "--call-graph", STACK]);
        command.args([OsString::from("--pid"), process.to_string().into(), "--output".into(), file.into()]);
        let child = command.stdin(Stdio::null()).spawn().context("perf cannot be run")?;
        Ok(Recording(child))
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        // It completes its file when it is interrupted; where it has ended by itself, it has said why.
        if let Ok(process) = i32::try_from(self.0.id()) {
            let _ = kill(Pid::from_raw(process), Signal::SIGINT);
        }
        let _ = self.0.wait();
    }
}
