//! ListBackups: of one table in the order of time, of all tables in that of their names.

use std::ops::Range;

use api_dynamodb as api;
use service::{Result, View};
use store::{Direction, Reads as _, record};
use wire::{Fault, Timestamp};

use super::{Backup, errors, place_of};
use crate::keys;
use crate::table::Place;

/// Backups of a page that asks for no number.
const PAGE: i32 = 100;

pub(crate) fn list(view: &View<'_>, input: &api::ListBackupsInput) -> Result<api::ListBackupsOutput> {
    let limit = usize::try_from(input.limit.unwrap_or(PAGE)).unwrap_or_default();
    let created = bounds(input)?;
    let scope = view.scope();
    let backups = match &input.table_name {
        Some(table) => keys::backups_of(&scope, &Place::of(&scope, table).name),
        None => keys::backups(&scope),
    };
    let mut range = backups.prefix_range();
    if let Some(arn) = &input.exclusive_start_backup_arn {
        check_region(&scope, arn)?;
        let after: Vec<u8> = place_of(&scope, arn)?.into();
        range.start = range.start.max([after, vec![0]].concat());
    }
    let mut summaries: Vec<api::BackupSummary> = Vec::new();
    for entry in view.scan(range, Direction::Forward) {
        let backup: Backup = record::decode(&entry?.1)?;
        if !created.contains(&backup.created_ms) || !is_wanted(input.backup_type.as_ref(), &backup) {
            continue;
        }
        if summaries.len() == limit {
            let last_evaluated_backup_arn = summaries.last().and_then(|last| last.backup_arn.clone());
            return Ok(api::ListBackupsOutput {
                backup_summaries: Some(summaries),
                last_evaluated_backup_arn,
            });
        }
        summaries.push(backup.summary());
    }
    Ok(api::ListBackupsOutput { backup_summaries: Some(summaries), last_evaluated_backup_arn: None })
}

/// When backups are to have been created.
fn bounds(input: &api::ListBackupsInput) -> Result<Range<i64>, Fault> {
    let or = |bound: Option<Timestamp>, other: i64| bound.map_or(other, |bound| bound.millis());
    let range = or(input.time_range_lower_bound, i64::MIN)..or(input.time_range_upper_bound, i64::MAX);
    if range.start > range.end {
        return Err(crate::errors::invalid_values(
            "Time range lower bound must be less than or equal to upper bound",
        ));
    }
    Ok(range)
}

fn check_region(scope: &names::Scope, arn: &str) -> Result<(), Fault> {
    let region = arn.parse::<names::Arn>().ok().and_then(|arn| arn.region());
    match region {
        Some(region) if region != scope.region => {
            Err(errors::invalid_request("The supplied ExclusiveStartBackupArn does not match the region"))
        }
        _ => Ok(()),
    }
}

/// Whether it is of the type that is asked for: those of users, where none is.
fn is_wanted(kind: Option<&api::BackupTypeFilter>, backup: &Backup) -> bool {
    let wanted = kind.map_or("USER", |kind| kind.as_str());
    wanted == "ALL" || wanted == backup.kind.name()
}
