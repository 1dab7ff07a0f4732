//! Payloads that come in pieces, for those who need all of one.

use bytes::{Bytes, BytesMut};
use wire::{Body, Fault};

/// All of a payload; none where it is more than `bytes_max`.
///
/// # Errors
/// Whatever broke it off.
pub async fn whole_payload(body: Body, bytes_max: usize) -> Result<Option<Bytes>, Fault> {
    if body.length().is_some_and(|length| length > bytes_max as u64) {
        return Ok(None);
    }
    let mut body = match body.into_whole() {
        Ok(whole) => return Ok(Some(whole).filter(|whole| whole.len() <= bytes_max)),
        Err(body) => body,
    };
    let mut whole = BytesMut::new();
    while let Some(piece) = body.next().await? {
        if whole.len() + piece.len() > bytes_max {
            return Ok(None);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(Some(whole.freeze()))
}
