//! PutObject.

use api_s3 as api;
use service::{Context, Result, Tx};

use super::acl;
use super::body::{self, Received};
use super::conditions::OfWrite;
use super::customer_key::{BringsKey as _, TellsKey as _};
use super::encryption::TellsEncryption as _;
use super::key;
use super::properties::Properties;
use super::sums::TellsChecksum as _;
use super::version::Version;
use super::versions::{Keeping, Versions};
use crate::bucket::Bucket;
use crate::events::{Event, Kind};
use crate::{errors, lifecycle};

pub(crate) async fn put(context: Context, mut input: api::PutObjectInput) -> Result<api::PutObjectOutput> {
    // Before the body is read: who cannot write should not have to send it.
    check(&context, &input)?;
    let key = input.customer_key()?;
    let received = body::receive(&context, std::mem::take(&mut input.body), None, key.as_ref()).await?;
    let mut output = context.transact(|tx| commit(tx, &input, &received)).await?;
    output.tell_key(key.as_ref());
    Ok(output)
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
    Properties::of_new(&*view, context, &bucket, input, view.now)?;
    acl::of_new(&*view, context, &at, input)?;
    Ok(())
}

fn commit(tx: &mut Tx<'_>, input: &api::PutObjectInput, received: &Received) -> Result<api::PutObjectOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let keeping = Keeping::of(&**tx, &bucket)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    condition(input).check(&at, at.shown(&**tx)?.as_ref())?;
    let properties = Properties::of_new(&**tx, tx.context, &bucket, input, tx.now)?;
    let list = acl::of_new(&**tx, tx.context, &at, input)?;
    let content = properties.of(received.refer(tx)?);
    let version = at.add(tx, keeping, Version::new(tx, Some(content)))?;
    acl::keep(tx, &bucket, &version.id, list.as_ref())?;
    Event { kind: Kind::Put, bucket: &bucket, key: &input.key, version: &version }.note(tx)?;
    let expiration = lifecycle::expiration_of(&**tx, &bucket, &input.key, &version)?;
    Ok(api::PutObjectOutput { expiration, ..output(&version, keeping) })
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
