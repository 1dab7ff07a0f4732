//! Takes bodies in: from a client to a blob, with the sums that S3 keeps of them.

use checksums::Algorithm;
use service::{Context, Result};
use store::blobs::{BlobId, Written};
use wire::{Body, Fault};

use super::version::Checksum;

/// The most bytes that one request may bring.
const BYTES_MAX: u64 = 5 << 30;
/// Of what nobody chose a checksum, this one is kept.
const DEFAULT: Algorithm = Algorithm::Crc64Nvme;

/// A body that is here, whole and proved, and that nobody refers to yet.
pub(crate) struct Received {
    pub(crate) written: Written,
    /// Its MD5.
    pub(crate) digest: [u8; 16],
    pub(crate) checksum: Checksum,
}

/// Takes a body in.
///
/// # Errors
/// When it is too large, breaks off, or is not what its client claimed; or the store's.
pub(crate) async fn receive(context: &Context, mut body: Body) -> Result<Received> {
    check_length(body.length().unwrap_or_default())?;
    let algorithm = body.claimed().unwrap_or(DEFAULT);
    body.want(Algorithm::Md5);
    body.want(algorithm);
    let mut writing = context.cloud.store.blobs().create(fresh_id(context));
    let mut length = 0;
    while let Some(piece) = body.next().await? {
        length += piece.len() as u64;
        check_length(length)?;
        writing.write(piece).await?;
    }
    let written = writing.finish().await?;
    let sum = |body: &mut Body, algorithm| body.checksum(algorithm).map(<[u8]>::to_vec).unwrap_or_default();
    let digest = sum(&mut body, Algorithm::Md5).try_into().unwrap_or_default();
    Ok(Received { written, digest, checksum: Checksum::of_whole(algorithm, sum(&mut body, algorithm)) })
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
