//! A function's record, as it is and as it was published, how a name leads to it, and how it is shown.

use std::collections::BTreeMap;

use api_lambda as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Random, Result};
use store::Reads;
use store::tuple::Key;
use wire::{Timestamp, TimestampFormat};

use crate::keys::{self, Id};
use crate::name::{self, Name, Target};
use crate::settings::Settings;
use crate::{aliases, errors, layers, package};

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
    /// Its number, once it is published; 0 is `$LATEST`, which changes.
    #[serde(default)]
    pub(crate) version: u64,
    /// The queue or topic that gets the events that were given up.
    #[serde(default)]
    pub(crate) dead_letter: Option<String>,
    /// In the order in which they lie over one another.
    #[serde(default)]
    pub(crate) layers: Vec<layers::Use>,
    #[serde(default)]
    pub(crate) settings: Settings,
}

#[cfg(test)]
layouts::stays!(stored_function: Function);

/// The version that a name leads to: an alias leads to its main one.
pub(crate) fn find(reads: &impl Reads, name: &Name) -> Result<Function> {
    let number = match name.target() {
        Target::Latest => 0,
        Target::Version(number) => number,
        Target::Alias(alias) => match aliases::find(reads, name, alias)? {
            Some(alias) => alias.version,
            None => return Err(errors::no_function(&name.qualified_arn()).into()),
        },
    };
    let found = reads.get_record(&key(name, number))?;
    Ok(found.ok_or_else(|| errors::no_function(&name.qualified_arn()))?)
}

/// The version that an invocation of that name gets: of an alias with weights, one by chance.
pub(crate) fn choose(reads: &impl Reads, name: &Name, random: &Random) -> Result<Function> {
    let Target::Alias(alias) = name.target() else { return find(reads, name) };
    let Some(alias) = aliases::find(reads, name, alias)? else {
        return Err(errors::no_function(&name.qualified_arn()).into());
    };
    find(reads, &name.qualified(name::version_text(alias.choose(random))))
}

fn key(name: &Name, version: u64) -> Key {
    match version {
        0 => keys::function(&name.scope, &name.name),
        number => keys::version(&name.scope, &name.name, number),
    }
}

impl Function {
    /// Its own name: a published version has its number in it.
    pub(crate) fn full_name(&self) -> Name {
        let qualifier = (self.version > 0).then(|| self.version_text());
        Name { scope: self.scope, name: self.name.clone(), qualifier }
    }

    pub(crate) fn key(&self) -> Key {
        key(&self.full_name(), self.version)
    }

    pub(crate) fn version_text(&self) -> String {
        name::version_text(self.version)
    }

    /// Environments are shared by this.
    pub(crate) fn environment_key(&self) -> String {
        format!("{}@{}", self.full_name().qualified_arn(), self.revision_id())
    }

    pub(crate) fn revision_id(&self) -> String {
        names::ids::uuid(self.revision)
    }

    /// Where what it prints goes.
    pub(crate) fn log_group(&self) -> String {
        self.settings.log_group(&self.name)
    }

    /// As the API shows it.
    pub(crate) fn configuration(&self) -> api::FunctionConfiguration {
        let shown = |variables: &BTreeMap<String, String>| api::EnvironmentResponse {
            variables: Some(variables.clone()),
            error: None,
        };
        let mut shown = api::FunctionConfiguration {
            function_name: Some(self.name.clone()),
            function_arn: Some(self.full_name().qualified_arn().to_string()),
            runtime: Some(self.runtime.as_str().into()),
            role: Some(self.role.clone()),
            handler: Some(self.handler.clone()),
            code_size: Some(self.package.size_bytes as i64),
            description: Some(self.description.clone()),
            timeout: Some(self.timeout_s),
            memory_size: Some(self.memory_mb),
            last_modified: Some(in_lambdas_format(self.modified_ms)),
            code_sha256: Some(self.package.sha256.clone()),
            version: Some(self.version_text()),
            environment: (!self.environment.is_empty()).then(|| shown(&self.environment)),
            dead_letter_config: self
                .dead_letter
                .clone()
                .map(|target| api::DeadLetterConfig { target_arn: Some(target) }),
            revision_id: Some(self.revision_id()),
            state: Some("Active".into()),
            last_update_status: Some("Successful".into()),
            layers: (!self.layers.is_empty()).then(|| self.layers.iter().map(layers::Use::shown).collect()),
            package_type: Some("Zip".into()),
            architectures: Some(vec![ARCHITECTURE.into()]),
            ephemeral_storage: Some(api::EphemeralStorage { size: self.tmp_mb }),
            ..api::FunctionConfiguration::default()
        };
        self.settings.show(&mut shown, self.version > 0);
        shown
    }

    /// The same, under the name by which it was asked for.
    pub(crate) fn configuration_as(&self, name: &Name) -> api::FunctionConfiguration {
        let function_arn = Some(name.qualified_arn().to_string());
        api::FunctionConfiguration { function_arn, ..self.configuration() }
    }

    /// As lists show it: they leave its state out.
    pub(crate) fn listed(&self, name: &Name) -> api::FunctionConfiguration {
        api::FunctionConfiguration { state: None, last_update_status: None, ..self.configuration_as(name) }
    }
}

/// What functions run on here.
pub(crate) const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" };

/// `2026-01-31T12:00:00.123+0000`.
pub(crate) fn in_lambdas_format(at_ms: i64) -> String {
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
