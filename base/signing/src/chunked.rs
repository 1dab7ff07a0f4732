//! `aws-chunked` bodies: decoded piece by piece, each chunk's signature and the trailer's proved on the way. Copies no data
//! and holds none back: what is decoded counts only once [`Decoder::finish`] agrees. Computes no checksum that a trailer
//! names.
//!
//! Follows "Signature calculations for the Authorization header: transferring payload in multiple chunks" and
//! "Including trailing headers (chunked upload)" in the S3 API reference.

mod trailer;

use std::sync::Arc;

use bytes::Bytes;
use ring::{digest, hmac};

use crate::payload::HashText;
use crate::verify::sign_lines;
use crate::{Declared, EMPTY_SHA256, Proof, Timestamp};
use trailer::Trailer;

/// Longest line between chunks, in bytes.
const LINE_MAX: usize = 512;

/// Why a chunked body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The proof is of a body that is not chunked.
    #[error("the request does not declare a chunked body")]
    NotChunked,
    /// The framing is broken: S3's `InvalidRequest`.
    #[error("The chunked encoding of the request body is malformed.")]
    Malformed,
    /// A chunk's or the trailer's signature is wrong: S3's `SignatureDoesNotMatch`.
    #[error("{}", crate::Error::Mismatch)]
    Mismatch,
    /// The decoded body is longer or shorter than `x-amz-decoded-content-length`: S3's `IncompleteBody`.
    #[error("You did not provide the number of bytes specified by the Content-Length HTTP header")]
    Length,
    /// The trailer has too many bytes or is malformed: S3's `MalformedTrailerError`.
    #[error(
        "The request contained trailing data that was not well-formed or did not conform to our published schema."
    )]
    Trailer,
}

/// A trailing header: lower-case name and value.
pub type Field = (String, String);

/// Decodes one chunked body. Not `Debug`: it holds a signing key.
pub struct Decoder {
    state: State,
    line: Vec<u8>,
    chain: Option<Chain>,
    trailer: Option<Trailer>,
    remaining: u64,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The line that begins a chunk.
    Header,
    /// So many more bytes of a chunk's data.
    Data(u64),
    /// The line end that follows a chunk's data.
    DataEnd,
    /// The lines after the last chunk, up to an empty one.
    Trailer,
    /// Nothing.
    Done,
}

/// The chain of signatures: each chunk's covers the one before.
struct Chain {
    key: Arc<hmac::Key>,
    signed_at: Timestamp,
    scope: String,
    previous: String,
    claimed: String,
    hash: digest::Context,
}

impl Decoder {
    /// Goes on from a proved request whose body has `decoded_length` bytes, its `x-amz-decoded-content-length`.
    pub fn new(proof: Proof, decoded_length: u64) -> Result<Self, Error> {
        let (is_signed, has_trailer) = match proof.payload {
            Declared::Chunks => (true, false),
            Declared::ChunksAndTrailer => (true, true),
            Declared::UnsignedTrailer => (false, true),
            Declared::Sha256(_) | Declared::Unsigned => return Err(Error::NotChunked),
        };
        let chain = is_signed.then(|| Chain::new(proof));
        Ok(Self::start(chain, has_trailer, decoded_length))
    }

    /// A body of an unsigned request, or of one whose signature is not enforced: the framing alone is checked.
    pub fn unsigned(decoded_length: u64) -> Self {
        Self::start(None, true, decoded_length)
    }

    fn start(chain: Option<Chain>, has_trailer: bool, remaining: u64) -> Self {
        let trailer = has_trailer.then(Trailer::default);
        Self { state: State::Header, line: Vec::new(), chain, trailer, remaining }
    }

    /// Takes the next data out of the bytes that came off the wire; nothing when more of them are needed.
    ///
    /// # Errors
    /// After one, the body is lost; nothing that was decoded may be used.
    pub fn next(&mut self, input: &mut Bytes) -> Result<Option<Bytes>, Error> {
        while !input.is_empty() {
            match self.state {
                State::Data(left) => return Ok(Some(self.take_data(left, input))),
                State::Header | State::DataEnd | State::Trailer => self.take_line(input)?,
                State::Done => return Err(Error::Malformed),
            }
        }
        Ok(None)
    }

    /// Ends the body and gives its trailing headers, in their order.
    pub fn finish(self) -> Result<Vec<Field>, Error> {
        if self.state != State::Done || self.remaining != 0 {
            return Err(Error::Length);
        }
        Ok(self.trailer.map(Trailer::into_fields).unwrap_or_default())
    }

    fn take_data(&mut self, left: u64, input: &mut Bytes) -> Bytes {
        let length = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
        let data = input.split_to(length);
        if let Some(chain) = &mut self.chain {
            chain.hash.update(&data);
        }
        let left = left - length as u64;
        self.state = if left == 0 { State::DataEnd } else { State::Data(left) };
        data
    }

    /// Collects a line, and acts on it once it is whole.
    fn take_line(&mut self, input: &mut Bytes) -> Result<(), Error> {
        let end = memchr::memchr(b'\n', input);
        let piece = input.split_to(end.map_or(input.len(), |at| at + 1));
        if self.line.len() + piece.len() > LINE_MAX {
            return Err(Error::Malformed);
        }
        self.line.extend_from_slice(&piece);
        if end.is_some() {
            let line = std::mem::take(&mut self.line);
            let line = line.trim_ascii_end();
            self.state = match self.state {
                State::Header => self.begin_chunk(line)?,
                State::DataEnd => self.end_chunk(line)?,
                _ => self.trailing_line(line)?,
            };
        }
        Ok(())
    }

    fn begin_chunk(&mut self, line: &[u8]) -> Result<State, Error> {
        let line = std::str::from_utf8(line).map_err(|_| Error::Malformed)?;
        let (size, extension) = line.split_once(';').unwrap_or((line, ""));
        let is_hex = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = is_hex.then(|| u64::from_str_radix(size, 16).ok()).flatten().ok_or(Error::Malformed)?;
        self.remaining = self.remaining.checked_sub(size).ok_or(Error::Length)?;
        if let Some(chain) = &mut self.chain {
            chain.claimed = extension.strip_prefix("chunk-signature=").ok_or(Error::Malformed)?.to_owned();
        }
        if size > 0 {
            return Ok(State::Data(size));
        }
        self.chain.as_mut().map_or(Ok(()), Chain::prove_chunk)?;
        Ok(State::Trailer)
    }

    fn end_chunk(&mut self, line: &[u8]) -> Result<State, Error> {
        if !line.is_empty() {
            return Err(Error::Malformed);
        }
        self.chain.as_mut().map_or(Ok(()), Chain::prove_chunk)?;
        Ok(State::Header)
    }

    fn trailing_line(&mut self, line: &[u8]) -> Result<State, Error> {
        match (&mut self.trailer, line) {
            (None, b"") => Ok(State::Done),
            (None, _) => Err(Error::Malformed),
            (Some(trailer), b"") if trailer.is_after_signature() || self.chain.is_none() => {
                if let Some(chain) = &self.chain {
                    chain.prove_trailer(trailer)?;
                }
                Ok(State::Done)
            }
            // A signed trailer may have an empty line before its signature, and must have a signature.
            (Some(trailer), b"") => trailer.skip_blank().map(|()| State::Trailer),
            (Some(trailer), line) => trailer.push(line).map(|()| State::Trailer),
        }
    }
}

impl Chain {
    fn new(proof: Proof) -> Self {
        let Proof { key, signed_at, scope, signature: previous, .. } = proof;
        let hash = digest::Context::new(&digest::SHA256);
        Self { key, signed_at, scope, previous, claimed: String::new(), hash }
    }

    /// Proves the chunk that was just read, and makes its signature the one that the next must cover.
    fn prove_chunk(&mut self) -> Result<(), Error> {
        let hash = std::mem::replace(&mut self.hash, digest::Context::new(&digest::SHA256)).finish();
        let hash = HashText::of(hash.as_ref());
        let expected = self.sign("AWS4-HMAC-SHA256-PAYLOAD", &[EMPTY_SHA256.as_bytes(), hash.as_bytes()]);
        prove(&expected, &self.claimed)?;
        self.previous = std::mem::take(&mut self.claimed);
        Ok(())
    }

    fn prove_trailer(&self, trailer: &Trailer) -> Result<(), Error> {
        let expected = self.sign("AWS4-HMAC-SHA256-TRAILER", &[trailer.hash().as_bytes()]);
        prove(&expected, trailer.signature())
    }

    fn sign(&self, algorithm: &str, hashes: &[&[u8]]) -> HashText {
        let mut lines = vec![
            algorithm.as_bytes(),
            self.signed_at.as_bytes(),
            self.scope.as_bytes(),
            self.previous.as_bytes(),
        ];
        lines.extend_from_slice(hashes);
        sign_lines(&self.key, &lines)
    }
}

fn prove(expected: &HashText, claimed: &str) -> Result<(), Error> {
    if expected.is(claimed) { Ok(()) } else { Err(Error::Mismatch) }
}

#[cfg(test)]
mod tests;
