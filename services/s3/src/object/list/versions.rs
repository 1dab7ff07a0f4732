//! ListObjectVersions: everything that a bucket keeps, the newest of a key first.

use api_s3 as api;
use service::{Result, View};
use store::Reads;
use wire::Fault;

use super::entry::{self, Entry};
use super::page::{Page, behind};
use super::question::{Asks as _, Question};
use super::walk::Begin;
use crate::bucket::Bucket;
use crate::object::acl::Owners;
use crate::object::version::{NULL, Version};
use crate::object::versions::Versions;
use crate::{errors, keys};

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListObjectVersionsInput,
) -> Result<api::ListObjectVersionsOutput> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    input.permit(view.context, "ListBucketVersions")?;
    let question = input.question()?;
    let marker = Marker::of(input)?;
    let (page, is_older) = read(&**view, &bucket, &question, marker)?;
    let mut output = api::ListObjectVersionsOutput {
        key_marker: Some(question.shown(marker.key)),
        version_id_marker: Some(marker.version.unwrap_or_default().to_owned()),
        next_key_marker: page.next().map(|last| question.shown(last)),
        next_version_id_marker: next_version(&page),
        ..input.outline(&question, &page)
    };
    let tells_restore = entry::tells_restore(input.optional_object_attributes.as_deref());
    show(&mut output, &page, &question, &Owners::of(&**view, &bucket)?, is_older, tells_restore)?;
    Ok(output)
}

/// What stood last on the page before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marker<'a> {
    pub(super) key: &'a str,
    /// Nothing: all versions of the key.
    pub(super) version: Option<&'a str>,
}

impl<'a> Marker<'a> {
    fn of(input: &'a api::ListObjectVersionsInput) -> Result<Self, Fault> {
        let (key, version) = (input.key_marker.as_deref(), input.version_id_marker.as_deref());
        let refused = |message| Err(errors::argument(message, "version-id-marker", version.unwrap_or("")));
        match (key.unwrap_or_default(), version) {
            (_, Some("")) => refused("A version-id marker cannot be empty."),
            ("", Some(_)) => refused("A version-id marker cannot be specified without a key marker."),
            (key, version) => Ok(Marker { key, version }),
        }
    }
}

/// The page behind a marker, and whether it begins with an older version of the marker's key.
pub(super) fn read(
    reads: &impl Reads,
    bucket: &Bucket,
    question: &Question<'_>,
    marker: Marker<'_>,
) -> Result<(Page, bool)> {
    let begin = match behind(marker.key, question) {
        Begin::Behind(key) => match marker.version {
            Some(id) => within(reads, &Versions { bucket, key }, id)?,
            None => Begin::Behind(key),
        },
        begin => begin,
    };
    let trees = vec![keys::objects(&bucket.id), keys::versions(&bucket.id)];
    let page = Page::read(reads, trees, question, begin)?;
    let is_same = page.entries.first().is_some_and(|first| first.key == marker.key);
    Ok((page, is_same && matches!(begin, Begin::Within { .. })))
}

/// Behind a version of a key, which need not be there any more. Where nobody knows where it stood, its key begins anew: who
/// deletes what each page shows must not miss older versions.
fn within<'a>(reads: &impl Reads, at: &Versions<'a>, id: &str) -> Result<Begin<'a>> {
    let number = match id {
        NULL => at.named(reads, NULL)?.map(|null| null.number),
        id => Some(
            Version::read_id(id)
                .map(|(number, _)| number)
                .ok_or_else(|| errors::argument("Invalid version id specified", "version-id-marker", id))?,
        ),
    };
    let newest = at.newest(reads)?.map(|newest| newest.number);
    Ok(match number {
        Some(number) if newest.is_some_and(|newest| newest >= number) => {
            Begin::Within { key: at.key, number }
        }
        _ => Begin::At(at.key),
    })
}

/// The version that stands last; where a common prefix does, there is none.
pub(super) fn next_version(page: &Page) -> Option<String> {
    let (last, next) = (page.entries.last()?, page.next()?);
    (last.key == next).then(|| last.version.id_text())
}

pub(super) fn show(
    output: &mut api::ListObjectVersionsOutput,
    page: &Page,
    question: &Question<'_>,
    owners: &Owners<'_, impl Reads>,
    is_older: bool,
    tells_restore: bool,
) -> Result<()> {
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let mut before = page.entries.first().filter(|_| is_older).map(|first| first.key.as_str());
    for entry in &page.entries {
        let is_latest = before.replace(&entry.key) != Some(&entry.key);
        let owner = owners.owner(&entry.version.id)?;
        match shown(entry, question, owner, is_latest, tells_restore) {
            Shown::Version(version) => versions.push(version),
            Shown::Marker(marker) => markers.push(marker),
        }
    }
    output.versions = Some(versions);
    output.delete_markers = Some(markers);
    Ok(())
}

enum Shown {
    Version(api::ObjectVersion),
    Marker(api::DeleteMarkerEntry),
}

fn shown(
    entry: &Entry,
    question: &Question<'_>,
    owner: api::Owner,
    is_latest: bool,
    tells_restore: bool,
) -> Shown {
    let (owner, key) = (Some(owner), Some(question.shown(&entry.key)));
    let (version_id, is_latest) = (Some(entry.version.id_text()), Some(is_latest));
    let last_modified = Some(entry.modified());
    let Some(content) = &entry.version.content else {
        let marker = api::DeleteMarkerEntry { owner, key, version_id, is_latest, last_modified };
        return Shown::Marker(marker);
    };
    Shown::Version(api::ObjectVersion {
        e_tag: Some(content.etag()),
        checksum_algorithm: content.checksum_algorithm(),
        checksum_type: content.checksum_type(),
        size: content.size(),
        storage_class: Some(content.storage_class().into()),
        key,
        version_id,
        is_latest,
        last_modified,
        owner,
        restore_status: content.restore_status().filter(|_| tells_restore),
    })
}
