//! CopyObject: an object from another one, or a new one in its own place. Its bytes are not copied, but read where another
//! checksum is asked for.
//!
//! What was uploaded in parts keeps them, and with them its entity tag.

mod source;

use api_s3 as api;
use checksums::Algorithm;
use service::{Context, Result, Tx};
use store::blobs::Blob;
use wire::{Fault, Timestamp};

use super::body::{self, BYTES_MAX, fresh_id};
use super::conditions::OfWrite;
use super::encryption::{self, TellsEncryption as _};
use super::get::TRIES_MAX;
use super::multipart::algorithm_of;
use super::properties::{Bytes, Properties};
use super::sums::TellsChecksum as _;
use super::version::{Checksum, Content, Described, Version};
use super::versions::{Keeping, Versions};
use super::{acl, key, parts};
use crate::bucket::Bucket;
use crate::errors;
use crate::events::{Event, Kind};
use crate::keys::Id;
use crate::setting::Setting as _;

pub(crate) use source::{Copies, Found, find};

pub(crate) async fn copy(context: Context, input: api::CopyObjectInput) -> Result<api::CopyObjectOutput> {
    encryption::check_customers(input.is_customers())?;
    key::check(&input.key)?;
    for _ in 0..TRIES_MAX {
        let summed = match to_sum(&context, &input)? {
            None => None,
            Some(to_sum) => match sum(&context, to_sum).await? {
                None => continue,
                summed => summed,
            },
        };
        if let Some(output) = context.transact(|tx| commit(tx, &input, summed.as_ref())).await? {
            return Ok(output);
        }
    }
    Err(errors::slow_down().into())
}

/// A version whose bytes have to be read, because another checksum of them is wanted than the one it has.
struct ToSum {
    version: Id,
    blobs: Vec<Blob>,
    size: u64,
    algorithm: Algorithm,
}

/// A version, and the checksum of its bytes.
type Summed = (Id, Checksum);

fn to_sum(context: &Context, input: &api::CopyObjectInput) -> Result<Option<ToSum>> {
    let view = context.view();
    let found = find(&*view, context, input)?;
    check_size(found.content.size)?;
    let Some(algorithm) = other_algorithm(input, &found.content)? else { return Ok(None) };
    let blobs = parts::blobs(&*view, &found.version)?;
    Ok(Some(ToSum { version: found.version.id, blobs, size: found.content.size, algorithm }))
}

/// The algorithm that a request wants and its source does not have.
fn other_algorithm(input: &api::CopyObjectInput, source: &Content) -> Result<Option<Algorithm>, Fault> {
    let wanted = match &input.checksum_algorithm {
        Some(wanted) => algorithm_of(wanted)?,
        None if source.checksum.is_none() => body::DEFAULT,
        None => return Ok(None),
    };
    let has_it = source.checksum.as_ref().is_some_and(|checksum| checksum.algorithm == wanted.name());
    Ok((!has_it).then_some(wanted))
}

/// Reads it; nothing when it is gone.
async fn sum(context: &Context, of: ToSum) -> Result<Option<Summed>> {
    let Some(mut body) = body::read(context, &of.blobs, 0..of.size).await? else { return Ok(None) };
    body.want(of.algorithm);
    while body.next().await?.is_some() {}
    let value = body.checksum(of.algorithm).map(<[u8]>::to_vec).unwrap_or_default();
    Ok(Some((of.version, Checksum::of_whole(of.algorithm, value))))
}

/// Refuses what is too large to be copied at once.
pub(crate) fn check_size(size: u64) -> Result<(), Fault> {
    if size <= BYTES_MAX {
        return Ok(());
    }
    Err(errors::invalid_request(format!(
        "The specified copy source is larger than the maximum allowable size for a copy source: {BYTES_MAX}"
    )))
}

/// Makes the copy; nothing when its source is not any more the one whose checksum was taken.
fn commit(
    tx: &mut Tx<'_>,
    input: &api::CopyObjectInput,
    summed: Option<&Summed>,
) -> Result<Option<api::CopyObjectOutput>> {
    let found = find(&**tx, tx.context, input)?;
    check_size(found.content.size)?;
    let checksum = match (other_algorithm(input, &found.content)?, summed) {
        (None, _) => found.content.checksum.clone(),
        (Some(_), Some((version, checksum))) if *version == found.version.id => Some(checksum.clone()),
        (Some(_), _) => return Ok(None),
    };
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    check_change(&at, input)?;
    let condition = OfWrite { is: input.if_match.as_deref(), is_not: input.if_none_match.as_deref() };
    condition.check(&at, at.shown(&**tx)?.as_ref())?;
    let properties = properties(tx, &bucket, input, &found.content)?;
    // The source's list stays behind.
    let list = acl::of_new(&**tx, tx.context, &at, input)?;
    let content = properties.of(Bytes {
        size: found.content.size,
        digest: found.content.digest,
        parts: found.content.parts,
        blob: found.content.blob.as_ref().map(|blob| copy_blob(tx, blob)).transpose()?,
        checksum,
    });
    let copy = Version::new(tx, Some(content));
    copy_parts(tx, &found, &copy)?;
    let keeping = Keeping::of(&**tx, &bucket)?;
    let copy = at.add(tx, keeping, copy)?;
    acl::keep(tx, &bucket, &copy.id, list.as_ref())?;
    Event { kind: Kind::Copied, bucket: &bucket, key: &input.key, version: &copy }.note(tx)?;
    Ok(Some(output(&found, &copy, keeping)))
}

/// Refuses to copy an object onto itself without any change. An older version may come back so.
fn check_change(at: &Versions<'_>, input: &api::CopyObjectInput) -> Result<(), Fault> {
    let source = input.source()?;
    let is_itself = source.version.is_none() && source.bucket == at.bucket.name && source.key == at.key;
    let is_changed = replaces(input)
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some()
        || at.bucket.settings.contains(api::ServerSideEncryptionConfiguration::KIND);
    if !is_itself || is_changed {
        return Ok(());
    }
    Err(errors::invalid_request(
        "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, \
         storage class, website redirect location or encryption attributes.",
    ))
}

fn replaces(input: &api::CopyObjectInput) -> bool {
    input.metadata_directive == Some(api::MetadataDirective::Replace)
}

/// What the copy has: of its source, what nobody replaces, but neither its class nor its encryption nor its locks.
fn properties(
    tx: &Tx<'_>,
    bucket: &Bucket,
    input: &api::CopyObjectInput,
    source: &Content,
) -> Result<Properties> {
    let mut properties = Properties::of_new(&**tx, bucket, input, tx.now)?;
    if !replaces(input) {
        let redirect = properties.described.redirect.take();
        properties.described = Described { redirect, ..source.described.clone() };
    }
    if input.tagging_directive != Some(api::TaggingDirective::Replace) {
        properties.tags = source.tags.clone();
    }
    Ok(properties)
}

fn copy_blob(tx: &mut Tx<'_>, blob: &Blob) -> Result<Blob> {
    let fresh = fresh_id(tx.context);
    let gone = || store::Error::Corrupt { what: "object", why: "its bytes are gone".into() };
    Ok(blob.copy(tx, fresh)?.ok_or_else(gone)?)
}

fn copy_parts(tx: &mut Tx<'_>, source: &Found, copy: &Version) -> Result<()> {
    if source.content.parts.is_none() {
        return Ok(());
    }
    let algorithm = |content: Option<&Content>| {
        content.and_then(|content| content.checksum.as_ref()).map(|checksum| checksum.algorithm.clone())
    };
    let is_same = algorithm(Some(&source.content)) == algorithm(copy.content.as_ref());
    let mut copies = parts::of(&**tx, &source.version.id)?;
    for part in &mut copies {
        part.blob = copy_blob(tx, &part.blob)?;
        // Those of another algorithm are not known.
        if !is_same {
            part.checksum.clear();
        }
    }
    parts::put(tx, &copy.id, &copies)
}

fn output(source: &Found, copy: &Version, keeping: Keeping) -> api::CopyObjectOutput {
    let mut result =
        api::CopyObjectResult { last_modified: Some(Timestamp(copy.modified_ms)), ..Default::default() };
    let mut output = api::CopyObjectOutput {
        copy_source_version_id: source.version_id(),
        version_id: (keeping != Keeping::Nothing).then(|| copy.id_text()),
        ..Default::default()
    };
    if let Some(content) = &copy.content {
        result.e_tag = Some(content.etag());
        content.checksum.iter().for_each(|checksum| result.tell(checksum, content.parts));
        output.tell_encryption(&content.encryption);
    }
    output.copy_object_result = Some(result);
    output
}
