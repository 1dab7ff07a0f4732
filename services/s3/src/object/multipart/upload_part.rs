//! UploadPart.

use api_s3 as api;
use checksums::Algorithm;
use service::{Context, Result};

use super::checksum;
use super::part::{self, number};
use super::upload;
use crate::object::body;
use crate::object::customer_key::{BringsKey as _, CustomerKey, TellsKey as _, check_part};
use crate::object::encryption::TellsEncryption as _;
use crate::object::sums::TellsChecksum as _;

pub(crate) async fn upload_part(
    context: Context,
    mut input: api::UploadPartInput,
) -> Result<api::UploadPartOutput> {
    let number = number(input.part_number)?;
    let key = input.customer_key()?;
    let kept = check(&context, &input, key.as_ref())?;
    let body = std::mem::take(&mut input.body);
    let received = body::receive(&context, body, Some(kept), key.as_ref()).await?;
    let (upload, part) = context.transact(|tx| part::put(tx, &input, number, &received)).await?;
    let mut output = api::UploadPartOutput { e_tag: Some(part.etag()), ..Default::default() };
    output.tell_encryption(&upload.properties.encryption);
    output.tell_key(key.as_ref());
    let chosen = upload.checksum.is_some().then_some(&received.checksum);
    received.claimed.as_ref().or(chosen).into_iter().for_each(|checksum| output.tell(checksum, None));
    Ok(output)
}

/// Before the body is read. Returns which checksum is kept of it.
fn check(context: &Context, input: &api::UploadPartInput, key: Option<&CustomerKey>) -> Result<Algorithm> {
    let upload = upload::find(&*context.view(), context, input)?.upload;
    check_part(&upload.properties.encryption, key)?;
    checksum::check_part(upload.checksum.as_ref(), input.body.claimed())?;
    Ok(checksum::kept(upload.checksum.as_ref()))
}
