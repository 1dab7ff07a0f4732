//! GetObject and HeadObject.

use std::ops::Range;

use api_s3 as api;
use service::{Context, Result, View};
use store::Reads;
use store::blobs::Blob;
use wire::{Fault, Timestamp, TimestampFormat};

use super::conditions::OfRead;
use super::customer_key::{BringsKey, CustomerKey, TellsKey as _, check_reader};
use super::encryption::TellsEncryption as _;
use super::existing::READ;
use super::sums::TellsChecksum as _;
use super::version::Version;
use super::versions::Versions;
use super::{OfObject, body, lock, parts, range};
use crate::bucket::Bucket;
use crate::{archive, errors, lifecycle, replication};

/// Only a part of the object.
const PARTIAL: i32 = 206;
/// How often a read begins again because what it found was deleted in the meantime.
pub(crate) const TRIES_MAX: usize = 10;

pub(crate) async fn get(context: Context, input: api::GetObjectInput) -> Result<api::GetObjectOutput> {
    for _ in 0..TRIES_MAX {
        let (found, blobs) = find_blobs(&context.view(), &input)?;
        let size = found.version.content.as_ref().map_or(0, |content| content.size);
        let range = found.range.clone().unwrap_or(0..size);
        if let Some(body) = body::read(&context, &blobs, range, found.key.as_ref()).await? {
            return Ok(api::GetObjectOutput { body, ..got(&found, &input) });
        }
    }
    Err(errors::slow_down().into())
}

fn find_blobs(view: &View<'_>, input: &api::GetObjectInput) -> Result<(Found, Vec<Blob>)> {
    let found = find(view, input, input.condition(), input.asked())?;
    found.version.content.iter().try_for_each(|content| archive::check(content, view.now))?;
    let blobs = parts::blobs(&**view, &found.version)?;
    Ok((found, blobs))
}

pub(crate) fn head(view: &View<'_>, input: &api::HeadObjectInput) -> Result<api::HeadObjectOutput> {
    let found = find(view, input, input.condition(), input.asked())?;
    Ok(headed(&found, input))
}

/// An object for a reader.
struct Found {
    version: Version,
    /// Whether the bucket has versions, so that it is told which one this is.
    has_versions: bool,
    range: Option<Range<u64>>,
    /// When its bucket's rules let it expire, as it is told.
    expiration: Option<String>,
    /// What opens it, where it needs one.
    key: Option<CustomerKey>,
}

/// The part that a reader asks for.
struct Asked<'a> {
    range: Option<&'a str>,
    part: Option<i32>,
}

fn find(
    view: &View<'_>,
    input: &(impl OfObject + BringsKey),
    condition: OfRead<'_>,
    asked: Asked<'_>,
) -> Result<Found> {
    let bucket = Bucket::of(&**view, view.context, input)?;
    let at = Versions { bucket: &bucket, key: input.key() };
    READ.permit(view.context, &at, input.version_id())?;
    let version =
        of_reader(&**view, &at, input.version_id()).map_err(|error| hidden(view, &bucket, error))?;
    let Some(content) = &version.content else {
        return Err(deleted(&at, &version, input.version_id()).into());
    };
    let key = input.customer_key()?;
    check_reader(&content.encryption, key.as_ref())?;
    condition.check(&version, content)?;
    let expiration = expiration(view, &at, &version, input.version_id())?;
    let range = match asked.part {
        None => range::of(asked.range, content.size)?,
        Some(part) => Some(parts::range(&**view, &version, content, part)?),
    };
    Ok(Found { has_versions: bucket.has_versions(), range, version, expiration, key })
}

/// When an object expires, as it is told; a rule that says so means the newest version alone.
fn expiration(
    view: &View<'_>,
    at: &Versions<'_>,
    version: &Version,
    id: Option<&str>,
) -> Result<Option<String>> {
    let expiration = lifecycle::expiration_of(&**view, at.bucket, at.key, version)?;
    if expiration.is_none() || id.is_none() {
        return Ok(expiration);
    }
    let is_newest = at.shown(&**view)?.is_some_and(|shown| shown.id == version.id);
    Ok(expiration.filter(|_| is_newest))
}

/// Who may not list a bucket does not hear what is not in it.
fn hidden(view: &View<'_>, bucket: &Bucket, error: service::Error) -> service::Error {
    let listed = view.context.permit(&api::FACTS, "ListBucket", &|| vec![bucket.arn()]);
    listed.err().map_or(error, service::Error::from)
}

/// The version that a reader means: the newest, or the one that it names.
///
/// # Errors
/// `NoSuchKey`, `NoSuchVersion`.
pub(crate) fn of_reader(reads: &impl Reads, at: &Versions<'_>, id: Option<&str>) -> Result<Version> {
    match id {
        None => Ok(at.newest(reads)?.ok_or_else(|| at.no_such_key())?),
        Some(id) => Ok(at.named(reads, id)?.ok_or_else(|| at.no_such_version(id))?),
    }
}

/// A delete marker is nothing to read; whoever asks for it by its id hears what else can be done with it.
pub(crate) fn deleted(at: &Versions<'_>, marker: &Version, id: Option<&str>) -> Fault {
    let fault = match id {
        None => at.no_such_key(),
        Some(_) => {
            Fault::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
                .with_element("Method", "GET")
                .with_element("ResourceType", "DeleteMarker")
                .with_header("allow", "DELETE")
        }
    };
    fault.with_header("x-amz-delete-marker", "true").with_header("x-amz-version-id", marker.id_text())
}

/// What GetObject and HeadObject have in common.
macro_rules! reads_object {
    ($input:ident, $output:ident, $tell:ident) => {
        impl api_reader::Reads for api::$input {
            fn condition(&self) -> OfRead<'_> {
                OfRead {
                    is: self.if_match.as_deref(),
                    is_not: self.if_none_match.as_deref(),
                    changed_since: self.if_modified_since,
                    unchanged_since: self.if_unmodified_since,
                }
            }

            fn asked(&self) -> Asked<'_> {
                Asked { range: self.range.as_deref(), part: self.part_number }
            }
        }

        fn $tell(found: &Found, input: &api::$input) -> api::$output {
            let Found { version, has_versions, range, expiration, key } = found;
            let mut output = api::$output {
                accept_ranges: Some("bytes".into()),
                last_modified: Some(Timestamp(version.modified_ms)),
                version_id: has_versions.then(|| version.id_text()),
                ..Default::default()
            };
            let Some(content) = &version.content else { return output };
            output.expiration = expiration.clone();
            output.restore = archive::told(content);
            output.replication_status = replication::told(content);
            let described = content.described.clone();
            let length = range.as_ref().map_or(content.size, |range| range.end - range.start);
            output.content_length = i64::try_from(length).ok();
            output.content_range = range.as_ref().map(|range| range::shown(range, content.size));
            output.status_code = range.as_ref().map(|_| PARTIAL);
            output.e_tag = Some(content.etag());
            let default = || Some("binary/octet-stream".to_owned());
            let content_type = described.content_type.or_else(default);
            output.content_type = input.response_content_type.clone().or(content_type);
            let encoding = input.response_content_encoding.clone();
            output.content_encoding = encoding.or(described.content_encoding);
            let disposition = input.response_content_disposition.clone();
            output.content_disposition = disposition.or(described.content_disposition);
            let language = input.response_content_language.clone();
            output.content_language = language.or(described.content_language);
            output.cache_control = input.response_cache_control.clone().or(described.cache_control);
            let expires = input.response_expires.map(|moment| moment.format(TimestampFormat::HttpDate));
            output.expires = expires.or(described.expires);
            output.website_redirect_location = described.redirect;
            output.metadata = Some(described.metadata);
            output.storage_class = content.storage_class.as_deref().map(Into::into);
            let tags = content.tags.len();
            output.tag_count = i32::try_from(tags).ok().filter(|tags| *tags > 0);
            output.parts_count =
                content.parts.and_then(|parts| input.part_number.and(i32::try_from(parts).ok()));
            let retention = content.retention.as_ref();
            output.object_lock_mode = retention.map(|retention| retention.mode().into());
            output.object_lock_retain_until_date = retention.map(|retention| Timestamp(retention.until_ms));
            output.object_lock_legal_hold_status = content.is_held.map(|is_held| lock::hold(is_held).into());
            output.tell_encryption(&content.encryption);
            output.tell_key(key.as_ref());
            let mode = input.checksum_mode.as_ref().map(api::ChecksumMode::as_str);
            if mode.is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED")) && range.is_none() {
                content.checksum.iter().for_each(|checksum| output.tell(checksum, content.parts));
            }
            output
        }
    };
}

/// What a reader's input says.
mod api_reader {
    use super::{Asked, OfRead};

    pub(super) trait Reads {
        fn condition(&self) -> OfRead<'_>;
        fn asked(&self) -> Asked<'_>;
    }
}

use api_reader::Reads as _;

reads_object!(GetObjectInput, GetObjectOutput, got);
reads_object!(HeadObjectInput, HeadObjectOutput, headed);
