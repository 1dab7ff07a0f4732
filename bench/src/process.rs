//! A server under measurement: its start, its processor time, its memory.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::Signal;
use nix::time::{clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

use crate::connection::{Connection, get};
use crate::recording::Recording;

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// A server that uses a tenth of a processor for so long has nothing to do.
const REST: Duration = Duration::from_millis(100);

/// A running server; killed when dropped.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// From the start of the process to the answer to its first request.
    pub(crate) first_answer: Duration,
}

impl Server {
    /// Cloudlet, on a data folder.
    pub(crate) fn cloudlet(program: &Path, data: &Path) -> Result<Self> {
        let port = free_port()?;
        let mut command = Command::new(program);
        command.args(["up", "--port", &port.to_string(), "--durability", "crash", "--data"]).arg(data);
        Self::start(command, || Ok(Some(port)))
    }

    /// A server that somebody else wrote, on a port that it is told.
    pub(crate) fn peer(command: impl Fn(u16) -> Command) -> Result<Self> {
        let port = free_port()?;
        Self::start(command(port), || Ok(Some(port)))
    }

    /// The bare server: this very program.
    pub(crate) fn bare(folder: &Path) -> Result<Self> {
        let port_file = folder.join("port");
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare", "--port-file"]).arg(&port_file);
        Self::start(command, || Ok(fs::read_to_string(&port_file).ok().and_then(|port| port.parse().ok())))
    }

    fn start(mut command: Command, port: impl Fn() -> Result<Option<u16>>) -> Result<Self> {
        let begun = Instant::now();
        let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut server = Server { process: command.spawn()?, address: nowhere, first_answer: Duration::ZERO };
        loop {
            let is_running = server.process.try_wait()?.is_none();
            ensure!(is_running && begun.elapsed() < PATIENCE, "a server does not start");
            let address = port()?.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
            if let Some(address) = address.filter(|address| TcpStream::connect(address).is_ok()) {
                // Not every server knows this, but each says something.
                Connection::open(address)?.exchange(&get("/_cloudlet/health"))?;
                server.address = address;
                server.first_answer = begun.elapsed();
                return Ok(server);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Processor time that it has used, in user and in system mode.
    pub(crate) fn processor_s(&self) -> Result<f64> {
        let clock = clock_getcpuclockid(Pid::from_raw(i32::try_from(self.process.id())?))?;
        Ok(Duration::from(clock_gettime(clock)?).as_secs_f64())
    }

    /// Has perf record it until that is dropped.
    pub(crate) fn record(&self, file: &Path) -> Result<Recording> {
        Recording::start(self.process.id(), file)
    }

    /// Waits until it has nothing to do.
    pub(crate) fn rest(&self) -> Result<()> {
        let mut before_s = self.processor_s()?;
        loop {
            std::thread::sleep(REST);
            let now_s = self.processor_s()?;
            if now_s - before_s < REST.as_secs_f64() / 10.0 {
                return Ok(());
            }
            before_s = now_s;
        }
    }

    /// Ends it as an operator does, and waits for that.
    pub(crate) fn stop(mut self) -> Result<()> {
        nix::sys::signal::kill(Pid::from_raw(i32::try_from(self.process.id())?), Signal::SIGTERM)?;
        self.process.wait()?;
        Ok(())
    }

    /// Memory that it holds, in megabytes.
    pub(crate) fn resident_mb(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes =
            line.and_then(|line| line.split_whitespace().next()).context("/proc has another form")?;
        Ok(kilobytes.parse::<f64>()? / 1024.0)
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
