//! The body as its operation gets it: out of its `aws-chunked` framing, and with the checksums proved that its client sent.
//!
//! Which operations have their bodies checked is a fact of their API. Codes and words are S3's.

use bytes::Bytes;
use checksums::Claims;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};
use signing::Proof;
use signing::chunked::{self, Decoder, Field};
use wire::{BodyChecksum, Fault, OperationFacts, Protocol};

/// Takes the body out of its framing and proves its checksums. `proof` is that of the signature, where there is one.
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
    let (body, trailer) = if protocol == Protocol::RestXml && is_chunked(headers) {
        let unframed = unframe(headers, &body, proof)?;
        forget_framing(headers);
        unframed
    } else {
        (body, Vec::new())
    };
    if operation.checksum != BodyChecksum::Ignored {
        let is_required = operation.checksum == BodyChecksum::Required;
        let proved = Claims::of(headers, is_required).and_then(|claims| claims.prove(&body, &trailer));
        proved.map_err(|error| Fault::new(error.code(), 400, error.to_string()))?;
    }
    Ok(body)
}

fn is_chunked(headers: &HeaderMap) -> bool {
    headers.get("x-amz-content-sha256").is_some_and(|value| value.as_bytes().starts_with(b"STREAMING-"))
}

fn unframe(headers: &HeaderMap, body: &Bytes, proof: Option<Proof>) -> Result<(Bytes, Vec<Field>), Fault> {
    let length = headers.get("x-amz-decoded-content-length").and_then(|value| value.to_str().ok());
    let length: u64 = length.and_then(|value| value.parse().ok()).ok_or_else(|| {
        Fault::new("MissingContentLength", 411, "You must provide the Content-Length HTTP header.")
    })?;
    let mut decoder = match proof {
        Some(proof) => Decoder::new(proof, length).map_err(refused)?,
        None => Decoder::unsigned(length),
    };
    let mut whole = Vec::with_capacity(body.len());
    decoder.feed(body, &mut whole).map_err(refused)?;
    let trailer = decoder.finish().map_err(refused)?;
    Ok((whole.into(), trailer))
}

fn refused(error: chunked::Error) -> Fault {
    let (code, status) = match error {
        chunked::Error::NotChunked | chunked::Error::Malformed => ("InvalidRequest", 400),
        chunked::Error::Mismatch => ("SignatureDoesNotMatch", 403),
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
