//! `cloudlet status`: asks a running cloud what it offers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::cli::StatusFlags;

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The greatest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;

/// Prints the version and, for each service, how many operations it has.
pub(crate) fn run(flags: &StatusFlags) -> Result<()> {
    let address = SocketAddr::new(flags.listen, flags.port);
    let health = ask(address).with_context(|| format!("no cloud answers on {address}"))?;
    println!("cloudlet {} on http://{address}", health["version"].as_str().unwrap_or("of unknown version"));
    for (service, operations) in health["operations"].as_object().into_iter().flatten() {
        println!("  {service:<16} {} operations", operations.as_array().map_or(0, Vec::len));
    }
    Ok(())
}

/// One request of HTTP/1.0, whose answer ends with the connection.
fn ask(address: SocketAddr) -> Result<Value> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /_cloudlet/health HTTP/1.0\r\nhost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.take(ANSWER_BYTES_MAX).read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.split(' ').nth(1) == Some("200") => Ok(serde_json::from_str(body)?),
        Some((_, body)) if body.contains("MissingAuthenticationToken") => {
            bail!("from here it wants the root key; ask on the machine that it runs on")
        }
        _ => bail!("something else answers there"),
    }
}
