//! CompleteMultipartUpload: the upload becomes an object, which takes over its parts.

use std::collections::BTreeMap;

use api_s3 as api;
use checksums::Algorithm;
use service::{Result, Tx};
use store::{Direction, Reads as _};
use wire::Fault;

use super::checksum::{self, Kind};
use super::select::{self, Named};
use super::upload::{self, Found, OfUpload as _, Upload};
use crate::bucket::Bucket;
use crate::events::{self, Event};
use crate::keys::{self, Id};
use crate::object::conditions::OfWrite;
use crate::object::customer_key::{self, BringsKey as _};
use crate::object::encryption::TellsEncryption as _;
use crate::object::parts::{self, Part};
use crate::object::properties::Bytes;
use crate::object::sums::{self, ClaimsChecksum as _, TellsChecksum as _};
use crate::object::version::{Checksum, Content, Version};
use crate::object::versions::{Keeping, Versions};
use crate::object::{acl, key, lock};
use crate::{errors, lifecycle, setting};

pub(crate) fn complete(
    tx: &mut Tx<'_>,
    input: &api::CompleteMultipartUploadInput,
) -> Result<api::CompleteMultipartUploadOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    let named = select::named(input)?;
    let version = match completed(tx, &at, input, &named)? {
        Some(before) => before,
        None => make(tx, &at, input, &named)?,
    };
    let expiration = lifecycle::expiration_of(&**tx, &bucket, &input.key, &version)?;
    Ok(api::CompleteMultipartUploadOutput { expiration, ..output(tx, input, &bucket, &version) })
}

/// The object, where the same request has made it before: its client may not have heard.
fn completed(
    tx: &Tx<'_>,
    at: &Versions<'_>,
    input: &api::CompleteMultipartUploadInput,
    named: &[Named<'_>],
) -> Result<Option<Version>> {
    let id = upload::read_id(&input.upload_id);
    let Some(version) = at.shown(&**tx)?.filter(|shown| Some(shown.id) == id) else { return Ok(None) };
    let parts = parts::of(&**tx, &version.parts_id())?;
    let is_same = parts.len() == named.len()
        && parts
            .iter()
            .zip(named)
            .all(|(part, named)| part.number == named.number && hex::encode(part.digest) == named.etag);
    Ok(is_same.then_some(version))
}

fn make(
    tx: &mut Tx<'_>,
    at: &Versions<'_>,
    input: &api::CompleteMultipartUploadInput,
    named: &[Named<'_>],
) -> Result<Version> {
    let Found { id, mut upload, .. } = upload::find(&**tx, tx.context, input)?;
    customer_key::check_whole(&upload.properties.encryption, input.customer_key()?.as_ref())?;
    let list = upload.list.take().map(|list| setting::read(&list)).transpose()?;
    let mut has = parts_of(tx, &id)?;
    let all: Vec<u32> = has.keys().copied().collect();
    let taken = select::take(&mut has, named, upload.checksum.as_ref(), input.upload_id())?;
    let checksum = checksum::of_parts(upload.checksum.as_ref(), &taken);
    check_whole(input, upload.checksum.as_ref(), &taken, &checksum)?;
    let condition = OfWrite { is: input.if_match.as_deref(), is_not: input.if_none_match.as_deref() };
    condition.check(at, at.shown(&**tx)?.as_ref())?;
    let content = content_of(tx, at.bucket, upload, &taken, checksum)?;
    let keeping = Keeping::of(&**tx, at.bucket)?;
    let version = at.add(tx, keeping, Version { id, ..Version::new(tx, Some(content)) })?;
    acl::keep(tx, at.bucket, &id, list.as_ref())?;
    parts::put(tx, &id, &taken)?;
    // What was not named is gone.
    has.values().for_each(|part| part.blob.release(tx));
    all.iter().for_each(|number| tx.delete(keys::part_of_upload(&id, *number)));
    tx.delete(keys::upload(&at.bucket.id, at.key, &id));
    Event { kind: events::Kind::Completed, bucket: at.bucket, key: at.key, version: &version }.note(tx)?;
    Ok(version)
}

fn parts_of(tx: &Tx<'_>, upload: &Id) -> Result<BTreeMap<u32, Part>> {
    let entries = tx.scan(keys::parts_of_upload(upload).prefix_range(), Direction::Forward);
    let parts = entries.map(|entry| {
        let part: Part = store::record::decode(&entry?.1)?;
        Ok((part.number, part))
    });
    parts.collect()
}

/// Holds what a request says of the whole against what it is.
fn check_whole(
    input: &api::CompleteMultipartUploadInput,
    kind: Option<&Kind>,
    parts: &[Part],
    checksum: &Checksum,
) -> Result<(), Fault> {
    let size: u64 = parts.iter().map(Part::size).sum();
    if let Some(said) = input.mpu_object_size.filter(|said| u64::try_from(*said) != Ok(size)) {
        return Err(errors::invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {said} does not match what was computed: {size}"
        )));
    }
    let mode = kind.map(|kind| sums::type_of(kind.is_composite));
    if input.checksum_type.as_ref().is_some_and(|said| Some(said) != mode.as_ref()) {
        let mode = mode.as_ref().map_or("null", api::ChecksumType::as_str);
        return Err(errors::invalid_request(format!(
            "The upload was created using the {mode} checksum mode. The complete request must use the same checksum mode."
        )));
    }
    match (kind, input.claim()) {
        (_, Some((algorithm, said))) if algorithm == checksum.algorithm && !is_it(said, checksum, parts) => {
            let algorithm = algorithm.to_lowercase();
            let message = format!("The {algorithm} you specified did not match the calculated checksum.");
            Err(Fault::new("BadDigest", 400, message))
        }
        (Some(kind), Some((algorithm, _))) if algorithm != checksum.algorithm => {
            Err(checksum::mismatch(kind, algorithm))
        }
        _ => Ok(()),
    }
}

/// The number of parts may be missing behind a checksum of theirs.
fn is_it(said: &str, checksum: &Checksum, parts: &[Part]) -> bool {
    let count = u32::try_from(parts.len()).ok();
    said == sums::text(checksum, count) || said == sums::text(checksum, None)
}

fn content_of(
    tx: &Tx<'_>,
    bucket: &Bucket,
    upload: Upload,
    parts: &[Part],
    checksum: Checksum,
) -> Result<Content> {
    let digests: Vec<u8> = parts.iter().flat_map(|part| part.digest).collect();
    let mut properties = upload.properties;
    if properties.retention.is_none() {
        (properties.retention, _) = lock::of_new(&**tx, bucket, &lock::Wish::default(), tx.now)?;
    }
    Ok(properties.of(Bytes {
        size: parts.iter().map(Part::size).sum(),
        digest: Algorithm::Md5.of(&digests).try_into().unwrap_or_default(),
        parts: u32::try_from(parts.len()).ok(),
        blob: None,
        checksum: Some(checksum),
    }))
}

fn output(
    tx: &Tx<'_>,
    input: &api::CompleteMultipartUploadInput,
    bucket: &Bucket,
    version: &Version,
) -> api::CompleteMultipartUploadOutput {
    let mut output = api::CompleteMultipartUploadOutput {
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        location: Some(location(tx, input)),
        version_id: bucket.has_versions().then(|| version.id_text()),
        ..Default::default()
    };
    if let Some(content) = &version.content {
        output.e_tag = Some(content.etag());
        output.tell_encryption(&content.encryption);
        content.checksum.iter().for_each(|checksum| output.tell(checksum, content.parts));
    }
    output
}

/// Where the object is: `http://localhost:4566/trips/2026/berlin.json`.
fn location(tx: &Tx<'_>, input: &api::CompleteMultipartUploadInput) -> String {
    format!("{}/{}/{}", tx.context.caller.endpoint, input.bucket, key::encoded(&input.key))
}
