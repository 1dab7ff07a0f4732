//! UpdateContinuousBackups and DescribeContinuousBackups: whether a table keeps what its items were, and for how long.
//!
//! A table may be restored to any moment from when that began on, up to now (AWS is five minutes behind), but not to one
//! before the period. What is older is trimmed.

use api_dynamodb as api;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use wire::{Fault, Timestamp, TimestampFormat};

use super::history::History;
use super::{errors, find_table, trim};
use crate::keys::Id;
use crate::table::Table;

/// The longest period, and the one of who names none.
const DAYS_MAX: i32 = 35;
pub(super) const DAY_MS: i64 = 86_400_000;

/// What a history is kept for, if it is not for readers alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recovery {
    since_ms: i64,
    days: i32,
    /// The job that trims.
    pub(super) trim: Id,
}

impl Recovery {
    pub(super) fn period_ms(&self) -> i64 {
        i64::from(self.days) * DAY_MS
    }

    /// The first moment to which the table may be restored, to the second.
    pub(crate) fn earliest(&self, now: Timestamp) -> Timestamp {
        second(Timestamp(self.since_ms.max(now.millis() - self.period_ms())))
    }

    /// Refuses a moment to which the table cannot be restored.
    pub(super) fn check(&self, at: Timestamp, now: Timestamp) -> Result<(), Fault> {
        let earliest = self.earliest(now);
        if (earliest..=now).contains(&at) {
            return Ok(());
        }
        let text = |moment: Timestamp| second(moment).format(TimestampFormat::DateTime);
        Err(api::error::invalid_restore_time_exception(format!(
            "RestoreDateTime '{}' must be within EarliestRestorableDateTime '{}' and LatestRestorableDateTime '{}'",
            text(at),
            text(earliest),
            text(now)
        )))
    }
}

pub(crate) fn second(moment: Timestamp) -> Timestamp {
    Timestamp(moment.millis().div_euclid(1000) * 1000)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateContinuousBackupsInput,
) -> Result<api::UpdateContinuousBackupsOutput> {
    let wanted = &input.point_in_time_recovery_specification;
    let days = wanted.recovery_period_in_days;
    if !wanted.point_in_time_recovery_enabled && days.is_some() {
        return Err(errors::invalid_request(
            "Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        )
        .into());
    }
    let mut table = find_table(&**tx, &tx.scope(), &input.table_name)?;
    if wanted.point_in_time_recovery_enabled {
        enable(tx, &mut table, days)?;
    } else {
        History::end_recovery(tx, &mut table);
    }
    tx.put_record(table.place().key(), &table)?;
    Ok(api::UpdateContinuousBackupsOutput {
        continuous_backups_description: Some(description(&table, tx.now)),
    })
}

/// Begins to keep what items were, or changes for how long. Without a period, the one that there is stays.
fn enable(tx: &mut Tx<'_>, table: &mut Table, days: Option<i32>) -> Result<()> {
    let now_ms = tx.now.millis();
    let current = History::recovery_of(table);
    let since_ms = current.map_or(now_ms, |current| current.since_ms);
    let days = days.or(current.map(|current| current.days)).unwrap_or(DAYS_MAX);
    if current.is_some_and(|current| current.days == days) {
        return Ok(());
    }
    let recovery = Recovery { since_ms, days, trim: tx.random().bytes() };
    trim::begin(tx, table, &recovery)?;
    History::of(tx, table).recovery = Some(recovery);
    Ok(())
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeContinuousBackupsInput,
) -> Result<api::DescribeContinuousBackupsOutput> {
    let table = find_table(&**view, &view.scope(), &input.table_name)?;
    Ok(api::DescribeContinuousBackupsOutput {
        continuous_backups_description: Some(description(&table, view.now)),
    })
}

/// Backups on demand may always be taken, which is what the first status is about.
fn description(table: &Table, now: Timestamp) -> api::ContinuousBackupsDescription {
    let recovery = History::recovery_of(table);
    let status = if recovery.is_some() { "ENABLED" } else { "DISABLED" };
    api::ContinuousBackupsDescription {
        continuous_backups_status: "ENABLED".into(),
        point_in_time_recovery_description: Some(api::PointInTimeRecoveryDescription {
            point_in_time_recovery_status: Some(status.into()),
            recovery_period_in_days: recovery.map(|recovery| recovery.days),
            earliest_restorable_date_time: recovery.map(|recovery| recovery.earliest(now)),
            latest_restorable_date_time: recovery.map(|_| second(now)),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_restored_to_a_moment_of_its_period() {
        let recovery = Recovery { since_ms: 10_400, days: 1, trim: [0; 16] };
        let is_good = |at_ms: i64, now_ms: i64| recovery.check(Timestamp(at_ms), Timestamp(now_ms)).is_ok();
        // The second in which it began, because clients know no milliseconds.
        assert!(is_good(10_000, 10_500) && is_good(10_500, 10_500) && !is_good(9_999, 10_500));
        assert!(!is_good(10_501, 10_500) && !is_good(11_000, 10_500));
        let later_ms = 20_000 + DAY_MS;
        assert!(is_good(20_000, later_ms) && !is_good(19_999, later_ms));
        let message = recovery.check(Timestamp(0), Timestamp(11_999)).unwrap_err().message;
        assert_eq!(
            message,
            "RestoreDateTime '1970-01-01T00:00:00Z' must be within EarliestRestorableDateTime '1970-01-01T00:00:10Z' and \
             LatestRestorableDateTime '1970-01-01T00:00:11Z'"
        );
    }
}
