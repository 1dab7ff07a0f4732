//! ListObjectsV2 and ListObjects: what a bucket shows.

use api_s3 as api;
use service::{Result, View};
use store::Snapshot;
use wire::Fault;

use super::entry;
use super::page::{Page, behind};
use super::question::{Asks, Question};
use super::walk::Begin;
use crate::bucket::Bucket;
use crate::object::acl::Owners;
use crate::{errors, keys};

const ACTION: &str = "ListBucket";
const OPERATION: &str = "s3:ListObjectsV2";

pub(crate) fn list_v2(view: &View<'_>, input: &api::ListObjectsV2Input) -> Result<api::ListObjectsV2Output> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    input.permit(view.context, ACTION)?;
    let question = input.question()?;
    let token = input.continuation_token.as_deref();
    let last = token.map(|token| opened(view, &bucket, token)).transpose()?;
    let last = last.as_deref().or(input.start_after.as_deref());
    let page = read(view, &bucket, &question, last)?;
    let next = page.next().map(|last| sealed(view, &bucket, last));
    let owners = input.fetch_owner.unwrap_or_default().then(|| Owners::of(&**view, &bucket)).transpose()?;
    let tells_restore = entry::tells_restore(input.optional_object_attributes.as_deref());
    Ok(api::ListObjectsV2Output {
        contents: Some(contents(&page, &question, owners.as_ref(), tells_restore)?),
        key_count: i32::try_from(page.count()).ok(),
        continuation_token: input.continuation_token.clone(),
        next_continuation_token: next,
        start_after: input.start_after.as_deref().map(|name| question.shown(name)),
        ..input.outline(&question, &page)
    })
}

pub(crate) fn list(view: &View<'_>, input: &api::ListObjectsInput) -> Result<api::ListObjectsOutput> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    input.permit(view.context, ACTION)?;
    let question = input.question()?;
    let page = read(view, &bucket, &question, input.marker.as_deref())?;
    let owners = Owners::of(&**view, &bucket)?;
    // Who groups nothing goes on behind the last key.
    let next = question.delimiter.and_then(|_| page.next());
    let tells_restore = entry::tells_restore(input.optional_object_attributes.as_deref());
    Ok(api::ListObjectsOutput {
        contents: Some(contents(&page, &question, Some(&owners), tells_restore)?),
        marker: Some(question.shown(input.marker.as_deref().unwrap_or_default())),
        next_marker: next.map(|last| question.shown(last)),
        ..input.outline(&question, &page)
    })
}

fn read(view: &View<'_>, bucket: &Bucket, question: &Question<'_>, last: Option<&str>) -> Result<Page> {
    let begin = last.map_or(Begin::Start, |last| behind(last, question));
    Page::read(&**view, vec![keys::objects(&bucket.id)], question, begin)
}

fn contents(
    page: &Page,
    question: &Question<'_>,
    owners: Option<&Owners<'_, Snapshot>>,
    tells_restore: bool,
) -> Result<Vec<api::Object>> {
    let shown = page.entries.iter().map(|entry| {
        let content = entry.version.content.as_ref();
        Ok(api::Object {
            key: Some(question.shown(&entry.key)),
            last_modified: Some(entry.modified()),
            e_tag: content.map(|content| content.etag()),
            checksum_algorithm: content.and_then(|content| content.checksum_algorithm()),
            checksum_type: content.and_then(|content| content.checksum_type()),
            size: content.and_then(|content| content.size()),
            storage_class: content.map(|content| content.storage_class().into()),
            owner: owners.map(|owners| owners.owner(&entry.version.id)).transpose()?,
            restore_status: content.filter(|_| tells_restore).and_then(|content| content.restore_status()),
        })
    });
    shown.collect()
}

/// The token of a page: its bucket, and the name that stood last on the page before.
fn sealed(view: &View<'_>, bucket: &Bucket, last: &str) -> String {
    let place = [bucket.id.as_slice(), last.as_bytes()].concat();
    view.context.cloud.page_tokens.seal(OPERATION, &place)
}

fn opened(view: &View<'_>, bucket: &Bucket, token: &str) -> Result<String, Fault> {
    let place = view.context.cloud.page_tokens.open(OPERATION, token).ok();
    let last = place.and_then(|place| String::from_utf8(place.strip_prefix(&bucket.id)?.to_vec()).ok());
    last.ok_or_else(|| {
        errors::argument("The continuation token provided is incorrect", "continuation-token", token)
    })
}
