//! A function's record, and how it is shown.

use std::collections::BTreeMap;

use api_lambda as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use wire::{Timestamp, TimestampFormat};

use crate::keys::{self, Id};
use crate::name::Name;
use crate::{errors, package};

/// Seconds, when the client says nothing.
pub(crate) const TIMEOUT_S: i32 = 3;
/// Megabytes, when the client says nothing.
pub(crate) const MEMORY_MB: i32 = 128;
/// Megabytes of `/tmp`, when the client says nothing.
pub(crate) const TMP_MB: i32 = 512;

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) runtime: String,
    pub(crate) role: String,
    pub(crate) handler: String,
    pub(crate) description: String,
    pub(crate) timeout_s: i32,
    pub(crate) memory_mb: i32,
    pub(crate) tmp_mb: i32,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) package: package::Stored,
    /// Changes with every change.
    pub(crate) revision: Id,
    pub(crate) modified_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_function: Function);

/// The function of that name.
pub(crate) fn find(reads: &impl Reads, name: &Name) -> Result<Function> {
    let arn = name.qualified_arn();
    if !name.is_latest() {
        return Err(errors::no_function(&arn).into());
    }
    let found = reads.get_record(&keys::function(&name.scope, &name.name))?;
    Ok(found.ok_or_else(|| errors::no_function(&arn))?)
}

impl Function {
    /// Its only name, for now.
    pub(crate) fn full_name(&self) -> Name {
        Name { scope: self.scope, name: self.name.clone(), qualifier: None }
    }

    /// Environments are shared by this.
    pub(crate) fn environment_key(&self) -> String {
        format!("{}@{}", self.full_name().arn(), self.revision_id())
    }

    pub(crate) fn revision_id(&self) -> String {
        names::ids::uuid(self.revision)
    }

    /// Where what it prints goes.
    pub(crate) fn log_group(&self) -> String {
        format!("/aws/lambda/{}", self.name)
    }

    /// As the API shows it.
    pub(crate) fn configuration(&self) -> api::FunctionConfiguration {
        let shown = |variables: &BTreeMap<String, String>| api::EnvironmentResponse {
            variables: Some(variables.clone()),
            error: None,
        };
        api::FunctionConfiguration {
            function_name: Some(self.name.clone()),
            function_arn: Some(self.full_name().arn().to_string()),
            runtime: Some(self.runtime.as_str().into()),
            role: Some(self.role.clone()),
            handler: Some(self.handler.clone()),
            code_size: Some(self.package.size_bytes as i64),
            description: Some(self.description.clone()),
            timeout: Some(self.timeout_s),
            memory_size: Some(self.memory_mb),
            last_modified: Some(in_lambdas_format(self.modified_ms)),
            code_sha256: Some(self.package.sha256.clone()),
            version: Some("$LATEST".into()),
            environment: (!self.environment.is_empty()).then(|| shown(&self.environment)),
            tracing_config: Some(api::TracingConfigResponse { mode: Some("PassThrough".into()) }),
            revision_id: Some(self.revision_id()),
            state: Some("Active".into()),
            last_update_status: Some("Successful".into()),
            package_type: Some("Zip".into()),
            architectures: Some(vec![ARCHITECTURE.into()]),
            ephemeral_storage: Some(api::EphemeralStorage { size: self.tmp_mb }),
            snap_start: Some(api::SnapStartResponse {
                apply_on: Some("None".into()),
                optimization_status: Some("Off".into()),
            }),
            logging_config: Some(api::LoggingConfig {
                log_format: Some("Text".into()),
                log_group: Some(self.log_group()),
                ..api::LoggingConfig::default()
            }),
            ..api::FunctionConfiguration::default()
        }
    }
}

/// What functions run on here.
pub(crate) const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };

/// `2026-01-31T12:00:00.123+0000`.
fn in_lambdas_format(at_ms: i64) -> String {
    let whole = Timestamp::from_secs(at_ms.div_euclid(1000)).format(TimestampFormat::DateTime);
    format!("{}.{:03}+0000", whole.trim_end_matches('Z'), at_ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_are_written_as_lambda_does() {
        assert_eq!(super::in_lambdas_format(1_515_531_081_007), "2018-01-09T20:51:21.007+0000");
    }
}
