//! Code signing configs: whose signatures the code of functions must have.
//!
//! There is no signer here, so no package is signed by anybody: a config that enforces refuses whatever is deployed, and one that
//! warns lets it pass. Never here: signatures.

pub(crate) mod of_functions;

use api_lambda as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::{Reads, record};

use crate::function::in_lambdas_format;
use crate::functions::pages;
use crate::keys;
use crate::tags::TAGGING;

/// Configs, or functions, of a page.
const PAGE_MAX: i32 = 50;
/// What an id is made of, behind `csc-`.
const ALPHABET: &[u8] = b"0123456789abcdef";
const ID_LENGTH: usize = 17;

/// A config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Config {
    pub(crate) scope: Scope,
    id: String,
    description: Option<String>,
    /// ARNs of versions of signing profiles.
    publishers: Vec<String>,
    /// A word of the API.
    policy: String,
    modified_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_code_signing: Config);

impl Config {
    pub(crate) fn arn(&self) -> Arn {
        arn(&self.scope, &self.id)
    }

    fn shown(&self) -> api::CodeSigningConfig {
        api::CodeSigningConfig {
            code_signing_config_id: self.id.clone(),
            code_signing_config_arn: self.arn().to_string(),
            description: self.description.clone(),
            allowed_publishers: api::AllowedPublishers {
                signing_profile_version_arns: self.publishers.clone(),
            },
            code_signing_policies: api::CodeSigningPolicies {
                untrusted_artifact_on_deployment: Some(self.policy.as_str().into()),
            },
            last_modified: in_lambdas_format(self.modified_ms),
        }
    }
}

fn arn(scope: &Scope, id: &str) -> Arn {
    Arn::in_scope("lambda", scope, format_args!("code-signing-config:{id}"))
}

/// The scope and the id in a config's ARN; none in any other.
pub(crate) fn parse(text: &str) -> Option<(Scope, String)> {
    let arn: Arn = text.parse().ok()?;
    let id = arn.resource().strip_prefix("code-signing-config:")?.to_owned();
    Some((arn.scope()?, id))
}

pub(crate) fn find(reads: &impl Reads, arn: &str) -> Result<Option<Config>> {
    let Some((scope, id)) = parse(arn) else { return Ok(None) };
    Ok(reads.get_record(&keys::code_signing(&scope, &id))?)
}

pub(crate) fn known(reads: &impl Reads, arn: &str) -> Result<Config> {
    let missing = || {
        let message = format!("The Lambda code signing configuration {arn} can not be found.");
        api::error::resource_not_found_exception(message)
    };
    Ok(find(reads, arn)?.ok_or_else(missing)?)
}

/// A config that somebody wants for a function, whose neighbour it must be.
fn wanted(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<Config> {
    let missing = || {
        api::error::code_signing_config_not_found_exception(format!(
            "The code signing configuration cannot be found. Check that the provided configuration is not deleted: {arn}."
        ))
    };
    Ok(find(reads, arn)?.filter(|config| config.scope == *scope).ok_or_else(missing)?)
}

fn policy(policies: Option<&api::CodeSigningPolicies>) -> Option<String> {
    policies.and_then(|policies| policies.untrusted_artifact_on_deployment.as_ref()).map(ToString::to_string)
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateCodeSigningConfigInput,
) -> Result<api::CreateCodeSigningConfigOutput> {
    let random: [u8; ID_LENGTH] = tx.random().bytes();
    let id = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 16)])).collect::<String>();
    let config = Config {
        scope: tx.scope(),
        id: format!("csc-{id}"),
        description: input.description.clone(),
        publishers: input.allowed_publishers.signing_profile_version_arns.clone(),
        policy: policy(input.code_signing_policies.as_ref()).unwrap_or_else(|| "Warn".to_owned()),
        modified_ms: tx.now.millis(),
    };
    tx.put_record(keys::code_signing(&config.scope, &config.id), &config)?;
    TAGGING.add(tx, &config.scope, &config.arn(), input.tags.iter().flatten())?;
    Ok(api::CreateCodeSigningConfigOutput { code_signing_config: config.shown() })
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetCodeSigningConfigInput,
) -> Result<api::GetCodeSigningConfigOutput> {
    let config = known(&**view, &input.code_signing_config_arn)?;
    Ok(api::GetCodeSigningConfigOutput { code_signing_config: config.shown() })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateCodeSigningConfigInput,
) -> Result<api::UpdateCodeSigningConfigOutput> {
    let mut config = known(&**tx, &input.code_signing_config_arn)?;
    if let Some(description) = &input.description {
        config.description = Some(description.clone());
    }
    if let Some(publishers) = &input.allowed_publishers {
        config.publishers.clone_from(&publishers.signing_profile_version_arns);
    }
    if let Some(policy) = policy(input.code_signing_policies.as_ref()) {
        config.policy = policy;
    }
    config.modified_ms = tx.now.millis();
    tx.put_record(keys::code_signing(&config.scope, &config.id), &config)?;
    Ok(api::UpdateCodeSigningConfigOutput { code_signing_config: config.shown() })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteCodeSigningConfigInput,
) -> Result<api::DeleteCodeSigningConfigOutput> {
    let config = known(&**tx, &input.code_signing_config_arn)?;
    let users = of_functions::having(&**tx, &config)?;
    if let Some(user) = users.first() {
        let arn = config.arn();
        let message =
            format!("The code signing configuration {arn} is in use by the function {}.", user.arn());
        return Err(api::error::resource_conflict_exception(message).into());
    }
    tx.delete(keys::code_signing(&config.scope, &config.id));
    service::tags::forget(tx, &config.scope, &config.arn());
    Ok(api::DeleteCodeSigningConfigOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListCodeSigningConfigsInput,
) -> Result<api::ListCodeSigningConfigsOutput> {
    let pages = pages("lambda:ListCodeSigningConfigs", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let page = pages.of_range(view, keys::code_signings(&view.scope()).prefix_range(), |_, value| {
        let config: Config = record::decode(value)?;
        Ok(Some(config.shown()))
    })?;
    Ok(api::ListCodeSigningConfigsOutput {
        next_marker: page.next_token,
        code_signing_configs: Some(page.items),
    })
}
