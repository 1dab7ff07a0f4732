//! Reads a request's body whole, within limits of size and of patience.

use std::io::Read as _;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt as _;
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use wire::Fault;

/// How long a client may pause between two pieces of a body.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How slow a client may be on the whole, in bytes a second: one that drips would hold its connection for days.
const RATE_MIN: usize = 4096;

/// Reads the body, and unpacks it when the client sent it with `Content-Encoding: gzip`.
///
/// # Errors
/// 413 when it is larger than `bytes_max`, packed or unpacked; 408 when the client is too slow; 400 when it breaks off.
pub(crate) async fn read(headers: &HeaderMap, body: Incoming, bytes_max: usize) -> Result<Bytes, Fault> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let packed = collect(body, bytes_max).await?;
    if is_gzip(headers) { unpack(&packed, bytes_max) } else { Ok(packed) }
}

async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, Fault> {
    let mut first = Bytes::new();
    let mut rest = BytesMut::new();
    let mut begun = None;
    // A body of a known length is known to have ended.
    while !body.is_end_stream() {
        let frame = match body.frame().now_or_never() {
            // Most bodies come with their head: nobody waits.
            Some(frame) => frame,
            None => {
                let begun = *begun.get_or_insert_with(Instant::now);
                let patience = patience(begun, first.len() + rest.len());
                tokio::time::timeout(patience, body.frame()).await.map_err(|_| too_slow())?
            }
        };
        let Some(frame) = frame else { break };
        let Ok(data) = frame.map_err(|_| broken("The request body ended early."))?.into_data() else {
            continue;
        };
        if first.len() + rest.len() + data.len() > bytes_max {
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

/// How long to wait for the next piece of a body that began then, and of which so much is here.
fn patience(begun: Instant, received: usize) -> Duration {
    let allowed = PAUSE_MAX + Duration::from_secs((received / RATE_MIN) as u64);
    allowed.saturating_sub(begun.elapsed()).min(PAUSE_MAX)
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
        let begun = |seconds| Instant::now().checked_sub(Duration::from_secs(seconds)).unwrap();
        assert_eq!(patience(begun(0), 0).as_secs_f32().ceil(), 30.0);
        assert_eq!(patience(begun(31), 100), Duration::ZERO);
        assert_eq!(patience(begun(600), 70 << 20), PAUSE_MAX);
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
