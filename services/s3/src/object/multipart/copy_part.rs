//! UploadPartCopy: a part whose bytes are those of an object, or a range of them.

use std::ops::Range;

use api_s3 as api;
use checksums::Algorithm;
use service::{Context, Result, View};
use store::blobs::Blob;
use wire::{Body, Fault, Timestamp};

use super::checksum;
use super::part::{self, number};
use super::upload;
use crate::errors;
use crate::object::copy;
use crate::object::customer_key::{
    BringsKey as _, BringsSourceKey as _, CustomerKey, TellsKey as _, check_part,
};
use crate::object::encryption::TellsEncryption as _;
use crate::object::get::TRIES_MAX;
use crate::object::sums::TellsChecksum as _;
use crate::object::{body, parts, range};

pub(crate) async fn copy_part(
    context: Context,
    input: api::UploadPartCopyInput,
) -> Result<api::UploadPartCopyOutput> {
    let number = number(input.part_number)?;
    let key = input.customer_key()?;
    let (source, body) = open(&context, &input).await?;
    let received = body::receive(&context, body, Some(source.kept), key.as_ref()).await?;
    let (upload, part) = context.transact(|tx| part::put(tx, &input, number, &received)).await?;
    let mut result = api::CopyPartResult {
        e_tag: Some(part.etag()),
        last_modified: Some(Timestamp(part.modified_ms)),
        ..Default::default()
    };
    if upload.checksum.is_some() {
        result.tell(&received.checksum, None);
    }
    let mut output = api::UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: source.version_id,
        ..Default::default()
    };
    output.tell_encryption(&upload.properties.encryption);
    output.tell_key(key.as_ref());
    Ok(output)
}

/// What is copied.
struct Source {
    /// The version, where its bucket has some.
    version_id: Option<String>,
    blobs: Vec<Blob>,
    range: Range<u64>,
    /// What opens it, where it needs one.
    key: Option<CustomerKey>,
    /// The checksum that the upload wants of it.
    kept: Algorithm,
}

async fn open(context: &Context, input: &api::UploadPartCopyInput) -> Result<(Source, Body)> {
    for _ in 0..TRIES_MAX {
        let source = find(&context.view(), input)?;
        if let Some(body) =
            body::read(context, &source.blobs, source.range.clone(), source.key.as_ref()).await?
        {
            return Ok((source, body));
        }
    }
    Err(errors::slow_down().into())
}

fn find(view: &View<'_>, input: &api::UploadPartCopyInput) -> Result<Source> {
    let upload = upload::find(&**view, view.context, input)?.upload;
    check_part(&upload.properties.encryption, input.customer_key()?.as_ref())?;
    let found = copy::find(&**view, view.context, input)?;
    let range = match &input.copy_source_range {
        None => 0..found.content.size,
        Some(text) => range_of(text, found.content.size)?,
    };
    copy::check_size(range.end - range.start)?;
    Ok(Source {
        version_id: found.version_id(),
        blobs: parts::blobs(&**view, &found.version)?,
        range,
        key: input.source_key()?,
        kept: checksum::kept(upload.checksum.as_ref()),
    })
}

/// Unlike a reader's, this one has both ends, which are within the object.
fn range_of(text: &str, size: u64) -> Result<Range<u64>, Fault> {
    let invalid = |message: &str| errors::argument(message, "x-amz-copy-source-range", text);
    let range = range::between(text).ok_or_else(|| {
        invalid(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based \
             offsets of the first and last bytes to copy",
        )
    })?;
    if range.end > size {
        return Err(invalid(&format!("Range specified is not valid for source object of size: {size}")));
    }
    Ok(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_within_the_object() {
        assert_eq!(range_of("bytes=2-4", 5).unwrap(), 2..5);
        for text in ["", "bytes=", "bytes=2-", "bytes=-2", "bytes=4-2", "bytes=0-5", "bytes=0-1,3-4", "0-1"] {
            assert_eq!(range_of(text, 5).unwrap_err().code, "InvalidArgument", "{text}");
        }
    }
}
