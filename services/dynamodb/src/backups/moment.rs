//! RestoreTableToPointInTime.

use api_dynamodb as api;
use names::Arn;
use service::{Result, Tx};
use wire::{Fault, Timestamp};

use super::copy::{self, Copy, Source, Target};
use super::history::{History, Reading};
use super::restored::{check_free, overrides, restored};
use super::{Restoring, errors, find_table};
use crate::table::Place;

pub(crate) fn restore(
    tx: &mut Tx<'_>,
    input: &api::RestoreTableToPointInTimeInput,
) -> Result<api::RestoreTableToPointInTimeOutput> {
    let (source, at) = asked(tx, input)?;
    let mut table = find_table(&**tx, &tx.scope(), source)?;
    let Some(recovery) = History::recovery_of(&table) else {
        return Err(api::error::point_in_time_recovery_unavailable_exception(format!(
            "Point in time recovery is not enabled for table '{}'",
            table.name
        ))
        .into());
    };
    if let Some(at) = at {
        recovery.check(at, tx.now)?;
    }
    let place = Place { scope: tx.scope(), name: input.target_table_name.clone() };
    check_free(&**tx, &place)?;
    let overrides = overrides!(input);
    let restoring = Restoring {
        backup_arn: None,
        table_arn: table.place().arn().to_string(),
        at_ms: at.unwrap_or(tx.now).millis(),
    };
    let target = restored(tx, &table, &place, &overrides, restoring)?;
    let reading = Reading::begin(tx, &mut table, at);
    tx.put_record(table.place().key(), &table)?;
    tx.put_record(place.key(), &target)?;
    copy::begin(tx, Copy::new(place.scope, Source::Table(reading), Target::Table(place)))?;
    Ok(api::RestoreTableToPointInTimeOutput { table_description: Some(target.description(target.status())) })
}

/// The table that is meant, and the moment, unless that is now.
fn asked<'a>(
    tx: &Tx<'_>,
    input: &'a api::RestoreTableToPointInTimeInput,
) -> Result<(&'a str, Option<Timestamp>), Fault> {
    let at = match (input.restore_date_time, input.use_latest_restorable_time == Some(true)) {
        (Some(_), true) => Err(errors::invalid_request(
            "Both RestoreDateTime and UseLatestRestorableTime cannot be set for point-in-time restore request. Please specify \
             either RestoreDateTime or UseLatestRestorableTime",
        )),
        (None, false) => Err(errors::invalid_request(
            "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
        )),
        (at, _) => Ok(at),
    }?;
    match (input.source_table_name.as_deref(), input.source_table_arn.as_deref()) {
        (Some(_), Some(_)) => {
            Err(errors::invalid_request("Must provide exactly one of: sourceTableArn, sourceTableName"))
        }
        (None, None) => Err(crate::errors::invalid(
            "The parameter 'TableName' is required but was not present in the request",
        )),
        (Some(name), None) => Ok((name, at)),
        (None, Some(arn)) => {
            check_arn(tx, arn)?;
            Ok((arn, at))
        }
    }
}

fn check_arn(tx: &Tx<'_>, arn: &str) -> Result<(), Fault> {
    let parsed: Option<Arn> = arn.parse().ok();
    let is_table = |arn: &&Arn| arn.service() == "dynamodb" && arn.resource().starts_with("table/");
    match parsed.as_ref().filter(is_table).and_then(Arn::scope) {
        None => Err(errors::invalid_request("sourceTableArn is not a valid ARN")),
        Some(scope) if scope.account != tx.scope().account => Err(errors::invalid_request(
            "This action is only supported by accounts that match the resource owner's account",
        )),
        Some(_) => Ok(()),
    }
}
