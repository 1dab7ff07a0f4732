//! Receives a request's body, within limits of patience: whole and within a limit of size, or as it comes.

use std::io::Read as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use hyper::body::{Body as _, Incoming};
use tokio::time::Sleep;
use wire::Fault;

/// How long a client may pause between two pieces of a body.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How slow a client may be on the whole, in bytes a second: one that drips would hold its connection for days.
const RATE_MIN: u64 = 4096;

/// A body that is on its way. A client that asked whether it may send it (`Expect: 100-continue`) hears yes at the first look.
pub(crate) struct Receiver {
    incoming: Incoming,
    received: u64,
    /// How long the client was waited for, before it is waited for now.
    waited: Duration,
    /// Since when it is waited for now, and what rings when that is too long.
    wait: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl Receiver {
    pub(crate) fn new(incoming: Incoming) -> Self {
        Receiver { incoming, received: 0, waited: Duration::ZERO, wait: None }
    }

    /// How many bytes came so far.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// How many bytes are still to come, at least.
    pub(crate) fn left(&self) -> u64 {
        self.incoming.size_hint().lower()
    }

    /// The next bytes; nothing at the end.
    ///
    /// # Errors
    /// 408 when the client is too slow; 400 when the body breaks off.
    pub(crate) fn poll_data(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        // A body of a known length is known to have ended.
        while !self.incoming.is_end_stream() {
            let frame = match Pin::new(&mut self.incoming).poll_frame(context) {
                Poll::Ready(Some(frame)) => frame,
                Poll::Ready(None) => break,
                Poll::Pending => return self.poll_wait(context).map(|()| Some(Err(too_slow()))),
            };
            self.waited += self.wait.take().map_or(Duration::ZERO, |(begun, _)| begun.elapsed());
            let Ok(frame) = frame else {
                return Poll::Ready(Some(Err(broken(
                    "You did not provide the number of bytes specified by the Content-Length HTTP header",
                ))));
            };
            if let Ok(data) = frame.into_data() {
                self.received += data.len() as u64;
                return Poll::Ready(Some(Ok(data)));
            }
        }
        Poll::Ready(None)
    }

    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let patience = patience(self.waited, self.received);
        let begin = || (Instant::now(), Box::pin(tokio::time::sleep(patience)));
        self.wait.get_or_insert_with(begin).1.as_mut().poll(context)
    }

    /// The next bytes, as above.
    async fn data(&mut self) -> Result<Option<Bytes>, Fault> {
        std::future::poll_fn(|context| self.poll_data(context)).await.transpose()
    }
}

/// Reads the body whole, and unpacks it when the client sent it with `Content-Encoding: gzip`.
///
/// # Errors
/// Those of [`Receiver::poll_data`]; 413 when it is larger than `bytes_max`, packed or unpacked.
pub(crate) async fn read(headers: &HeaderMap, body: Receiver, bytes_max: usize) -> Result<Bytes, Fault> {
    if body.left() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let packed = collect(body, bytes_max).await?;
    if is_gzip(headers) { unpack(&packed, bytes_max) } else { Ok(packed) }
}

async fn collect(mut body: Receiver, bytes_max: usize) -> Result<Bytes, Fault> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    while let Some(data) = body.data().await? {
        if body.received > bytes_max as u64 {
            return Err(too_large(bytes_max));
        }
        if first.is_empty() {
            first = data;
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&data);
        }
    }
    // Most bodies come in one piece, which is then not copied.
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Reads what is left of a body, and forgets it, so that a client that sends before it listens hears the answer. Whoever
/// sends more than `bytes_max` finds the connection closed.
pub(crate) async fn forget(body: &mut Receiver, bytes_max: u64) {
    let enough = body.received.saturating_add(bytes_max);
    // Nobody is told what is wrong with a body that nobody wants.
    while body.left() <= bytes_max && body.received <= enough && matches!(body.data().await, Ok(Some(_))) {}
}

/// How long to wait for the next piece of a body that was waited for so long, and of which so much is here.
fn patience(waited: Duration, received: u64) -> Duration {
    let allowed = PAUSE_MAX + Duration::from_secs(received / RATE_MIN);
    allowed.saturating_sub(waited).min(PAUSE_MAX)
}

fn is_gzip(headers: &HeaderMap) -> bool {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    encodings.flat_map(|value| value.split(',')).any(|encoding| encoding.trim().eq_ignore_ascii_case("gzip"))
}

fn unpack(packed: &[u8], bytes_max: usize) -> Result<Bytes, Fault> {
    let mut unpacked = Vec::new();
    let mut reader = flate2::read::MultiGzDecoder::new(packed).take(bytes_max as u64 + 1);
    reader.read_to_end(&mut unpacked).map_err(|_| broken("The request body is not valid gzip."))?;
    if unpacked.len() > bytes_max { Err(too_large(bytes_max)) } else { Ok(unpacked.into()) }
}

fn too_large(bytes_max: usize) -> Fault {
    let message = format!("Request must be smaller than {bytes_max} bytes.");
    Fault::new("RequestEntityTooLargeException", 413, message)
}

fn too_slow() -> Fault {
    Fault::new("RequestTimeout", 408, "The request body was not read within the timeout period.")
}

fn broken(message: &str) -> Fault {
    Fault::new("IncompleteBody", 400, message)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_client_may_be_slow_and_may_not_drip() {
        let patience = |seconds, received| patience(Duration::from_secs(seconds), received);
        assert_eq!(patience(0, 0), PAUSE_MAX);
        assert_eq!(patience(31, 100), Duration::ZERO);
        assert_eq!(patience(31, RATE_MIN * 11), Duration::from_secs(10));
        assert_eq!(patience(600, 70 << 20), PAUSE_MAX);
    }

    #[test]
    fn a_gzip_bomb_is_refused_at_the_limit() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(&vec![0; 1_000_000]).unwrap();
        let packed = packer.finish().unwrap();
        assert_eq!(unpack(&packed, 1_000_000).unwrap().len(), 1_000_000);
        assert_eq!(unpack(&packed, 999_999).unwrap_err().status, 413);
        assert_eq!(unpack(b"no gzip at all", 1000).unwrap_err().status, 400);
    }
}
