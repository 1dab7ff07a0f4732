//! Log groups are made, shown, given a retention, and deleted.

use api_logs as api;
use service::{Pages, Result, Tx, View};
use store::{Direction, Reads as _, record};

use crate::chores::{self, Chore};
use crate::group::{self, Group};
use crate::stream::Stream;
use crate::tags::TAGGING;
use crate::{SWEEPER, errors, keys};

/// Groups of a page.
const PAGE_MAX: i32 = 50;
/// How long events may be kept, in days.
const RETENTIONS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateLogGroupInput) -> Result<api::CreateLogGroupOutput> {
    errors::refuse(&[("kmsKeyId", input.kms_key_id.is_some())])?;
    let name = &input.log_group_name;
    if name.starts_with("aws/") {
        return Err(errors::invalid("Log groups starting with AWS/ are reserved for AWS.").into());
    }
    let scope = tx.scope();
    let key = keys::group(&scope, name);
    if tx.get(&key)?.is_some() {
        let message = "The specified log group already exists";
        return Err(api::error::resource_already_exists_exception(message).into());
    }
    let group = Group {
        id: tx.random().bytes(),
        name: name.clone(),
        created_ms: tx.now.millis(),
        retention_days: None,
        retention_set_ms: 0,
        class: input.log_group_class.as_ref().map_or("STANDARD", api::LogGroupClass::as_str).to_owned(),
        protected: input.deletion_protection_enabled == Some(true),
    };
    tx.put_record(&key, &group)?;
    TAGGING.add(tx, &scope, &group::arn(&scope, name), input.tags.iter().flatten())?;
    Ok(api::CreateLogGroupOutput::default())
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteLogGroupInput) -> Result<api::DeleteLogGroupOutput> {
    let scope = tx.scope();
    let group = group::find(&**tx, &scope, &input.log_group_name)?;
    if group.protected {
        let message = "The log group is protected against deletion.";
        return Err(api::error::validation_exception(message).into());
    }
    tx.delete(keys::group(&scope, &group.name));
    service::tags::forget(tx, &scope, &group::arn(&scope, &group.name));
    keys::all_of(&group.id).iter().for_each(|prefix| SWEEPER.put(tx, prefix));
    Ok(api::DeleteLogGroupOutput::default())
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeLogGroupsInput,
) -> Result<api::DescribeLogGroupsOutput> {
    errors::refuse(&[
        ("accountIdentifiers", input.account_identifiers.as_ref().is_some_and(|ids| !ids.is_empty())),
        ("includeLinkedAccounts", input.include_linked_accounts == Some(true)),
    ])?;
    let wanted = Wanted::read(view, input)?;
    let scope = view.scope();
    let pages = Pages {
        operation: "logs:DescribeLogGroups",
        token: input.next_token.as_deref(),
        limit: input.limit.unwrap_or(PAGE_MAX) as usize,
        bad_token: errors::bad_token,
    };
    let range = keys::groups(&scope).beginning_with(wanted.prefix.unwrap_or_default());
    let page = pages.of_range(view, range, |_, value| {
        let group: Group = record::decode(value)?;
        if !wanted.is(&group) {
            return Ok(None);
        }
        Ok(Some(group.shown(&scope, stored_bytes(view, &group)?)))
    })?;
    Ok(api::DescribeLogGroupsOutput { log_groups: Some(page.items), next_token: page.next_token })
}

/// Which groups are wanted.
struct Wanted<'a> {
    prefix: Option<&'a str>,
    /// Found anywhere in the name, whatever its case.
    pattern: Option<String>,
    class: Option<&'a str>,
    names: Option<Vec<&'a str>>,
}

impl<'a> Wanted<'a> {
    fn read(view: &View<'_>, input: &'a api::DescribeLogGroupsInput) -> Result<Self> {
        let prefix = input.log_group_name_prefix.as_deref();
        if prefix.is_some() && input.log_group_name_pattern.is_some() {
            return Err(errors::invalid(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.",
            )
            .into());
        }
        let names = input.log_group_identifiers.as_ref().map(|identifiers| {
            let named = |identifier: &'a String| group::named(&view.scope(), None, Some(identifier));
            identifiers.iter().map(named).collect::<Result<Vec<_>, _>>()
        });
        Ok(Wanted {
            prefix,
            pattern: input.log_group_name_pattern.as_ref().map(|pattern| pattern.to_lowercase()),
            class: input.log_group_class.as_ref().map(api::LogGroupClass::as_str),
            names: names.transpose()?,
        })
    }

    fn is(&self, group: &Group) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| group.name.to_lowercase().contains(pattern))
            && self.class.is_none_or(|class| class == group.class)
            && self.names.as_ref().is_none_or(|names| names.contains(&group.name.as_str()))
    }
}

/// What the events of a group take. Streams count, not events: writers of one group stay out of one another's way.
fn stored_bytes(view: &View<'_>, group: &Group) -> Result<u64> {
    let streams = view.scan(keys::streams(&group.id).prefix_range(), Direction::Forward);
    streams.map(|entry| Ok(record::decode::<Stream>(&entry?.1)?.bytes)).sum()
}

pub(crate) fn put_retention(
    tx: &mut Tx<'_>,
    input: &api::PutRetentionPolicyInput,
) -> Result<api::PutRetentionPolicyOutput> {
    let days = input.retention_in_days;
    if !RETENTIONS.contains(&days) {
        let allowed = RETENTIONS.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        return Err(errors::invalid(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member \
             must satisfy enum value set: [{allowed}]"
        ))
        .into());
    }
    retain(tx, &input.log_group_name, Some(days))?;
    Ok(api::PutRetentionPolicyOutput::default())
}

pub(crate) fn delete_retention(
    tx: &mut Tx<'_>,
    input: &api::DeleteRetentionPolicyInput,
) -> Result<api::DeleteRetentionPolicyOutput> {
    retain(tx, &input.log_group_name, None)?;
    Ok(api::DeleteRetentionPolicyOutput::default())
}

fn retain(tx: &mut Tx<'_>, name: &str, days: Option<i32>) -> Result<()> {
    let scope = tx.scope();
    let mut group = group::find(&**tx, &scope, name)?;
    group.retention_days = days;
    group.retention_set_ms = tx.now.millis();
    tx.put_record(keys::group(&scope, name), &group)?;
    if days.is_some() {
        chores::put(tx, &Chore::Expire { scope, group: group.name, set_ms: group.retention_set_ms })?;
    }
    Ok(())
}
