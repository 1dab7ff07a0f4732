//! The Cloudlet under demonstration, as a process. Its data and its log lie in one folder.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::{Child, Command};

/// The port that everybody tries first.
const PORT: u16 = 4566;
/// How long a start, or a stop, may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often the log of a server that starts is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A running server; it ends with this program unless it is left.
pub struct Server {
    program: PathBuf,
    folder: PathBuf,
    address: SocketAddr,
    process: Child,
    is_left: bool,
}

impl Server {
    /// Starts one, with its data in a new folder.
    pub async fn start(program: &Path, folder: &Path) -> Result<Self> {
        let port = if TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).is_ok() { PORT } else { 0 };
        let (process, address) = launch(program, folder, port).await?;
        Ok(Server { program: program.into(), folder: folder.into(), address, process, is_left: false })
    }

    /// `http://127.0.0.1:4566`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its process.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// SIGKILL: no time to save anything.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.process.kill().await?)
    }

    /// Starts it again, where it was.
    pub async fn restart(&mut self) -> Result<()> {
        (self.process, self.address) = launch(&self.program, &self.folder, self.address.port()).await?;
        Ok(())
    }

    /// SIGTERM, and waits.
    pub async fn stop(mut self) -> Result<()> {
        let id = self.process.id().context("the server is gone")?;
        kill(Pid::from_raw(id.try_into()?), Signal::SIGTERM)?;
        let status =
            tokio::time::timeout(PATIENCE, self.process.wait()).await.context("it does not stop")??;
        ensure!(status.success(), "the server stopped with {status}");
        Ok(())
    }

    /// Lets it run on after the end of this program.
    pub fn leave(mut self) {
        self.is_left = true;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.is_left {
            // It may have ended by itself.
            let _ = self.process.start_kill();
        }
    }
}

/// Starts a server on that port, or on any free one for 0, and waits until it says where it serves: somebody else's may answer
/// on that port.
async fn launch(program: &Path, folder: &Path, port: u16) -> Result<(Child, SocketAddr)> {
    let log_path = folder.join("cloudlet.log");
    let log = File::options().create(true).append(true).open(&log_path)?;
    let said_before = log.metadata()?.len();
    let mut process = Command::new(program)
        .args(["up", "--port", &port.to_string(), "--data"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        // Nobody who reads what this program prints should wait for the end of a server that is left running.
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let begun = Instant::now();
    loop {
        let has_ended = process.try_wait()?;
        let said = read_from(&log_path, said_before)?;
        if let Some(address) = said.lines().find_map(serving_at) {
            return Ok((process, address));
        }
        if let Some(status) = has_ended {
            bail!("the server did not start ({status}): {said}");
        }
        if begun.elapsed() > PATIENCE {
            process.kill().await?;
            bail!("the server does not start; see {}", log_path.display());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn read_from(path: &Path, position: u64) -> Result<String> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(position))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where the server serves, if that is what the line of its log says.
fn serving_at(line: &str) -> Option<SocketAddr> {
    let line: serde_json::Value = serde_json::from_str(line).ok()?;
    (line["message"] == "serving").then(|| line["address"].as_str()?.parse().ok())?
}
