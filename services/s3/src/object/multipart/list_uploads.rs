//! ListMultipartUploads: by keys, and those of one key in the order in which they began.

use api_s3 as api;
use service::{Result, View};
use store::{Direction, Reads as _};
use wire::{Fault, Timestamp};

use super::list_parts::{initiator, page};
use super::upload::{Upload, id_text, read_id};
use crate::bucket::Bucket;
use crate::keys::{self, Id};
use crate::object::properties::shown_class;
use crate::object::{key, sums};
use crate::{errors, owner};

pub(crate) fn list_uploads(
    view: &View<'_>,
    input: &api::ListMultipartUploadsInput,
) -> Result<api::ListMultipartUploadsOutput> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let max = page("max-uploads", input.max_uploads)?;
    let show = shown_texts(input.encoding_type.as_ref())?;
    let mut listed = Page::default();
    for entry in view.scan(range(&bucket, input)?, Direction::Forward) {
        let (stored, value) = entry?;
        let (key, id) = keys::read_upload(&stored)?;
        if !key.starts_with(prefix(input)) {
            break;
        }
        let group = group(&key, input);
        if group.is_some_and(|group| {
            listed.groups.last().is_some_and(|last| last == group) || is_passed(group, input)
        }) {
            continue;
        }
        if listed.groups.len() + listed.uploads.len() == max {
            listed.is_truncated = max > 0;
            break;
        }
        match group {
            Some(group) => listed.add_group(group),
            None => listed.add(shown(&bucket, show(&key), &id, &store::record::decode(&value)?), &key, &id),
        }
    }
    Ok(output(input, max, listed, show))
}

/// What a page has.
#[derive(Default)]
struct Page {
    uploads: Vec<api::MultipartUpload>,
    groups: Vec<String>,
    /// The key and the id of its last entry; a group has no id.
    last: (String, Option<Id>),
    is_truncated: bool,
}

impl Page {
    fn add(&mut self, upload: api::MultipartUpload, key: &str, id: &Id) {
        self.uploads.push(upload);
        self.last = (key.to_owned(), Some(*id));
    }

    fn add_group(&mut self, group: &str) {
        self.groups.push(group.to_owned());
        self.last = (group.to_owned(), None);
    }
}

fn prefix(input: &api::ListMultipartUploadsInput) -> &str {
    input.prefix.as_deref().unwrap_or_default()
}

/// Where the page begins: behind the markers.
fn range(bucket: &Bucket, input: &api::ListMultipartUploadsInput) -> Result<std::ops::Range<Vec<u8>>> {
    let mut range = keys::uploads(&bucket.id).prefix_range();
    range.start = keys::uploads_of(&bucket.id, prefix(input)).into();
    let Some(key) = input.key_marker.as_deref().filter(|key| !key.is_empty()) else { return Ok(range) };
    let behind = match input.upload_id_marker.as_deref().filter(|id| !id.is_empty()) {
        None => keys::uploads_of(&bucket.id, key),
        Some(text) => {
            let message = "Invalid uploadId marker";
            let id = read_id(text).ok_or_else(|| errors::argument(message, "upload-id-marker", text))?;
            keys::upload(&bucket.id, key, &id)
        }
    };
    range.start = range.start.max(behind.prefix_range().end);
    Ok(range)
}

/// The beginning that a key has in common with others, up to the first delimiter behind the prefix.
fn group<'k>(key: &'k str, input: &api::ListMultipartUploadsInput) -> Option<&'k str> {
    let delimiter = input.delimiter.as_deref().filter(|delimiter| !delimiter.is_empty())?;
    let begin = prefix(input).len();
    let at = key.get(begin..)?.find(delimiter)?;
    key.get(..begin + at + delimiter.len())
}

/// Whether an earlier page had that group.
fn is_passed(group: &str, input: &api::ListMultipartUploadsInput) -> bool {
    input.key_marker.as_deref().is_some_and(|marker| marker.starts_with(group))
}

/// How texts are shown: as they are, or so that XML can have them.
fn shown_texts(encoding: Option<&api::EncodingType>) -> Result<fn(&str) -> String, Fault> {
    match encoding {
        None => Ok(str::to_owned),
        Some(api::EncodingType::Url) => Ok(key::encoded),
        Some(other) => {
            let message = "Invalid Encoding Method specified in Request";
            Err(errors::argument(message, "encoding-type", other.as_str()))
        }
    }
}

fn shown(bucket: &Bucket, key: String, id: &Id, upload: &Upload) -> api::MultipartUpload {
    api::MultipartUpload {
        upload_id: Some(id_text(id)),
        key: Some(key),
        initiated: Some(Timestamp(upload.initiated_ms)),
        storage_class: Some(shown_class(upload.properties.storage_class.as_deref())),
        owner: Some(owner::shown(bucket.owner)),
        initiator: Some(initiator(&upload.initiator)),
        checksum_algorithm: upload.checksum.as_ref().map(|kind| kind.algorithm().into()),
        checksum_type: upload.checksum.as_ref().map(|kind| sums::type_of(kind.is_composite)),
    }
}

fn output(
    input: &api::ListMultipartUploadsInput,
    max: usize,
    page: Page,
    show: fn(&str) -> String,
) -> api::ListMultipartUploadsOutput {
    let groups = page.groups.iter().map(|group| api::CommonPrefix { prefix: Some(show(group)) });
    let (last_key, last_id) = page.last;
    api::ListMultipartUploadsOutput {
        bucket: Some(input.bucket.clone()),
        key_marker: Some(show(input.key_marker.as_deref().unwrap_or_default())),
        upload_id_marker: Some(input.upload_id_marker.clone().unwrap_or_default()),
        next_key_marker: page.is_truncated.then(|| show(&last_key)),
        next_upload_id_marker: page.is_truncated.then(|| last_id.as_ref().map(id_text).unwrap_or_default()),
        prefix: Some(show(prefix(input))),
        delimiter: input.delimiter.as_deref().map(show),
        encoding_type: input.encoding_type.clone(),
        max_uploads: i32::try_from(max).ok(),
        is_truncated: Some(page.is_truncated),
        common_prefixes: Some(groups.collect()),
        uploads: Some(page.uploads),
        ..Default::default()
    }
}
