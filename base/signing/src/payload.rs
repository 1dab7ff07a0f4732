//! How a signature covers the body. Reads no body; that of a stream is checked where it is read.

use std::borrow::Cow;

use http::HeaderName;
use ring::digest;

use crate::secret::is_same;
use crate::{Error, Request, query};

/// SHA-256 of nothing, in hexadecimal.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

static X_AMZ_CONTENT_SHA256: HeaderName = HeaderName::from_static("x-amz-content-sha256");

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";
const STREAMING: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
const STREAMING_TRAILER: &str = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
const STREAMING_UNSIGNED_TRAILER: &str = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/// What the verifier is given of the body.
#[derive(Debug, Clone, Copy)]
pub enum Payload<'a> {
    /// The whole body.
    Bytes(&'a [u8]),
    /// The SHA-256 of the whole body.
    Sha256([u8; 32]),
    /// The body is still to come: `x-amz-content-sha256` is believed, and the caller must check the body by the
    /// [`Declared`] that the proof returns.
    Declared,
}

/// What `x-amz-content-sha256` says about the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declared {
    /// The body has this SHA-256.
    Sha256([u8; 32]),
    /// The body is not covered.
    Unsigned,
    /// `aws-chunked`, each chunk signed.
    Chunks,
    /// `aws-chunked`, each chunk and the trailer signed.
    ChunksAndTrailer,
    /// `aws-chunked` with a trailer, nothing signed.
    UnsignedTrailer,
}

impl Declared {
    /// Reads the header, or the parameter of a presigned request.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut sha256 = [0; 32];
        match text {
            UNSIGNED => Ok(Self::Unsigned),
            STREAMING => Ok(Self::Chunks),
            STREAMING_TRAILER => Ok(Self::ChunksAndTrailer),
            STREAMING_UNSIGNED_TRAILER => Ok(Self::UnsignedTrailer),
            hash => hex::decode_to_slice(hash, &mut sha256)
                .map(|()| Self::Sha256(sha256))
                .map_err(|_| Error::PayloadHeader),
        }
    }

    /// What the header would say, as the last line of the canonical request has it.
    pub(crate) fn text(self) -> HashText {
        match self {
            Self::Sha256(sha256) => HashText::of(&sha256),
            Self::Unsigned => HashText::Word(UNSIGNED),
            Self::Chunks => HashText::Word(STREAMING),
            Self::ChunksAndTrailer => HashText::Word(STREAMING_TRAILER),
            Self::UnsignedTrailer => HashText::Word(STREAMING_UNSIGNED_TRAILER),
        }
    }

    /// What the request itself declares: S3's header, or that of a presigned URL, which signs no body by default.
    pub(crate) fn of(request: &Request<'_>, is_presigned: bool) -> Result<Self, Error> {
        let in_query = || is_presigned.then(|| query::value(request.query, "X-Amz-Content-Sha256")).flatten();
        match request.header(&X_AMZ_CONTENT_SHA256).map(Cow::Borrowed).or_else(in_query) {
            Some(text) => Self::parse(&text),
            None if is_presigned => Ok(Self::Unsigned),
            None => Err(Error::PayloadHeader),
        }
    }
}

/// The last line of a canonical request, without an allocation.
pub(crate) enum HashText {
    Word(&'static str),
    Hex([u8; 64]),
}

impl HashText {
    pub(crate) fn of(sha256: &[u8]) -> Self {
        let mut text = [b'0'; 64];
        // A hash of another length cannot be written; no caller has one.
        let _ = hex::encode_to_slice(sha256, &mut text);
        Self::Hex(text)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Word(word) => word.as_bytes(),
            Self::Hex(text) => text,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    /// Whether the claimed text is the same, in a time that does not tell where they differ.
    pub(crate) fn is(&self, claimed: &str) -> bool {
        is_same(self.as_bytes(), claimed.as_bytes())
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    out
}

/// The SHA-256 of some bytes in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}
