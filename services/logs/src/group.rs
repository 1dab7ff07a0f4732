//! A log group's record, and the names that it goes by.

use api_logs as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use wire::Fault;

use crate::errors;
use crate::keys::{self, Id};

const DAY_MS: i64 = 86_400_000;

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) created_ms: i64,
    /// Events older than this are not shown and, later, not kept.
    pub(crate) retention_days: Option<i32>,
    /// When the retention was set; a chore of an earlier one ends.
    pub(crate) retention_set_ms: i64,
    pub(crate) class: String,
    pub(crate) protected: bool,
}

#[cfg(test)]
layouts::stays!(stored_group: Group);

/// The ARN of a log group, without the `:*` that older operations show.
pub(crate) fn arn(scope: &Scope, name: &str) -> Arn {
    Arn::in_scope("logs", scope, format_args!("log-group:{name}"))
}

/// The group of that name.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Group> {
    Ok(reads.get_record(&keys::group(scope, name))?.ok_or_else(errors::no_group)?)
}

/// The name that an operation was given: as it is, or in an ARN of this account and region.
pub(crate) fn named<'a>(
    scope: &Scope,
    name: Option<&'a str>,
    identifier: Option<&'a str>,
) -> Result<&'a str, Fault> {
    match (name, identifier) {
        (Some(name), None) => Ok(name),
        (None, Some(identifier)) if identifier.starts_with("arn:") => in_arn(scope, identifier),
        (None, Some(identifier)) => Ok(identifier),
        _ => Err(errors::invalid("Exactly one of logGroupName and logGroupIdentifier must be specified.")),
    }
}

/// The name in the ARN of a group, with or without `:*`.
pub(crate) fn in_arn<'a>(scope: &Scope, arn: &'a str) -> Result<&'a str, Fault> {
    let parsed: Option<Arn> = arn.parse().ok();
    let is_here = parsed.is_some_and(|arn| arn.service() == "logs" && arn.scope() == Some(*scope));
    let name = arn.split_once(":log-group:").map(|(_, name)| name.strip_suffix(":*").unwrap_or(name));
    name.filter(|_| is_here).ok_or_else(errors::no_group)
}

impl Group {
    /// Before this, events are no longer shown.
    pub(crate) fn expired_before_ms(&self, now_ms: i64) -> i64 {
        self.retention_days.map_or(0, |days| now_ms - i64::from(days) * DAY_MS)
    }

    /// As the API shows it.
    pub(crate) fn shown(&self, scope: &Scope, stored_bytes: u64) -> api::LogGroup {
        let arn = arn(scope, &self.name).to_string();
        api::LogGroup {
            log_group_name: Some(self.name.clone()),
            creation_time: Some(self.created_ms),
            retention_in_days: self.retention_days,
            metric_filter_count: Some(0),
            arn: Some(format!("{arn}:*")),
            stored_bytes: i64::try_from(stored_bytes).ok(),
            log_group_class: Some(self.class.as_str().into()),
            log_group_arn: Some(arn),
            deletion_protection_enabled: Some(self.protected),
            ..api::LogGroup::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use names::{Account, Region};

    use super::*;

    #[test]
    fn a_group_is_named_in_three_ways() {
        let here = Scope::new(Account::ZERO, Region::US_EAST_1);
        let arn = arn(&here, "/aws/lambda/f").to_string();
        assert_eq!(named(&here, Some("/aws/lambda/f"), None).unwrap(), "/aws/lambda/f");
        assert_eq!(named(&here, None, Some("/aws/lambda/f")).unwrap(), "/aws/lambda/f");
        assert_eq!(named(&here, None, Some(&arn)).unwrap(), "/aws/lambda/f");
        assert_eq!(named(&here, None, Some(&format!("{arn}:*"))).unwrap(), "/aws/lambda/f");
        assert!(named(&here, Some("a"), Some("a")).is_err());
        assert!(named(&here, None, None).is_err());
        let elsewhere = arn.replace("us-east-1", "eu-west-1");
        assert!(named(&here, None, Some(&elsewhere)).is_err());
    }
}
