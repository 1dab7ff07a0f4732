//! One kept-alive HTTP/1.1 connection, as light as can be: the load must not cost more than the server.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context as _, Result, ensure};

/// What one read takes.
const READ_BYTES: usize = 16 * 1024;
/// What one takes of an answer that nobody keeps.
const DRAIN_BYTES: usize = 256 * 1024;

/// An open connection.
pub(crate) struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The server ends the connection after each answer.
    is_over: bool,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Result<Self> {
        Ok(Connection { address, stream: connect(address)?, buffer: Vec::new(), is_over: false })
    }

    /// Sends a request and gives the body of its answer, which must be a success.
    pub(crate) fn ask(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        let (head, body) = self.exchange(request)?;
        let is_success = head.starts_with("HTTP/1.1 2");
        ensure!(is_success, "{head}\n{}", String::from_utf8_lossy(&body));
        Ok(body)
    }

    /// Sends a request and gives the head and the body of its answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<(String, Vec<u8>)> {
        self.send(request)?;
        self.answer()
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, request: &[u8]) -> Result<()> {
        if self.is_over {
            (self.stream, self.is_over) = (connect(self.address)?, false);
        }
        Ok(self.stream.write_all(request)?)
    }

    /// The head and the body of the answer to what was sent.
    pub(crate) fn answer(&mut self) -> Result<(String, Vec<u8>)> {
        let (head, head_end, length) = self.head()?;
        while self.buffer.len() < head_end + length {
            self.read()?;
        }
        Ok((head, self.buffer[head_end..].to_vec()))
    }

    /// Sends a request and reads its answer, which must be a success, without keeping any of it. Gives its length.
    pub(crate) fn drain(&mut self, request: &[u8]) -> Result<usize> {
        self.send(request)?;
        let (head, head_end, length) = self.head()?;
        ensure!(head.starts_with("HTTP/1.1 2"), "{head}");
        let mut missing = length - (self.buffer.len() - head_end);
        self.buffer.resize(DRAIN_BYTES, 0);
        while missing > 0 {
            let count = self.stream.read(&mut self.buffer)?;
            ensure!(count > 0, "the server closed the connection");
            missing = missing.checked_sub(count).context("more came than was said")?;
        }
        Ok(length)
    }

    /// Reads a head. Gives it, where it ends among what was read, and the length of the body behind it.
    fn head(&mut self) -> Result<(String, usize, usize)> {
        self.buffer.clear();
        let head_end = loop {
            self.read()?;
            if let Some(at) = self.buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_end]).into_owned();
        let length = header(&head, "content-length").map_or(Ok(0), str::parse)?;
        self.is_over = header(&head, "connection").is_some_and(|how| how.eq_ignore_ascii_case("close"));
        Ok((head, head_end, length))
    }

    fn read(&mut self) -> Result<()> {
        let filled = self.buffer.len();
        self.buffer.resize(filled + READ_BYTES, 0);
        let count = self.stream.read(&mut self.buffer[filled..])?;
        self.buffer.truncate(filled + count);
        (count > 0).then_some(()).context("the server closed the connection")
    }
}

fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The value of a header.
pub(crate) fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// A request without a body.
pub(crate) fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").into_bytes()
}
