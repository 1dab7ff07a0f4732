//! The function that is invoked: answers each event with itself, over the Runtime API; a number, after so many milliseconds.

use std::io::{Cursor, Write as _};
use std::net::ToSocketAddrs as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use zip::write::SimpleFileOptions;

use crate::connection::{Connection, get, header};

/// This program as a deployment package.
pub(crate) fn package() -> Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("bootstrap", SimpleFileOptions::default().unix_permissions(0o755))?;
    archive.write_all(&std::fs::read(std::env::current_exe()?)?)?;
    Ok(archive.finish()?.into_inner())
}

/// Answers events until the environment ends.
pub(crate) fn serve(api: &str) -> Result<()> {
    let address = api.to_socket_addrs()?.next().context("the Runtime API has no address")?;
    let mut connection = Connection::open(address)?;
    loop {
        let (head, event) = connection.exchange(&get("/2018-06-01/runtime/invocation/next"))?;
        let id = header(&head, "lambda-runtime-aws-request-id").context("an event without an id")?;
        if let Some(held_ms) = str::from_utf8(&event).ok().and_then(|event| event.parse().ok()) {
            std::thread::sleep(Duration::from_millis(held_ms));
        }
        let mut answer = format!(
            "POST /2018-06-01/runtime/invocation/{id}/response HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
            event.len()
        )
        .into_bytes();
        answer.extend(event);
        connection.exchange(&answer)?;
    }
}
