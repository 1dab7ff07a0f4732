//! The Cloudlet under demonstration, as a process. Its data and its log lie in one folder.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

/// The port that everybody tries first.
const PORT: u16 = 4566;
/// How long a start, or a stop, may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often a server that starts is asked whether it serves.
const ASK_EVERY: Duration = Duration::from_millis(5);

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
        let address = free_address()?;
        let process = launch(program, folder, address).await?;
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
        self.process = launch(&self.program, &self.folder, self.address).await?;
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

fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT));
    let listener = listener.or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(listener.local_addr()?)
}

async fn launch(program: &Path, folder: &Path, address: SocketAddr) -> Result<Child> {
    let log_path = folder.join("cloudlet.log");
    let mut process = Command::new(program)
        .args(["up", "--port", &address.port().to_string(), "--data"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        // Nobody who reads what this program prints should wait for the end of a server that is left running.
        .stdout(Stdio::null())
        .stderr(File::options().create(true).append(true).open(&log_path)?)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_err() {
        if let Some(status) = process.try_wait()? {
            bail!("the server did not start ({status}): {}", std::fs::read_to_string(&log_path)?);
        }
        ensure!(begun.elapsed() < PATIENCE, "the server does not start; see {}", log_path.display());
        tokio::time::sleep(ASK_EVERY).await;
    }
    Ok(process)
}
