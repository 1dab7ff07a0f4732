//! ListParts.

use api_s3 as api;
use service::{Result, View};
use store::{Direction, Reads as _};
use wire::{Fault, Timestamp};

use super::checksum::{Kind, kept};
use super::upload::{self, Found};
use crate::object::customer_key::{self, BringsKey as _};
use crate::object::parts::Part;
use crate::object::properties::shown_class;
use crate::object::sums::{self, TellsChecksum as _};
use crate::object::version::Checksum;
use crate::{errors, keys, lifecycle, owner};

/// What one page has at most.
const PAGE_MAX: i32 = 1000;

pub(crate) fn list_parts(view: &View<'_>, input: &api::ListPartsInput) -> Result<api::ListPartsOutput> {
    let Found { bucket, id, upload } = upload::find(&**view, view.context, input)?;
    customer_key::check_whole(&upload.properties.encryption, input.customer_key()?.as_ref())?;
    let max = page("max-parts", input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or_default();
    let after = u32::try_from(marker).map_err(|_| not_negative("part-number-marker", marker))?;
    let mut range = keys::parts_of_upload(&id).prefix_range();
    range.start = keys::part_of_upload(&id, after.saturating_add(1)).into();
    let mut entries = view.scan(range, Direction::Forward);
    let mut page: Vec<Part> = Vec::new();
    for entry in entries.by_ref().take(max) {
        page.push(store::record::decode(&entry?.1)?);
    }
    let is_truncated = max > 0 && entries.next().transpose()?.is_some();
    let last = page.last().map_or(0, |part| part.number);
    let (abort_date, abort_rule_id) = lifecycle::abort_of(&**view, &bucket, &input.key, upload.initiated_ms)?;
    Ok(api::ListPartsOutput {
        abort_date,
        abort_rule_id,
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(input.upload_id.clone()),
        part_number_marker: Some(marker),
        next_part_number_marker: i32::try_from(last).ok(),
        max_parts: i32::try_from(max).ok(),
        is_truncated: Some(is_truncated),
        initiator: Some(initiator(&upload.initiator)),
        owner: Some(owner::shown(bucket.owner)),
        storage_class: Some(shown_class(upload.properties.storage_class.as_deref())),
        checksum_algorithm: upload.checksum.as_ref().map(|kind| kind.algorithm().into()),
        checksum_type: upload.checksum.as_ref().map(|kind| sums::type_of(kind.is_composite)),
        parts: Some(page.iter().map(|part| shown(part, upload.checksum.as_ref())).collect()),
        ..Default::default()
    })
}

fn shown(part: &Part, kind: Option<&Kind>) -> api::Part {
    let mut shown = api::Part {
        part_number: i32::try_from(part.number).ok(),
        last_modified: Some(Timestamp(part.modified_ms)),
        e_tag: Some(part.etag()),
        size: i64::try_from(part.size()).ok(),
        ..Default::default()
    };
    if kind.is_some() {
        shown.tell(&Checksum::of_whole(kept(kind), part.checksum.clone()), None);
    }
    shown
}

/// Who began an upload.
pub(crate) fn initiator(id: &str) -> api::Initiator {
    api::Initiator { id: Some(id.to_owned()), display_name: None }
}

/// How many entries a page is to have.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn page(name: &str, wanted: Option<i32>) -> Result<usize, Fault> {
    let wanted = wanted.unwrap_or(PAGE_MAX);
    usize::try_from(wanted.min(PAGE_MAX)).map_err(|_| not_negative(name, wanted))
}

pub(crate) fn not_negative(name: &str, value: i32) -> Fault {
    let message = format!("Argument {name} must be an integer between 0 and {}", i32::MAX);
    errors::argument(message, name, &value.to_string())
}
