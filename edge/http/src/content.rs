//! The body as its operation gets it: out of its `aws-chunked` framing, and with all proved that its client said of it.
//!
//! Which operations have their bodies checked is a fact of their API. Codes and words are S3's.

use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use checksums::{Algorithm, Claims, Sums};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue};
use signing::chunked::{self, Decoder};
use signing::{Declared, Proof};
use wire::{Body, BodyChecksum, Fault, OperationFacts, Protocol, Source};

use crate::bare_refusals;
use crate::inlet::Inlet;

/// Takes a whole body out of its framing and proves its checksums. `proof` is that of the signature, where there is one.
///
/// # Errors
/// `BadDigest`, `InvalidRequest` and their like; `SignatureDoesNotMatch` for a chunk with a wrong signature.
pub(crate) fn settle(
    headers: &mut HeaderMap,
    body: Bytes,
    protocol: Protocol,
    operation: &OperationFacts,
    proof: Option<Proof>,
) -> Result<Bytes, Fault> {
    let is_chunked = protocol == Protocol::RestXml && is_chunked(headers);
    if !is_chunked && operation.checksum == BodyChecksum::Ignored {
        return Ok(body);
    }
    let decoder = if is_chunked { Some(unframe(headers, proof)?) } else { None };
    // The signature of a whole body was proved on it.
    let mut terms = Terms { decoder, claims: claims(headers, operation)?, sha256: None };
    let body = terms.unframe(body)?;
    let mut sums = Sums::default();
    terms.algorithms().for_each(|algorithm| sums.want(algorithm));
    sums.update(&body);
    sums.finish();
    terms.prove(&sums)?;
    Ok(body)
}

/// The body of an operation that takes a stream. What is wrong with the body comes at its end, in place of the end.
///
/// # Errors
/// What is wrong already with what its head says of it.
pub(crate) fn stream(
    headers: &mut HeaderMap,
    inlet: Inlet,
    operation: &OperationFacts,
    proof: Option<Proof>,
) -> Result<Body, Fault> {
    let sha256 = proof.as_ref().and_then(|proof| match proof.payload {
        Declared::Sha256(sha256) => Some(sha256),
        _ => None,
    });
    let (length, decoder) = if is_chunked(headers) {
        (decoded_length(headers)?, Some(unframe(headers, proof)?))
    } else {
        (number(headers, CONTENT_LENGTH.as_str()).ok_or_else(no_length)?, None)
    };
    let terms = Terms { decoder, claims: claims(headers, operation)?, sha256 };
    let (claimed, wanted) = (terms.claims.algorithm(), terms.algorithms().collect::<Vec<_>>());
    let mut body = Body::of_source(Some(length), Arriving { inlet, framed: Bytes::new(), terms });
    wanted.into_iter().for_each(|algorithm| body.want(algorithm));
    Ok(body.claiming(claimed))
}

/// What the head of a request says of its body: how it is framed, and what must be true in the end.
struct Terms {
    decoder: Option<Decoder>,
    claims: Claims,
    /// What the signature covers, if it is proved on the way.
    sha256: Option<[u8; 32]>,
}

impl Terms {
    /// The algorithms of the checksums that a proof takes.
    fn algorithms(&self) -> impl Iterator<Item = Algorithm> {
        self.claims.algorithms().chain(self.sha256.map(|_| Algorithm::Sha256))
    }

    /// Takes a whole body out of its framing.
    fn unframe(&mut self, mut framed: Bytes) -> Result<Bytes, Fault> {
        let Some(decoder) = &mut self.decoder else { return Ok(framed) };
        let mut whole = BytesMut::with_capacity(framed.len());
        while let Some(data) = decoder.next(&mut framed).map_err(refused)? {
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }

    /// Proves what was said of a body that has come.
    fn prove(&mut self, sums: &Sums) -> Result<(), Fault> {
        let trailer = match self.decoder.take() {
            Some(decoder) => decoder.finish().map_err(refused)?,
            None => Vec::new(),
        };
        if self.sha256.is_some_and(|sha256| sums.get(Algorithm::Sha256) != Some(&sha256)) {
            return Err(bare_refusals::of_signature(&signing::Error::PayloadMismatch));
        }
        self.claims.prove(sums, &trailer).map_err(unproved)
    }
}

/// A body that comes in pieces.
struct Arriving {
    inlet: Inlet,
    /// What came and is still in its framing.
    framed: Bytes,
    terms: Terms,
}

impl Source for Arriving {
    fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Fault>>> {
        let Some(decoder) = &mut self.terms.decoder else { return self.inlet.poll_data(context) };
        loop {
            match decoder.next(&mut self.framed) {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(data))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(refused(error)))),
            }
            match ready!(self.inlet.poll_data(context)) {
                Some(Ok(framed)) => self.framed = framed,
                end => return Poll::Ready(end),
            }
        }
    }

    fn end(&mut self, sums: &Sums) -> Result<(), Fault> {
        self.terms.prove(sums)
    }
}

fn claims(headers: &HeaderMap, operation: &OperationFacts) -> Result<Claims, Fault> {
    match operation.checksum {
        BodyChecksum::Ignored => Ok(Claims::default()),
        checked => Claims::of(headers, checked == BodyChecksum::Required).map_err(unproved),
    }
}

fn unproved(error: checksums::Error) -> Fault {
    Fault::new(error.code(), 400, error.to_string())
}

fn is_chunked(headers: &HeaderMap) -> bool {
    headers.get("x-amz-content-sha256").is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-"))
}

/// What takes a chunked body out of its framing. The headers forget that it had one.
fn unframe(headers: &mut HeaderMap, proof: Option<Proof>) -> Result<Decoder, Fault> {
    let length = decoded_length(headers)?;
    let decoder = match proof {
        Some(proof) => Decoder::new(proof, length).map_err(refused)?,
        None => Decoder::unsigned(length),
    };
    forget_framing(headers);
    Ok(decoder)
}

fn decoded_length(headers: &HeaderMap) -> Result<u64, Fault> {
    number(headers, "x-amz-decoded-content-length").ok_or_else(no_length)
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

fn no_length() -> Fault {
    Fault::new("MissingContentLength", 411, "You must provide the Content-Length HTTP header.")
}

fn refused(error: chunked::Error) -> Fault {
    let (code, status) = match error {
        chunked::Error::NotChunked | chunked::Error::Malformed => ("InvalidRequest", 400),
        chunked::Error::Mismatch => return bare_refusals::of_signature(&signing::Error::Mismatch),
        chunked::Error::Length => ("IncompleteBody", 400),
        chunked::Error::Trailer => ("MalformedTrailerError", 400),
    };
    Fault::new(code, status, error.to_string())
}

/// What is stored with an object is its own encoding, without that of its transport.
fn forget_framing(headers: &mut HeaderMap) {
    let encodings = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = encodings.flat_map(|value| value.split(',')).map(str::trim);
    let kept: Vec<&str> = names.filter(|name| !name.eq_ignore_ascii_case("aws-chunked")).collect();
    let kept = kept.join(",");
    headers.remove(CONTENT_ENCODING);
    if let Some(value) = HeaderValue::from_str(&kept).ok().filter(|_| !kept.is_empty()) {
        headers.insert(CONTENT_ENCODING, value);
    }
}

#[cfg(test)]
mod tests {
    use wire::Http;

    use super::*;

    fn settled(
        checksum: BodyChecksum,
        headers: &[(&'static str, &'static str)],
        body: &'static str,
    ) -> Result<(Bytes, HeaderMap), Fault> {
        let http = Http { method: "PUT", uri: "/{Key+}", status: 200 };
        let operation = OperationFacts { checksum, ..OperationFacts::plain("PutObject", http) };
        let mut headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        let body =
            settle(&mut headers, Bytes::from_static(body.as_bytes()), Protocol::RestXml, &operation, None)?;
        Ok((body, headers))
    }

    fn code(outcome: Result<(Bytes, HeaderMap), Fault>) -> String {
        outcome.unwrap_err().code.into_owned()
    }

    const CHUNKED: [(&str, &str); 4] = [
        ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        ("x-amz-decoded-content-length", "9"),
        ("x-amz-trailer", "x-amz-checksum-crc32"),
        ("content-encoding", "gzip, aws-chunked"),
    ];

    #[test]
    fn a_trailer_is_proved_on_what_was_framed() {
        let body = "4\r\n1234\r\n5\r\n56789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        let (whole, headers) = settled(BodyChecksum::Checked, &CHUNKED, body).unwrap();
        assert_eq!(&whole[..], b"123456789");
        assert_eq!(headers[CONTENT_ENCODING], "gzip");
        let wrong = "9\r\n123456780\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        assert_eq!(code(settled(BodyChecksum::Checked, &CHUNKED, wrong)), "BadDigest");
        let without = "9\r\n123456789\r\n0\r\n\r\n";
        assert_eq!(code(settled(BodyChecksum::Checked, &CHUNKED, without)), "MalformedTrailerError");
        let short = "4\r\n1234\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n";
        assert_eq!(code(settled(BodyChecksum::Checked, &CHUNKED, short)), "IncompleteBody");
        assert_eq!(code(settled(BodyChecksum::Checked, &CHUNKED, "no chunks")), "IncompleteBody");
        assert_eq!(code(settled(BodyChecksum::Checked, &CHUNKED[..1], body)), "MissingContentLength");
    }

    #[test]
    fn only_operations_that_say_so_are_checked() {
        let header = [("x-amz-checksum-crc32", "y/Q5Jg==")];
        assert!(settled(BodyChecksum::Checked, &header, "123456789").is_ok());
        assert_eq!(code(settled(BodyChecksum::Checked, &header, "other")), "BadDigest");
        // The header of CompleteMultipartUpload speaks of the object, not of the body.
        assert!(settled(BodyChecksum::Ignored, &header, "other").is_ok());
        assert!(settled(BodyChecksum::Checked, &[], "other").is_ok());
        assert_eq!(code(settled(BodyChecksum::Required, &[], "other")), "InvalidRequest");
        assert_eq!(code(settled(BodyChecksum::Required, &[("content-md5", "?")], "x")), "InvalidDigest");
    }
}
