//! Messages on the wire: lengths, checksums, headers, payload.
//!
//! ```text
//! total length: 4 | length of headers: 4 | CRC-32 of these 8: 4 | headers | payload | CRC-32 of all before: 4
//! ```
//!
//! Numbers have their most significant byte first. A header is the length of its name (1), the name, the type of its value
//! (1), and the value.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use checksums::crc32;

use super::Value;
use crate::Malformed;

/// Lengths and their checksum.
const PRELUDE: usize = 12;
/// A frame without headers and payload.
const EMPTY: usize = PRELUDE + 4;
/// The most that a frame's headers may take.
const HEADERS_MAX: usize = 128 << 10;
/// The most that a payload may be.
const PAYLOAD_MAX: usize = 24 << 20;

/// A message of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// In order, each name once.
    pub headers: Vec<(String, Value)>,
    /// What follows them.
    pub payload: Bytes,
}

impl Frame {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// The text of a header, when it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.header(name) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The frame on the wire.
    ///
    /// # Errors
    /// When a name, a value, all headers or the payload are longer than the framing allows.
    pub fn encode(&self) -> Result<Bytes, Malformed> {
        let mut headers = BytesMut::new();
        for (name, value) in &self.headers {
            let length = u8::try_from(name.len()).ok().filter(|length| *length > 0);
            headers.put_u8(length.ok_or_else(|| too_long("the name of a header"))?);
            headers.put_slice(name.as_bytes());
            value.write(&mut headers)?;
        }
        if headers.len() > HEADERS_MAX {
            return Err(too_long("all headers together"));
        }
        if self.payload.len() > PAYLOAD_MAX {
            return Err(too_long("the payload"));
        }
        let total = EMPTY + headers.len() + self.payload.len();
        let mut out = BytesMut::with_capacity(total);
        // Both fit: they were just compared with much smaller limits.
        out.put_u32(total as u32);
        out.put_u32(headers.len() as u32);
        out.put_u32(crc32(&out));
        out.put_slice(&headers);
        out.put_slice(&self.payload);
        out.put_u32(crc32(&out));
        Ok(out.freeze())
    }
}

fn too_long(what: &str) -> Malformed {
    Malformed(format!("{what} is too long for an event stream, or empty"))
}

/// Cuts a stream of bytes into frames.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, once all of it is here. After an error the stream is lost: nobody knows where a frame begins.
    ///
    /// # Errors
    /// When lengths or checksums are wrong, or a header is malformed.
    pub fn take(&mut self) -> Result<Option<Frame>, Malformed> {
        let Some((total, headers)) = prelude(&self.buffer)? else { return Ok(None) };
        if self.buffer.len() < total {
            return Ok(None);
        }
        let mut frame = self.buffer.split_to(total).freeze();
        let mut checksum = frame.split_off(total - 4);
        if checksum.get_u32() != crc32(&frame) {
            return Err(Malformed("the checksum of a message is wrong".into()));
        }
        let mut inside = frame.split_off(PRELUDE);
        let headers = read_headers(inside.split_to(headers))?;
        Ok(Some(Frame { headers, payload: inside }))
    }

    /// Whether the stream may end here: no part of a frame is left over.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

/// The lengths of the frame that begins here: of all, and of its headers. A claimed length is believed only after its own
/// checksum, so that no stream makes us wait for gigabytes.
fn prelude(buffer: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some((lengths, mut rest)) = buffer.split_at_checked(8).filter(|(_, rest)| rest.len() >= 4) else {
        return Ok(None);
    };
    if rest.get_u32() != crc32(lengths) {
        return Err(Malformed("the checksum of a prelude is wrong".into()));
    }
    let mut lengths = lengths;
    let (total, headers) = (lengths.get_u32() as usize, lengths.get_u32() as usize);
    let payload = total.checked_sub(EMPTY).and_then(|inside| inside.checked_sub(headers));
    match payload {
        Some(payload) if payload <= PAYLOAD_MAX && headers <= HEADERS_MAX => Ok(Some((total, headers))),
        _ => Err(Malformed("the lengths of a message are wrong".into())),
    }
}

fn read_headers(mut input: Bytes) -> Result<Vec<(String, Value)>, Malformed> {
    let mut headers: Vec<(String, Value)> = Vec::new();
    while input.has_remaining() {
        let length = usize::from(input.get_u8());
        if length == 0 || length > input.len() {
            return Err(Malformed("the name of a header ends early".into()));
        }
        let name = String::from_utf8(input.split_to(length).to_vec());
        let name = name.map_err(|_| Malformed("the name of a header is not UTF-8".into()))?;
        if headers.iter().any(|(found, _)| *found == name) {
            return Err(Malformed(format!("the header {name} comes twice")));
        }
        headers.push((name, Value::read(&mut input)?));
    }
    Ok(headers)
}
