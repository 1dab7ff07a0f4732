//! The moments that an export is of.

use api_dynamodb as api;
use wire::{Fault, Timestamp, TimestampFormat};

use super::Range;
use crate::backups::history::History;
use crate::backups::recovery::second;
use crate::errors;
use crate::table::Table;

const SHORTEST_MS: i64 = 15 * 60_000;
const LONGEST_MS: i64 = 24 * 3_600_000;

/// Refuses what does not go together.
pub(super) fn check(input: &api::ExportTableToPointInTimeInput) -> Result<(), Fault> {
    let kind = input.export_type.as_ref().map(api::ExportType::as_str);
    let refused = match (kind, &input.incremental_export_specification) {
        (Some("INCREMENTAL_EXPORT"), None) => {
            "Incremental Export Specification expected when export type is set as Incremental Export"
        }
        (Some("INCREMENTAL_EXPORT"), Some(asked)) if asked.export_from_time.is_none() => {
            "ExportFromTime must be provided in IncrementalExportSpecification"
        }
        (None, Some(_)) => {
            "Export Type expected to be Incremental Export when incremental export specification is provided"
        }
        (Some("FULL_EXPORT"), Some(_)) => {
            "When Export Type is Full Export , Incremental Export Specification should not be provided"
        }
        _ => return Ok(()),
    };
    Err(errors::invalid(format!("Invalid Request: {refused}")))
}

/// What the request is of, if the table can be read so far back.
pub(super) fn range(
    input: &api::ExportTableToPointInTimeInput,
    table: &Table,
    now: Timestamp,
) -> Result<Range, Fault> {
    let changes = input.incremental_export_specification.as_ref();
    let changes = changes.map(|asked| changes_of(asked, table, now)).transpose()?;
    let recovery = History::recovery_of(table).ok_or_else(|| {
        api::error::point_in_time_recovery_unavailable_exception(format!(
            "Point in time recovery is not enabled for table '{}'",
            table.name
        ))
    })?;
    let range = changes.unwrap_or(Range::Full { at_ms: input.export_time.unwrap_or(now).millis() });
    let (Range::Full { at_ms: first_ms } | Range::Changes { from_ms: first_ms, .. }) = range;
    match (recovery.earliest(now)..=now).contains(&Timestamp(first_ms)) {
        true => Ok(range),
        false => Err(invalid("Export Time is invalid".to_owned())),
    }
}

fn changes_of(
    asked: &api::IncrementalExportSpecification,
    table: &Table,
    now: Timestamp,
) -> Result<Range, Fault> {
    let from = asked.export_from_time.unwrap_or(now);
    let to = asked.export_to_time.unwrap_or(second(now));
    let period = "Incremental export period";
    let text = |moment: Timestamp| second(moment).format(TimestampFormat::DateTime);
    if from < second(Timestamp(table.created_ms)) {
        return Err(invalid(format!(
            "{period} from time cannot be less than the table creation time : {}",
            text(from)
        )));
    }
    if to > now {
        return Err(invalid(format!(
            "{period} to time cannot be greater than the current time : {}",
            text(to)
        )));
    }
    let between = "Difference between export period from time and export period to time is";
    match to.millis() - from.millis() {
        ..SHORTEST_MS => Err(invalid(format!("{between} less than 15 minutes"))),
        SHORTEST_MS..=LONGEST_MS => {
            let view = asked.export_view_type.as_ref().map(api::ExportViewType::as_str);
            let with_old = view != Some("NEW_IMAGE");
            Ok(Range::Changes { from_ms: from.millis(), to_ms: to.millis(), with_old })
        }
        _ => Err(invalid(format!("{between} greater than 24 hours"))),
    }
}

fn invalid(message: String) -> Fault {
    api::error::invalid_export_time_exception(message)
}
