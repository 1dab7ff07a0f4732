//! A state machine's record, and the revisions that it went through.
//!
//! A revision never changes: executions name the one that they run, so an update touches none of them.

use api_states as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use wire::Timestamp;

use crate::keys::{self, Id};
use crate::{errors, name};

/// A state machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) id: Id,
    pub(crate) name: String,
    /// Executions are not kept, only logged.
    pub(crate) is_express: bool,
    pub(crate) created_ms: i64,
    /// What executions run now.
    pub(crate) revision: Id,
    /// It goes as soon as its executions have ended.
    pub(crate) is_deleting: bool,
    /// The number of the last version that was published.
    pub(crate) versions: u64,
}

#[cfg(test)]
layouts::stays!(stored_machine: Machine);

/// What a state machine was from one update to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Revision {
    /// As the API shows it; the first one has none.
    pub(crate) id: Option<String>,
    pub(crate) at_ms: i64,
    pub(crate) definition: String,
    pub(crate) role_arn: String,
    pub(crate) logging: Logging,
    pub(crate) is_traced: bool,
}

#[cfg(test)]
layouts::stays!(stored_revision: Revision);

/// What is logged of executions, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Logging {
    /// ALL, ERROR, FATAL or OFF.
    pub(crate) level: String,
    pub(crate) includes_data: bool,
    /// The ARNs of log groups.
    pub(crate) groups: Vec<String>,
}

impl Default for Logging {
    fn default() -> Self {
        Logging { level: "OFF".to_owned(), includes_data: false, groups: Vec::new() }
    }
}

/// The state machine of that name; `arn` is how the client called it.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, name: &str, arn: &str) -> Result<Machine> {
    Ok(reads.get_record(&keys::machine(scope, name))?.ok_or_else(|| errors::no_machine(arn))?)
}

/// The state machine that an ARN names, which must name no version and no alias of it.
pub(crate) fn unqualified(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Machine> {
    let named = name::machine_of(scope, arn)?;
    if named.qualifier.is_some() {
        return Err(errors::invalid_arn(format_args!("No version and no alias is taken here: {arn}")).into());
    }
    find(reads, scope, named.name, arn)
}

/// How encryption is shown: as the store keeps everything.
pub(crate) fn own_key() -> api::EncryptionConfiguration {
    let r#type = api::EncryptionType::AwsOwnedKey;
    api::EncryptionConfiguration { r#type, ..api::EncryptionConfiguration::default() }
}

/// A revision that a record names.
pub(crate) fn revision(reads: &impl Reads, machine: &Id, revision: &Id) -> Result<Revision> {
    let key = keys::revision(machine, revision);
    let missing = || store::Error::Corrupt { what: "state machine", why: "its revision is missing".into() };
    Ok(reads.get_record(&key)?.ok_or_else(missing)?)
}

impl Machine {
    pub(crate) fn arn(&self, scope: &Scope) -> String {
        name::machine(scope, &self.name).to_string()
    }

    pub(crate) fn kind(&self) -> &'static str {
        if self.is_express { "EXPRESS" } else { "STANDARD" }
    }

    /// Refuses what nobody may do with a state machine that goes.
    pub(crate) fn checked_alive(self, arn: &str) -> Result<Self> {
        if self.is_deleting { Err(errors::is_deleting(arn).into()) } else { Ok(self) }
    }

    pub(crate) fn listed(&self, scope: &Scope) -> api::StateMachineListItem {
        api::StateMachineListItem {
            state_machine_arn: self.arn(scope),
            name: self.name.clone(),
            r#type: self.kind().into(),
            creation_date: Timestamp(self.created_ms),
        }
    }
}

impl Logging {
    pub(crate) fn shown(&self) -> api::LoggingConfiguration {
        let group = |arn: &String| api::LogDestination {
            cloud_watch_logs_log_group: Some(api::CloudWatchLogsLogGroup {
                log_group_arn: Some(arn.clone()),
            }),
        };
        api::LoggingConfiguration {
            level: Some(self.level.as_str().into()),
            include_execution_data: Some(self.includes_data),
            destinations: (!self.groups.is_empty()).then(|| self.groups.iter().map(group).collect()),
        }
    }
}
