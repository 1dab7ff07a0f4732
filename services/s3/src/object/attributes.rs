//! GetObjectAttributes: what is known of an object beside its bytes and metadata.

use api_s3 as api;
use service::{Result, View};
use store::Reads;
use wire::Timestamp;

use super::customer_key::{BringsKey as _, check_reader};
use super::existing::{Action, Existing, READ};
use super::multipart::{not_negative, page};
use super::parts::{self, Part};
use super::sums::TellsChecksum as _;
use super::version::{Checksum, Content, STANDARD};

const DESCRIBE: Action =
    Action { on_object: "GetObjectAttributes", on_version: "GetObjectVersionAttributes" };

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetObjectAttributesInput,
) -> Result<api::GetObjectAttributesOutput> {
    let object = Existing::of(&**view, view.context, input, DESCRIBE)?;
    READ.permit(view.context, &object.at(), input.version_id.as_deref())?;
    check_reader(&object.content.encryption, input.customer_key()?.as_ref())?;
    let mut output = api::GetObjectAttributesOutput {
        last_modified: Some(Timestamp(object.version.modified_ms)),
        version_id: object.version_id(),
        ..Default::default()
    };
    for attribute in &input.object_attributes {
        match attribute.as_str() {
            "ObjectParts" => output.object_parts = page_of_parts(&**view, &object, input)?,
            attribute => tell(&mut output, attribute, &object.content),
        }
    }
    Ok(output)
}

fn tell(output: &mut api::GetObjectAttributesOutput, attribute: &str, content: &Content) {
    match attribute {
        "ETag" => output.e_tag = Some(content.etag().trim_matches('"').to_owned()),
        "Checksum" => output.checksum = checksum(content),
        "StorageClass" => {
            output.storage_class = Some(content.storage_class.as_deref().unwrap_or(STANDARD).into());
        }
        "ObjectSize" => output.object_size = i64::try_from(content.size).ok(),
        // The model has no others.
        _ => {}
    }
}

fn checksum(content: &Content) -> Option<api::Checksum> {
    let kept = content.checksum.as_ref()?;
    let mut shown = api::Checksum::default();
    shown.tell(kept, content.parts);
    Some(shown)
}

/// A page of the parts that an object was uploaded in; nothing for one that was uploaded at once.
fn page_of_parts(
    reads: &impl Reads,
    object: &Existing<'_>,
    input: &api::GetObjectAttributesInput,
) -> Result<Option<api::GetObjectAttributesParts>> {
    if object.content.parts.is_none() {
        return Ok(None);
    }
    let max = page("max-parts", input.max_parts)?;
    let marker = input.part_number_marker.unwrap_or_default();
    let last = u32::try_from(marker).map_err(|_| not_negative("part-number-marker", marker))?;
    let parts = parts::of(reads, &object.version.id)?;
    let mut rest = parts.iter().filter(|part| part.number > last);
    let shown: Vec<&Part> = rest.by_ref().take(max).collect();
    let next = shown.last().map_or(last, |part| part.number);
    Ok(Some(api::GetObjectAttributesParts {
        total_parts_count: i32::try_from(parts.len()).ok(),
        part_number_marker: Some(marker),
        next_part_number_marker: i32::try_from(next).ok(),
        max_parts: i32::try_from(max).ok(),
        is_truncated: Some(max > 0 && rest.next().is_some()),
        parts: Some(shown.into_iter().map(|part| shown_part(part, &object.content)).collect()),
    }))
}

fn shown_part(part: &Part, content: &Content) -> api::ObjectPart {
    let mut shown = api::ObjectPart {
        part_number: i32::try_from(part.number).ok(),
        size: i64::try_from(part.size()).ok(),
        ..Default::default()
    };
    if let Some(checksum) = content.checksum.as_ref().filter(|_| !part.checksum.is_empty()) {
        let of_part = Checksum { value: part.checksum.clone(), is_composite: false, ..checksum.clone() };
        shown.tell(&of_part, None);
    }
    shown
}
