//! RestoreObject.

use api_s3 as api;
use service::{Result, Tx};
use wire::Fault;

use super::{invalid_state, is_archived, timer};
use crate::errors;
use crate::events::{Event, Kind};
use crate::lifecycle;
use crate::object::existing::{Action, Existing};
use crate::object::fate::{Restore, Tier};
use crate::object::version::Content;

const ACCEPTED: i32 = 202;

/// What a request wants.
struct Wish {
    days: i32,
    tier: Tier,
}

pub(crate) fn restore(tx: &mut Tx<'_>, input: &api::RestoreObjectInput) -> Result<api::RestoreObjectOutput> {
    let mut object = Existing::of(&**tx, tx.context, input, Action::of_both("RestoreObject"))?;
    let wish = Wish::of(input.restore_request.as_ref(), &object.content)?;
    let until_ms = lifecycle::after(tx.now.millis(), wish.days);
    match &mut object.content.fate.restore {
        Some(Restore { until_ms: None, tier, .. }) if wish.tier > *tier => {
            // It goes faster from now on, but does not last longer.
            *tier = wish.tier;
            object.put_here(tx)?;
        }
        Some(Restore { until_ms: None, .. }) => return Err(in_progress().into()),
        Some(Restore { until_ms: Some(until), days, .. }) if *until > tx.now.millis() => {
            (*until, *days) = (until_ms, wish.days);
            let version = object.put_here(tx)?;
            timer::set(tx, &object.at(), &version, until_ms)?;
            return Ok(api::RestoreObjectOutput::default());
        }
        restore => {
            *restore = Some(Restore { days: wish.days, until_ms: None, tier: wish.tier });
            let version = object.put_here(tx)?;
            timer::begin(tx, &object.at(), &version)?;
            let kind = Kind::RestoreBegun;
            Event { kind, bucket: &object.bucket, key: &input.key, version: &version }.note(tx)?;
        }
    }
    Ok(api::RestoreObjectOutput { status_code: Some(ACCEPTED), ..Default::default() })
}

impl Wish {
    /// # Errors
    /// When it cannot be met, or the object is in no archive.
    fn of(request: Option<&api::RestoreRequest>, content: &Content) -> Result<Self, Fault> {
        let request = request.ok_or_else(errors::malformed_xml)?;
        let selects = request.select_parameters.is_some() || request.output_location.is_some();
        if request.r#type.is_some() || selects {
            let message = "Restores of the type SELECT are not implemented.";
            return Err(Fault::new("NotImplemented", 501, message));
        }
        if content.class() == "INTELLIGENT_TIERING" {
            // None of them is in an archive here.
            let message = "This action is not allowed against this storage tier.";
            return Err(Fault::new("ObjectAlreadyInActiveTierError", 403, message));
        }
        if !is_archived(content) {
            let message = "Restore is not allowed for the object's current storage class";
            return Err(invalid_state(content, message));
        }
        let parameters = request.glacier_job_parameters.as_ref().map(|parameters| &parameters.tier);
        let tier = match parameters.or(request.tier.as_ref()).map(api::Tier::as_str) {
            Some("Bulk") => Tier::Bulk,
            Some("Expedited") if content.class() == "DEEP_ARCHIVE" => {
                let message = "Retrieval option is not supported by this storage class";
                return Err(errors::invalid_argument(message));
            }
            Some("Expedited") => Tier::Expedited,
            _ => Tier::Standard,
        };
        match request.days {
            None => Err(errors::malformed_xml()),
            Some(days) if days < 1 => {
                let message = "Days must be a positive integer";
                Err(errors::argument(message, "Days", &days.to_string()))
            }
            Some(days) => Ok(Wish { days, tier }),
        }
    }
}

fn in_progress() -> Fault {
    Fault::new("RestoreAlreadyInProgress", 409, "Object restore is already in progress")
}
