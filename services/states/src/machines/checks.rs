//! What a state machine may be: its definition, its role and its settings.

use api_states as api;
use names::Arn;
use service::{Cloud, Result};
use states_language::definition::{Definition, Diagnostic, Severity};
use wire::Fault;

use crate::machine::{Logging, Revision};
use crate::{errors, tasks};

/// The settings of a state machine beside its definition.
pub(super) struct Settings {
    logging: Logging,
    is_traced: bool,
}

impl Settings {
    /// Those of a new one.
    pub(super) fn of(input: &api::CreateStateMachineInput) -> Result<Self> {
        role(&input.role_arn)?;
        encryption(input.encryption_configuration.as_ref())?;
        Ok(Settings {
            logging: input.logging_configuration.as_ref().map(logging).transpose()?.unwrap_or_default(),
            is_traced: input
                .tracing_configuration
                .as_ref()
                .is_some_and(|tracing| tracing.enabled == Some(true)),
        })
    }

    pub(super) fn revision(self, at_ms: i64, definition: &str, role_arn: &str) -> Revision {
        Revision {
            id: None,
            at_ms,
            definition: definition.to_owned(),
            role_arn: role_arn.to_owned(),
            logging: self.logging,
            is_traced: self.is_traced,
        }
    }
}

/// Refuses a definition in which anything is wrong.
pub(crate) fn definition(cloud: &Cloud, text: &str, is_express: bool) -> Result<(), Fault> {
    let wrong = all_wrong(cloud, text, is_express);
    let errors: Vec<_> = wrong.into_iter().filter(|wrong| wrong.severity == Severity::Error).collect();
    if errors.is_empty() { Ok(()) } else { Err(errors::invalid_definition(&errors)) }
}

/// Everything that is wrong with a definition.
pub(super) fn all_wrong(cloud: &Cloud, text: &str, is_express: bool) -> Vec<Diagnostic> {
    let definition = match Definition::parse(text) {
        Ok(definition) => definition,
        Err(wrong) => return wrong,
    };
    let resources = definition.resources();
    let mut wrong: Vec<_> =
        resources.filter_map(|(state, resource)| tasks::check(cloud, state, resource)).collect();
    if is_express {
        wrong.extend(definition.unfit_for_express());
    }
    wrong
}

/// Refuses what is no role's ARN.
pub(super) fn role(arn: &str) -> Result<(), Fault> {
    let is_role = |arn: &Arn| arn.service() == "iam" && arn.resource().starts_with("role/");
    match arn.parse::<Arn>().ok().filter(is_role) {
        Some(_) => Ok(()),
        None => Err(api::error::invalid_arn(format!("Invalid Role Arn: '{arn}'"))),
    }
}

/// One log group, by its ARN with `:*` behind it, wherever anything is logged.
pub(super) fn logging(input: &api::LoggingConfiguration) -> Result<Logging, Fault> {
    let level = input.level.as_ref().map_or("OFF", api::LogLevel::as_str).to_owned();
    let group = |destination: &api::LogDestination| {
        destination.cloud_watch_logs_log_group.as_ref().and_then(|group| group.log_group_arn.clone())
    };
    let groups: Vec<_> = input.destinations.iter().flatten().filter_map(group).collect();
    if groups.len() > 1 || (level != "OFF" && groups.is_empty()) {
        return Err(errors::invalid_logging("Must specify exactly one Log Destination."));
    }
    let is_group = |text: &String| {
        let arn = text.parse::<Arn>().ok().filter(|arn| arn.service() == "logs");
        arn.is_some_and(|arn| arn.resource().starts_with("log-group:") && arn.resource().ends_with(":*"))
    };
    if !groups.iter().all(is_group) {
        return Err(errors::invalid_logging("Invalid Log Destination ARN."));
    }
    Ok(Logging { level, includes_data: input.include_execution_data == Some(true), groups })
}

/// There is no key service: what is kept is kept as the store keeps everything.
pub(crate) fn encryption(input: Option<&api::EncryptionConfiguration>) -> Result<(), Fault> {
    let Some(input) = input else { return Ok(()) };
    let is_own = input.r#type == api::EncryptionType::AwsOwnedKey;
    if is_own && (input.kms_key_id.is_some() || input.kms_data_key_reuse_period_seconds.is_some()) {
        let why = "Invalid Encryption Configuration: kmsKeyId and kmsDataKeyReusePeriodSeconds need a customer managed key";
        return Err(api::error::invalid_encryption_configuration(why));
    }
    errors::refuse(&[("encryptionConfiguration.type CUSTOMER_MANAGED_KMS_KEY", !is_own)])
}
