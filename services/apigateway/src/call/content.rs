//! Bodies as text and as bytes, as integrations, clients and the API's binary types want them; and their compression.

use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::read::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use http::{HeaderMap, header};

use super::refusal::{Refusal, Refused};
use super::request::Call;

/// The most bytes of a body.
pub(crate) const BODY_MAX: usize = 10 << 20;

pub(crate) fn base64(body: &[u8]) -> String {
    STANDARD.encode(body)
}

/// A body as its content handling wants it.
pub(crate) fn handled(body: Bytes, handling: Option<&str>, is_binary: bool) -> Refused<Bytes> {
    match handling {
        Some("CONVERT_TO_TEXT") if is_binary => Ok(base64(&body).into()),
        Some("CONVERT_TO_BINARY") if !is_binary => {
            STANDARD.decode(body.trim_ascii()).map(Bytes::from).map_err(|_| Refusal::internal())
        }
        _ => Ok(body),
    }
}

/// Whether a client takes bytes: the first type that it accepts is one of the API's binary types.
pub(crate) fn accepts_binary(call: &Call) -> bool {
    call.api.is_binary(call.header("accept").unwrap_or_default())
}

/// The body of a request as its client wrote it, before it was compressed.
pub(crate) fn unpacked(headers: &HeaderMap, body: &Bytes) -> Refused<Option<Bytes>> {
    let encoding = headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let mut unpacked = Vec::new();
    let limit = (BODY_MAX + 1) as u64;
    let read = match encoding {
        Some("gzip") => GzDecoder::new(&body[..]).take(limit).read_to_end(&mut unpacked),
        Some("deflate") => ZlibDecoder::new(&body[..]).take(limit).read_to_end(&mut unpacked),
        _ => return Ok(None),
    };
    match read {
        Ok(length) if length > BODY_MAX => Err(Refusal::new("REQUEST_TOO_LARGE", "Request Too Long")),
        Ok(_) => Ok(Some(unpacked.into())),
        Err(_) => Err(Refusal::new("BAD_REQUEST_BODY", "Invalid request body")),
    }
}

/// Compresses a body that is long enough, for a client that takes it so.
pub(crate) fn packed(call: &Call, headers: &mut HeaderMap, body: Bytes) -> Bytes {
    let Some(minimum) = call.api.api.minimum_compression_size else { return body };
    let is_long = usize::try_from(minimum).is_ok_and(|minimum| body.len() >= minimum) && !body.is_empty();
    if !is_long || headers.contains_key(header::CONTENT_ENCODING) {
        return body;
    }
    let accepted = call.header("accept-encoding").unwrap_or_default().to_ascii_lowercase();
    let offers =
        |name: &str| accepted.split(',').any(|offer| offer.split(';').next().map(str::trim) == Some(name));
    let (name, packed) = match (offers("gzip") || offers("*"), offers("deflate")) {
        (true, _) => ("gzip", gzip(&body)),
        (false, true) => ("deflate", deflate(&body)),
        _ => return body,
    };
    let Ok(packed) = packed else { return body };
    super::mapping::set_header(headers, "content-encoding", name);
    packed.into()
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

fn deflate(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back() {
        let body = Bytes::from(vec![b'a'; 100_000]);
        for (name, packed) in [("gzip", gzip(&body)), ("deflate", deflate(&body))] {
            let packed = Bytes::from(packed.unwrap());
            assert!(packed.len() < 1000);
            let mut headers = HeaderMap::new();
            super::super::mapping::set_header(&mut headers, "content-encoding", name);
            assert_eq!(unpacked(&headers, &packed).unwrap().unwrap(), body);
            assert!(unpacked(&headers, &Bytes::from_static(b"nonsense")).is_err());
        }
        let bomb = Bytes::from(gzip(&vec![0; BODY_MAX + 1]).unwrap());
        let headers = HeaderMap::from_iter([(header::CONTENT_ENCODING, "gzip".parse().unwrap())]);
        assert_eq!(unpacked(&headers, &bomb).unwrap_err().kind, "REQUEST_TOO_LARGE");
    }

    #[test]
    fn texts_become_bytes_and_bytes_texts() {
        let body = Bytes::from_static(b"hi");
        assert_eq!(handled(body.clone(), Some("CONVERT_TO_TEXT"), true).unwrap(), "aGk=");
        assert_eq!(handled(body.clone(), Some("CONVERT_TO_TEXT"), false).unwrap(), "hi");
        assert_eq!(handled(Bytes::from_static(b"aGk=\n"), Some("CONVERT_TO_BINARY"), false).unwrap(), "hi");
        assert!(handled(Bytes::from_static(b"?"), Some("CONVERT_TO_BINARY"), false).is_err());
        assert_eq!(handled(body, None, true).unwrap(), "hi");
    }
}
