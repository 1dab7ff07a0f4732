//! CopyObject: an object from another one, or a new one in its own place. Its bytes are not copied, but read where another
//! checksum is asked for, and copied where a customer's key is in play.
//!
//! What was uploaded in parts keeps them, and with them its entity tag.

mod source;

use api_s3 as api;
use checksums::Algorithm;
use service::{Context, Result, Tx};
use store::blobs::Blob;
use wire::{Fault, Timestamp};

use super::body::{self, BYTES_MAX, Received, fresh_id};
use super::conditions::OfWrite;
use super::customer_key::{BringsKey as _, BringsSourceKey as _, CustomerKey, TellsKey as _};
use super::encryption::TellsEncryption as _;
use super::get::TRIES_MAX;
use super::multipart::algorithm_of;
use super::properties::{Bytes, Properties};
use super::sums::TellsChecksum as _;
use super::version::{Checksum, Content, Described, Encryption, Version};
use super::versions::{Keeping, Versions};
use super::{acl, key, parts};
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::keys::Id;
use crate::setting::Setting as _;
use crate::{errors, lifecycle};

pub(crate) use source::{Found, Source, find};

pub(crate) async fn copy(context: Context, input: api::CopyObjectInput) -> Result<api::CopyObjectOutput> {
    key::check(&input.key)?;
    let key = input.customer_key()?;
    for _ in 0..TRIES_MAX {
        let made = match to_read(&context, &input)? {
            None => None,
            Some(source) => match source.read(&context, key.as_ref()).await? {
                None => continue,
                made => made,
            },
        };
        if let Some(mut output) = context.transact(|tx| commit(tx, &input, made.as_ref())).await? {
            output.tell_key(key.as_ref());
            return Ok(output);
        }
    }
    Err(errors::slow_down().into())
}

/// A version whose bytes have to be read, because another checksum of them is wanted than the one it has, or because they are
/// sealed, or are to be.
struct ToRead {
    version: Id,
    blobs: Vec<Blob>,
    size: u64,
    algorithm: Algorithm,
    is_moved: bool,
    /// What opens it.
    key: Option<CustomerKey>,
}

/// What was made of the bytes of a version.
struct Made {
    version: Id,
    checksum: Checksum,
    /// Bytes of its own, where it does not share those of its source.
    moved: Option<Received>,
}

fn to_read(context: &Context, input: &api::CopyObjectInput) -> Result<Option<ToRead>> {
    let view = context.view();
    let found = find(&*view, context, input)?;
    check_size(found.content.size)?;
    let is_moved = is_moved(input, &found.content)?;
    let algorithm = match (other_algorithm(input, &found.content)?, &found.content.checksum) {
        (Some(other), _) => other,
        (None, Some(own)) if is_moved => Algorithm::parse(&own.algorithm).unwrap_or(body::DEFAULT),
        (None, _) => return Ok(None),
    };
    let blobs = parts::blobs(&*view, &found.version)?;
    let (size, key) = (found.content.size, input.source_key()?);
    Ok(Some(ToRead { version: found.version.id, blobs, size, algorithm, is_moved, key }))
}

/// Whether a copy cannot share the bytes of its source.
fn is_moved(input: &api::CopyObjectInput, source: &Content) -> Result<bool, Fault> {
    Ok(matches!(source.encryption, Encryption::Customer(_)) || input.customer_key()?.is_some())
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

impl ToRead {
    /// Reads it, and seals it anew for the copy's key; nothing when it is gone.
    async fn read(self, context: &Context, key: Option<&CustomerKey>) -> Result<Option<Made>> {
        let ToRead { version, algorithm, .. } = self;
        let body = body::read(context, &self.blobs, 0..self.size, self.key.as_ref()).await?;
        let Some(mut body) = body else { return Ok(None) };
        if self.is_moved {
            let received = body::receive(context, body, Some(algorithm), key).await?;
            return Ok(Some(Made { version, checksum: received.checksum.clone(), moved: Some(received) }));
        }
        body.want(algorithm);
        while body.next().await?.is_some() {}
        let value = body.checksum(algorithm).map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Some(Made { version, checksum: Checksum::of_whole(algorithm, value), moved: None }))
    }
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

/// Makes the copy; nothing when its source is not any more the one that was read.
fn commit(
    tx: &mut Tx<'_>,
    input: &api::CopyObjectInput,
    made: Option<&Made>,
) -> Result<Option<api::CopyObjectOutput>> {
    let found = find(&**tx, tx.context, input)?;
    check_size(found.content.size)?;
    let needs_it = is_moved(input, &found.content)? || other_algorithm(input, &found.content)?.is_some();
    let made = made.filter(|made| needs_it && made.version == found.version.id);
    if needs_it && made.is_none() {
        return Ok(None);
    }
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    check_change(&at, input, &found)?;
    let condition = OfWrite { is: input.if_match.as_deref(), is_not: input.if_none_match.as_deref() };
    condition.check(&at, at.shown(&**tx)?.as_ref())?;
    let properties = properties(tx, &bucket, input, &found.content)?;
    // The source's list stays behind.
    let list = acl::of_new(&**tx, tx.context, &at, input)?;
    let copy = match made.and_then(|made| made.moved.as_ref()) {
        Some(received) => moved(tx, properties, received)?,
        None => shared(tx, properties, &found, made)?,
    };
    let keeping = Keeping::of(&**tx, &bucket)?;
    let copy = at.add(tx, keeping, copy)?;
    acl::keep(tx, &bucket, &copy.id, list.as_ref())?;
    Event { kind: Kind::Copied, bucket: &bucket, key: &input.key, version: &copy }.note(tx)?;
    let expiration = lifecycle::expiration_of(&**tx, &bucket, &input.key, &copy)?;
    Ok(Some(api::CopyObjectOutput { expiration, ..output(&found, &copy, keeping) }))
}

/// A copy with bytes of its own.
fn moved(tx: &mut Tx<'_>, properties: Properties, received: &Received) -> Result<Version> {
    let content = properties.of(received.refer(tx)?);
    Ok(Version::new(tx, Some(content)))
}

/// A copy that shares the bytes of its source.
fn shared(tx: &mut Tx<'_>, properties: Properties, source: &Found, made: Option<&Made>) -> Result<Version> {
    let content = properties.of(Bytes {
        size: source.content.size,
        digest: source.content.digest,
        parts: source.content.parts,
        blob: source.content.blob.as_ref().map(|blob| copy_blob(tx, blob)).transpose()?,
        checksum: made.map(|made| made.checksum.clone()).or_else(|| source.content.checksum.clone()),
    });
    let copy = Version::new(tx, Some(content));
    copy_parts(tx, source, &copy)?;
    Ok(copy)
}

/// Refuses to copy an object onto itself without any change. An older version may come back so.
fn check_change(at: &Versions<'_>, input: &api::CopyObjectInput, source: &Found) -> Result<(), Fault> {
    let is_changed = replaces(input)
        || input.storage_class.is_some()
        || input.website_redirect_location.is_some()
        || input.server_side_encryption.is_some()
        || input.sse_customer_key.is_some()
        || input.copy_source_sse_customer_key.is_some()
        || at.bucket.settings.contains(api::ServerSideEncryptionConfiguration::KIND);
    if !source.is_at(at) || is_changed {
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
    let mut properties = Properties::of_new(&**tx, tx.context, bucket, input, tx.now)?;
    if !replaces(input) {
        let redirect = properties.described.redirect.take();
        properties.described = Described { redirect, ..source.described.clone() };
    }
    if input.tagging_directive != Some(api::TaggingDirective::Replace) {
        properties.tags = source.tags.clone();
    }
    Ok(properties)
}

pub(crate) fn copy_blob(tx: &mut Tx<'_>, blob: &Blob) -> Result<Blob> {
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
    let mut copies = parts::of(&**tx, &source.version.parts_id())?;
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
