//! PutObject.

use api_s3 as api;
use service::{Context, Result, Tx};
use wire::Fault;

use super::body::{self, Received};
use super::conditions::OfWrite;
use super::described::Describes as _;
use super::encryption::{self, TellsEncryption as _};
use super::sums::TellsChecksum as _;
use super::version::{Content, STANDARD, Version};
use super::versions::{Keeping, Versions};
use super::{key, lock, tags};
use crate::bucket::Bucket;
use crate::errors;
use crate::events::{Event, Kind};

/// Classes that objects here can have.
const CLASSES: [&str; 8] = [
    STANDARD,
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "GLACIER_IR",
    "DEEP_ARCHIVE",
];

pub(crate) async fn put(context: Context, mut input: api::PutObjectInput) -> Result<api::PutObjectOutput> {
    // Before the body is read: who cannot write should not have to send it.
    check(&context, &input)?;
    let received = body::receive(&context, std::mem::take(&mut input.body)).await?;
    context.transact(|tx| commit(tx, &input, &received)).await
}

fn check(context: &Context, input: &api::PutObjectInput) -> Result<()> {
    let view = context.view();
    let bucket = Bucket::of(&*view, context, input)?;
    key::check(&input.key)?;
    if input.write_offset_bytes.is_some() {
        return Err(errors::not_implemented().with_element("Header", "x-amz-write-offset-bytes").into());
    }
    let at = Versions { bucket: &bucket, key: &input.key };
    condition(input).check(&at, at.shown(&*view)?.as_ref())?;
    input.described()?;
    storage_class(input.storage_class.as_ref())?;
    tags::of_header(input.tagging.as_deref())?;
    encryption::of_new(&*view, &bucket, &encryption_of(input))?;
    lock::of_new(&*view, &bucket, &lock_of(input), view.now)?;
    Ok(())
}

fn commit(tx: &mut Tx<'_>, input: &api::PutObjectInput, received: &Received) -> Result<api::PutObjectOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let keeping = Keeping::of(&**tx, &bucket)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    condition(input).check(&at, at.shown(&**tx)?.as_ref())?;
    let (retention, is_held) = lock::of_new(&**tx, &bucket, &lock_of(input), tx.now)?;
    let content = Content {
        size: received.written.length(),
        digest: received.digest,
        parts: None,
        blob: Some(received.written.refer(tx)?),
        checksum: Some(received.checksum.clone()),
        storage_class: storage_class(input.storage_class.as_ref())?,
        described: input.described()?,
        encryption: encryption::of_new(&**tx, &bucket, &encryption_of(input))?,
        tags: tags::of_header(input.tagging.as_deref())?,
        retention,
        is_held,
    };
    let version = at.add(tx, keeping, Version::new(tx, Some(content)))?;
    Event { kind: Kind::Put, bucket: &bucket, key: &input.key, version: &version }.note(tx)?;
    Ok(output(&version, keeping))
}

fn output(version: &Version, keeping: Keeping) -> api::PutObjectOutput {
    let mut output = api::PutObjectOutput {
        version_id: (keeping != Keeping::Nothing).then(|| version.id_text()),
        ..Default::default()
    };
    if let Some(content) = &version.content {
        output.e_tag = Some(content.etag());
        output.tell_encryption(&content.encryption);
        content.checksum.iter().for_each(|checksum| output.tell(checksum, None));
    }
    output
}

fn condition(input: &api::PutObjectInput) -> OfWrite<'_> {
    OfWrite { is: input.if_match.as_deref(), is_not: input.if_none_match.as_deref() }
}

fn encryption_of(input: &api::PutObjectInput) -> encryption::Wish {
    encryption::Wish {
        kind: input.server_side_encryption.as_ref().map(|kind| kind.as_str().to_owned()),
        key: input.ssekms_key_id.clone(),
        has_bucket_key: input.bucket_key_enabled,
        is_customers: input.sse_customer_algorithm.is_some() || input.sse_customer_key.is_some(),
    }
}

fn lock_of(input: &api::PutObjectInput) -> lock::Wish {
    lock::Wish {
        mode: input.object_lock_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        until: input.object_lock_retain_until_date,
        is_held: input.object_lock_legal_hold_status.as_ref().map(|status| status.as_str() == "ON"),
    }
}

/// A class as it is kept.
///
/// # Errors
/// `InvalidStorageClass`.
pub(crate) fn storage_class(wanted: Option<&api::StorageClass>) -> Result<Option<String>, Fault> {
    let class = wanted.map_or(STANDARD, api::StorageClass::as_str);
    if !CLASSES.contains(&class) {
        let fault = Fault::new("InvalidStorageClass", 400, "The storage class you specified is not valid");
        return Err(fault.with_element("StorageClassRequested", class));
    }
    Ok((class != STANDARD).then(|| class.to_owned()))
}
