//! Opens ranges of sealed blobs, block by block: no byte goes out before its block is proved.

use std::collections::VecDeque;
use std::ops::Range;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, stream};
use ring::aead::{Aad, LessSafeKey};
use service::{Context, Result};
use store::Error;
use store::blobs::BlobReader;
use wire::Body;

use super::layout::{self, BLOCK_BYTES, SALT_BYTES, TAG_BYTES, plain_length};
use super::{key_of, nonce};
use crate::object::customer_key::CustomerKey;

/// The bytes of a range of some sealed blobs, read as if they were one; none when one of them was released in the meantime.
///
/// # Errors
/// The store's.
pub(crate) async fn open(
    context: &Context,
    blobs: &[store::blobs::Blob],
    range: Range<u64>,
    key: &CustomerKey,
) -> Result<Option<Body>> {
    let length = range.end - range.start;
    let Wanted { parts, place } = Wanted::of(blobs, range)?;
    let Some((first, part)) = parts.first() else { return Ok(Some(Body::default())) };
    let skipped = (part.start % BLOCK_BYTES) as usize;
    let store = context.cloud.store.blobs();
    // Where the range begins behind the first block, the salt does not come by.
    let mut salted = match part.start < BLOCK_BYTES {
        true => None,
        false => match store.read(&blobs[*first..=*first], 0..SALT_BYTES as u64).await? {
            None => return Ok(None),
            Some(mut reader) => Some(key_of(key, &reader.next().await.transpose()?.unwrap_or_default())?),
        },
    };
    let Some(sealed) = store.read(blobs, place).await? else { return Ok(None) };
    let mut todo = VecDeque::with_capacity(parts.len());
    for (at, part) in &parts {
        todo.push_back(Blob::from(part.start / BLOCK_BYTES, plain_of(&blobs[*at])?, salted.take()));
    }
    let opening =
        Opening { sealed, key: key.clone(), buffer: BytesMut::new(), todo, skipped, remaining: length };
    let pieces = stream::try_unfold(opening, |mut opening| async move {
        let piece = opening.next().await.map_err(|error| service::Error::from(error).into_fault())?;
        Ok(piece.map(|piece| (piece, opening)))
    });
    Ok(Some(Body::stream(Some(length), pieces.boxed())))
}

/// What a range is of some blobs.
#[derive(Default)]
struct Wanted {
    /// The blobs, by their places, and of each a part that is not empty.
    parts: Vec<(usize, Range<u64>)>,
    /// Where all of that is, as if they were one.
    place: Range<u64>,
}

impl Wanted {
    fn of(blobs: &[store::blobs::Blob], range: Range<u64>) -> Result<Self, Error> {
        let mut wanted = Wanted::default();
        let (mut begin, mut sealed_begin) = (0, 0);
        for (at, blob) in blobs.iter().enumerate() {
            let plain = plain_of(blob)?;
            let within = |place: u64| place.clamp(begin, begin + plain) - begin;
            let part = within(range.start)..within(range.end);
            if !part.is_empty() {
                let sealed = layout::place_of(&part, blob.length());
                if wanted.parts.is_empty() {
                    wanted.place.start = sealed_begin + sealed.start;
                }
                wanted.place.end = sealed_begin + sealed.end;
                wanted.parts.push((at, part));
            }
            begin += plain;
            sealed_begin += blob.length();
        }
        Ok(wanted)
    }
}

fn plain_of(blob: &store::blobs::Blob) -> Result<u64, Error> {
    plain_length(blob.length()).ok_or_else(damaged)
}

/// One that is being opened, from one of its blocks on.
pub(super) struct Blob {
    key: Option<LessSafeKey>,
    next: u64,
    plain: u64,
}

impl Blob {
    /// Of so many bytes; its key is known already where its salt does not come by.
    pub(super) fn from(next: u64, plain: u64, key: Option<LessSafeKey>) -> Self {
        Blob { key, next, plain }
    }

    fn is_last(&self) -> bool {
        self.next + 1 == layout::count(self.plain)
    }

    /// How many bytes it takes next; none at its end.
    pub(super) fn needs(&self) -> Option<usize> {
        if self.key.is_none() {
            return Some(SALT_BYTES);
        }
        let size = self.plain.saturating_sub(self.next * BLOCK_BYTES).min(BLOCK_BYTES) as usize + TAG_BYTES;
        (self.next < layout::count(self.plain)).then_some(size)
    }

    /// Takes so many, and gives what they are.
    pub(super) fn take(&mut self, key: &CustomerKey, mut sealed: BytesMut) -> Result<Bytes, Error> {
        let Some(own) = &self.key else {
            self.key = Some(key_of(key, &sealed)?);
            return Ok(Bytes::new());
        };
        let nonce = nonce(self.next, self.is_last());
        let plain = own.open_in_place(nonce, Aad::empty(), &mut sealed).map_err(|_| damaged())?.len();
        sealed.truncate(plain);
        self.next += 1;
        Ok(sealed.freeze())
    }
}

struct Opening {
    sealed: BlobReader,
    key: CustomerKey,
    /// What was read and not opened yet.
    buffer: BytesMut,
    todo: VecDeque<Blob>,
    /// Bytes of the first block that nobody asked for.
    skipped: usize,
    remaining: u64,
}

impl Opening {
    /// The next bytes, which may be none; nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        while self.remaining > 0 {
            let Some(blob) = self.todo.front_mut() else { return Err(damaged()) };
            let Some(size) = blob.needs() else {
                self.todo.pop_front();
                continue;
            };
            if self.buffer.len() < size {
                let piece = self.sealed.next().await.transpose()?.ok_or_else(damaged)?;
                self.buffer.extend_from_slice(&piece);
                continue;
            }
            let is_salt = blob.key.is_none();
            let plain = blob.take(&self.key, self.buffer.split_to(size))?;
            if is_salt {
                continue;
            }
            let begin = std::mem::take(&mut self.skipped).min(plain.len());
            let room = usize::try_from(self.remaining).unwrap_or(usize::MAX);
            let end = begin + (plain.len() - begin).min(room);
            self.remaining -= (end - begin) as u64;
            return Ok(Some(plain.slice(begin..end)));
        }
        Ok(None)
    }
}

fn damaged() -> Error {
    Error::Corrupt { what: "object", why: "what a customer's key sealed does not open".into() }
}
