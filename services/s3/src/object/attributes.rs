//! GetObjectAttributes: what is known of an object beside its bytes and metadata.

use api_s3 as api;
use service::{Result, View};
use wire::Timestamp;

use super::customer_key::{BringsKey as _, check_reader};
use super::existing::{Action, Existing, READ};
use super::sums::TellsChecksum as _;
use super::version::{Content, STANDARD};

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
        tell(&mut output, attribute.as_str(), &object.content);
    }
    Ok(output)
}

fn tell(output: &mut api::GetObjectAttributesOutput, attribute: &str, content: &Content) {
    match attribute {
        "ETag" => output.e_tag = Some(content.etag().trim_matches('"').to_owned()),
        "Checksum" => output.checksum = checksum(content),
        "ObjectParts" => output.object_parts = parts(content),
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

/// How many parts an object was uploaded in; nothing for one that was uploaded at once.
fn parts(content: &Content) -> Option<api::GetObjectAttributesParts> {
    let count = i32::try_from(content.parts?).ok();
    Some(api::GetObjectAttributesParts { total_parts_count: count, ..Default::default() })
}
