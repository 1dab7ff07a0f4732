//! What API keys have used of their quotas, by days.

use std::sync::Arc;

use api_apigateway as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Result, Tx, View};
use store::{Direction, Reads};
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, Weekday};

use crate::document::Home;
use crate::{errors, keys, patch};

/// The requests of a day, and what was granted beyond the quota on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Day {
    pub(crate) used: i64,
    #[serde(default)]
    pub(crate) granted: i64,
}

#[cfg(test)]
layouts::stays!(stored_day: Day);

/// Whether there was something left of a quota.
pub(crate) enum Taken {
    Yes,
    NoMore,
}

fn today(now_ms: i64) -> Date {
    OffsetDateTime::from_unix_timestamp(now_ms / 1000).map_or(Date::MIN, OffsetDateTime::date)
}

fn text(day: Date) -> String {
    day.format(format_description!("[year]-[month]-[day]")).unwrap_or_default()
}

fn day_of(text: &str) -> Result<Date> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    Ok(day.map_err(|_| errors::bad(format!("Invalid date specified: {text}")))?)
}

/// The first day of the period in which a day is. A week begins on Sunday, and an offset moves the beginning.
fn first(quota: &api::QuotaSettings, day: Date) -> Date {
    let offset = Duration::days(i64::from(quota.offset.unwrap_or(0)));
    let moved = day.checked_sub(offset).unwrap_or(day);
    let start = match quota.period.as_ref().map(|period| period.as_str()).unwrap_or_default() {
        "WEEK" if moved.weekday() != Weekday::Sunday => moved.prev_occurrence(Weekday::Sunday),
        "MONTH" => moved.replace_day(1).unwrap_or(moved),
        _ => moved,
    };
    start.checked_add(offset).unwrap_or(start)
}

/// What was used, and granted, from a day to another.
fn sum(reads: &impl Reads, of: (&Scope, &str, &str), from: Date, to: Date) -> Result<Day> {
    let (scope, plan, key) = of;
    let mut sum = Day::default();
    let days = reads.scan(keys::usage(scope, plan, key).prefix_range(), Direction::Forward);
    for entry in days {
        let (key, value) = entry?;
        let day = keys::last(&key)?;
        if (text(from)..=text(to)).contains(&day) {
            let day: Day = store::record::decode(&value)?;
            sum = Day { used: sum.used + day.used, granted: sum.granted + day.granted };
        }
    }
    Ok(sum)
}

/// Takes one request from a key's quota, if anything is left. Plans without a quota count nothing.
pub(crate) async fn take(
    cloud: &Arc<Cloud>,
    scope: Scope,
    plan: &api::UsagePlan,
    key: &str,
) -> Result<Taken> {
    let Some(quota) = &plan.quota else { return Ok(Taken::Yes) };
    let plan_id = plan.id.as_deref().unwrap_or_default();
    let context = cloud.context_of("apigateway", scope);
    let taken = context.transact(|tx| {
        let today = today(tx.now.millis());
        let sum = sum(&**tx, (&scope, plan_id, key), first(quota, today), today)?;
        if sum.used >= i64::from(quota.limit.unwrap_or(0)) + sum.granted {
            return Ok(Taken::NoMore);
        }
        let place = keys::usage(&scope, plan_id, key).str(&text(today));
        let day: Day = tx.get_record(&place)?.unwrap_or_default();
        tx.put_record(place, &Day { used: day.used + 1, ..day })?;
        Ok(Taken::Yes)
    });
    taken.await
}

pub(crate) fn get(view: &View<'_>, input: &api::GetUsageInput) -> Result<api::Usage> {
    let scope = view.scope();
    let plan: api::UsagePlan = Home::Of(&scope).find(&**view, &input.usage_plan_id)?;
    let (from, to) = (day_of(&input.start_date)?, day_of(&input.end_date)?);
    if to < from || (to - from).whole_days() > 90 {
        return Err(errors::bad(
            "The end date must not be before the start date, nor more than 90 days after it",
        )
        .into());
    }
    let mut items = std::collections::BTreeMap::new();
    for entry in view.scan(keys::members(&scope, &input.usage_plan_id).prefix_range(), Direction::Forward) {
        let key = keys::last(&entry?.0)?;
        if input.key_id.as_ref().is_none_or(|wanted| *wanted == key) {
            items.insert(key.clone(), days(&**view, &scope, &plan, &key, (from, to))?);
        }
    }
    Ok(api::Usage {
        usage_plan_id: Some(input.usage_plan_id.clone()),
        start_date: Some(input.start_date.clone()),
        end_date: Some(input.end_date.clone()),
        position: None,
        items: Some(items),
    })
}

/// Of each day, what was used on it and what was left after it.
fn days(
    reads: &impl Reads,
    scope: &Scope,
    plan: &api::UsagePlan,
    key: &str,
    (from, to): (Date, Date),
) -> Result<Vec<Vec<i64>>> {
    let plan_id = plan.id.as_deref().unwrap_or_default();
    let mut days = Vec::new();
    let mut next = Some(from);
    while let Some(day) = next.filter(|day| *day <= to) {
        let on_day = sum(reads, (scope, plan_id, key), day, day)?;
        let left = match &plan.quota {
            Some(quota) => {
                let until = sum(reads, (scope, plan_id, key), first(quota, day), day)?;
                i64::from(quota.limit.unwrap_or(0)) + until.granted - until.used
            }
            None => 0,
        };
        days.push(vec![on_day.used, left]);
        next = day.next_day();
    }
    Ok(days)
}

/// What is left of a quota is set: for the rest of its period.
pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateUsageInput) -> Result<api::Usage> {
    let scope = tx.scope();
    let plan: api::UsagePlan = Home::Of(&scope).find(&**tx, &input.usage_plan_id)?;
    let quota = plan.quota.clone().ok_or_else(|| errors::bad("Usage Plan has no quota"))?;
    if !crate::usage_plans::has(&**tx, &scope, &input.usage_plan_id, &input.key_id)? {
        return Err(errors::missing("Invalid Usage Plan Key identifier specified").into());
    }
    let today = today(tx.now.millis());
    for change in patch::changes(&input.patch_operations)? {
        let left = change.value.and_then(|value| value.parse::<i64>().ok()).filter(|left| *left >= 0);
        let left = left.filter(|_| change.op == "replace" && change.path == "/remaining");
        let left = left.ok_or_else(|| {
            errors::bad(format!(
                "Invalid patch path  '{}' specified for op '{}'. Must be one of: [/remaining]",
                change.path, change.op
            ))
        })?;
        let sum = sum(&**tx, (&scope, &input.usage_plan_id, &input.key_id), first(&quota, today), today)?;
        let place = keys::usage(&scope, &input.usage_plan_id, &input.key_id).str(&text(today));
        let day: Day = tx.get_record(&place)?.unwrap_or_default();
        let wanted = left + sum.used - i64::from(quota.limit.unwrap_or(0));
        tx.put_record(place, &Day { granted: day.granted + wanted - sum.granted, ..day })?;
    }
    let shown = days(&**tx, &scope, &plan, &input.key_id, (today, today))?;
    Ok(api::Usage {
        usage_plan_id: Some(input.usage_plan_id.clone()),
        start_date: Some(text(today)),
        end_date: Some(text(today)),
        position: None,
        items: Some([(input.key_id.clone(), shown)].into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_begin() {
        let began = |period: &str, offset, day: &str| {
            let quota =
                api::QuotaSettings { limit: Some(1), offset: Some(offset), period: Some(period.into()) };
            text(first(&quota, day_of(day).unwrap()))
        };
        assert_eq!(began("DAY", 0, "2026-11-26"), "2026-11-26");
        assert_eq!(began("WEEK", 0, "2026-11-26"), "2026-11-22");
        assert_eq!(began("WEEK", 0, "2026-11-22"), "2026-11-22");
        assert_eq!(began("WEEK", 5, "2026-11-26"), "2026-11-20");
        assert_eq!(began("MONTH", 0, "2026-11-26"), "2026-11-01");
        assert_eq!(began("MONTH", 9, "2026-11-05"), "2026-10-10");
    }
}
