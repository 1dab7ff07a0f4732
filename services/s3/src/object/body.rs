//! Takes bodies in, from a client to a blob, with the sums that S3 keeps of them, and gives them out.

use std::ops::Range;

use checksums::Algorithm;
use futures_util::StreamExt as _;
use service::{Context, Result, Tx};
use store::blobs::{Blob, BlobId, Written};
use wire::{Body, Fault};

use super::customer_key::CustomerKey;
use super::digest::Digest;
use super::properties::Bytes;
use super::sealed::{self, Sealer};
use super::version::Checksum;

/// The most bytes that one request may bring.
pub(crate) const BYTES_MAX: u64 = 5 << 30;
/// Of what nobody chose a checksum, this one is kept.
pub(crate) const DEFAULT: Algorithm = Algorithm::Crc64Nvme;

/// A body that is here, whole and proved, and that nobody refers to yet.
pub(crate) struct Received {
    pub(crate) written: Written,
    /// How many bytes it has, however they are written.
    pub(crate) size: u64,
    /// Its MD5, or anything where it is sealed.
    pub(crate) digest: [u8; 16],
    /// The one that is kept.
    pub(crate) checksum: Checksum,
    /// The one that its client sent, if it sent one.
    pub(crate) claimed: Option<Checksum>,
    /// Only its customer's key opens it.
    pub(crate) is_sealed: bool,
}

impl Received {
    /// Lets a transaction make an object of it.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn refer(&self, tx: &mut Tx<'_>) -> Result<Bytes> {
        Ok(Bytes {
            size: self.size,
            digest: self.digest,
            parts: None,
            blob: Some(self.written.refer(tx)?),
            checksum: Some(self.checksum.clone()),
        })
    }
}

/// Takes a body in, and seals it where there is a key. The checksum that is kept of it is `kept`, or else the client's.
///
/// # Errors
/// When it is too large, breaks off, or is not what its client claimed; or the store's.
pub(crate) async fn receive(
    context: &Context,
    mut body: Body,
    kept: Option<Algorithm>,
    key: Option<&CustomerKey>,
) -> Result<Received> {
    check_length(body.length().unwrap_or_default())?;
    let claimed = body.claimed();
    let algorithm = kept.or(claimed).unwrap_or(DEFAULT);
    body.want(algorithm);
    // With `Content-MD5` it is computed anyway.
    let digest = (key.is_none() && !body.wants(Algorithm::Md5)).then(Digest::default);
    let (written, size) = write(context, &mut body, key, digest.as_ref()).await?;
    let mut sum = |algorithm| body.checksum(algorithm).map(<[u8]>::to_vec).unwrap_or_default();
    let digest = match digest {
        Some(digest) => digest.finish().await,
        // What an entity tag says of sealed bytes would be for everybody to see.
        None if key.is_some() => context.random().bytes(),
        None => sum(Algorithm::Md5).try_into().unwrap_or_default(),
    };
    let checksum = Checksum::of_whole(algorithm, sum(algorithm));
    let claimed = claimed.map(|claimed| Checksum::of_whole(claimed, sum(claimed)));
    Ok(Received { written, size, digest, checksum, claimed, is_sealed: key.is_some() })
}

async fn write(
    context: &Context,
    body: &mut Body,
    key: Option<&CustomerKey>,
    digest: Option<&Digest>,
) -> Result<(Written, u64)> {
    let mut sealer = key.map(|key| Sealer::new(key, context.random().bytes())).transpose()?;
    let mut writing = context.cloud.store.blobs().create(fresh_id(context));
    let mut length = 0;
    while let Some(piece) = body.next().await? {
        length += piece.len() as u64;
        check_length(length)?;
        if let Some(digest) = digest {
            digest.push(&piece).await;
        }
        match &mut sealer {
            None => writing.write(piece).await?,
            Some(sealer) => {
                for piece in sealer.push(&piece)? {
                    writing.write(piece).await?;
                }
            }
        }
    }
    for piece in sealer.map(Sealer::end).transpose()?.into_iter().flatten() {
        writing.write(piece).await?;
    }
    Ok((writing.finish().await?, length))
}

/// The bytes of a range of some blobs, sealed ones where there is a key; none when one of them was released in the meantime.
///
/// # Errors
/// The store's.
pub(crate) async fn read(
    context: &Context,
    blobs: &[Blob],
    range: Range<u64>,
    key: Option<&CustomerKey>,
) -> Result<Option<Body>> {
    if let Some(key) = key {
        return sealed::open(context, blobs, range, key).await;
    }
    let length = range.end - range.start;
    let reader = context.cloud.store.blobs().read(blobs, range).await?;
    Ok(reader.map(|reader| {
        let pieces = reader.map(|piece| piece.map_err(|error| service::Error::from(error).into_fault()));
        Body::stream(Some(length), pieces)
    }))
}

/// A name for a blob that is made now.
pub(crate) fn fresh_id(context: &Context) -> BlobId {
    BlobId::new(context.now().millis().unsigned_abs(), context.random().bytes())
}

fn check_length(length: u64) -> Result<(), Fault> {
    if length <= BYTES_MAX {
        return Ok(());
    }
    Err(Fault::new("EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed size")
        .with_element("ProposedSize", length.to_string())
        .with_element("MaxSizeAllowed", BYTES_MAX.to_string()))
}
