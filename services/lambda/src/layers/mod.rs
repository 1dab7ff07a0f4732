//! Layers: packages that several functions share. A layer is the versions that it has; a version never changes, and stays with
//! the functions that have it when it is deleted.

mod operations;
mod permissions;
#[cfg(test)]
mod tests;
mod uses;

use api_lambda as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;

use crate::function::in_lambdas_format;
use crate::{errors, keys, package};

pub(crate) use operations::{delete, get, get_by_arn, list, list_versions, publish};
pub(crate) use permissions::{add, of as policy_of, remove, show};
pub(crate) use uses::{Use, check_size, note, release, replace, resolve, take};

/// The name of a version of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayerVersion {
    pub(crate) scope: Scope,
    pub(crate) layer: String,
    pub(crate) number: u64,
}

/// A version of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Layer {
    scope: Scope,
    name: String,
    number: u64,
    description: String,
    license: Option<String>,
    runtimes: Vec<String>,
    architectures: Vec<String>,
    package: package::Stored,
    created_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_layer: Layer);

impl LayerVersion {
    /// Reads its ARN.
    pub(crate) fn parse(arn: &Arn) -> Option<Self> {
        let (layer, number) = arn.resource().strip_prefix("layer:")?.split_once(':')?;
        let number = number.parse().ok()?;
        Some(LayerVersion { scope: arn.scope()?, layer: layer.to_owned(), number })
    }

    /// Of a layer's name or ARN, and a number.
    pub(crate) fn of(scope: &Scope, layer: &str, number: i64) -> Self {
        let (scope, layer) = layer_named(scope, layer);
        LayerVersion { scope, layer, number: number.try_into().unwrap_or_default() }
    }

    pub(crate) fn layer_arn(&self) -> Arn {
        Arn::in_scope("lambda", &self.scope, format_args!("layer:{}", self.layer))
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("lambda", &self.scope, format_args!("layer:{}:{}", self.layer, self.number))
    }

    pub(crate) fn find(&self, reads: &impl Reads) -> Result<Option<Layer>> {
        Ok(reads.get_record(&keys::layer(&self.scope, &self.layer, self.number))?)
    }

    /// The version, which must be there.
    fn found(&self, reads: &impl Reads) -> Result<Layer> {
        let missing = || {
            let message = "The resource you requested does not exist.";
            api::error::resource_not_found_exception(message)
        };
        Ok(self.find(reads)?.ok_or_else(missing)?)
    }
}

/// A layer by its name or its ARN.
fn layer_named(scope: &Scope, text: &str) -> (Scope, String) {
    let arn = text.parse::<Arn>().ok();
    let named = arn.as_ref().and_then(|arn| Some((arn.scope()?, arn.resource().strip_prefix("layer:")?)));
    named.map_or_else(|| (*scope, text.to_owned()), |(scope, name)| (scope, name.to_owned()))
}

impl Layer {
    pub(crate) fn size_bytes(&self) -> u64 {
        self.package.size_bytes
    }

    fn id(&self) -> LayerVersion {
        LayerVersion { scope: self.scope, layer: self.name.clone(), number: self.number }
    }

    /// Whether it says nothing else than that it goes together with these.
    fn suits(&self, runtime: Option<&api::Runtime>, architecture: Option<&api::Architecture>) -> bool {
        let has = |known: &[String], wanted: &str| known.iter().any(|one| one == wanted);
        runtime.is_none_or(|runtime| has(&self.runtimes, runtime.as_str()))
            && architecture.is_none_or(|architecture| has(&self.architectures, architecture.as_str()))
    }

    fn shown(&self, location: String) -> api::GetLayerVersionOutput {
        let item = self.item();
        api::GetLayerVersionOutput {
            content: Some(api::LayerVersionContentOutput {
                location: Some(location),
                code_sha256: Some(self.package.sha256.clone()),
                code_size: Some(self.package.size_bytes as i64),
                ..api::LayerVersionContentOutput::default()
            }),
            layer_arn: Some(self.id().layer_arn().to_string()),
            layer_version_arn: item.layer_version_arn,
            description: item.description,
            created_date: item.created_date,
            version: item.version,
            compatible_runtimes: item.compatible_runtimes,
            license_info: item.license_info,
            compatible_architectures: item.compatible_architectures,
        }
    }

    /// As lists show it.
    fn item(&self) -> api::LayerVersionsListItem {
        let runtimes = || self.runtimes.iter().map(|runtime| runtime.as_str().into()).collect();
        let architectures = || self.architectures.iter().map(|one| one.as_str().into()).collect();
        api::LayerVersionsListItem {
            layer_version_arn: Some(self.id().arn().to_string()),
            version: Some(self.number as i64),
            description: Some(self.description.clone()),
            created_date: Some(in_lambdas_format(self.created_ms)),
            compatible_runtimes: (!self.runtimes.is_empty()).then(runtimes),
            license_info: self.license.clone(),
            compatible_architectures: (!self.architectures.is_empty()).then(architectures),
        }
    }
}

/// A number of a version that no client may ask for.
fn check_number(number: i64) -> Result<(), wire::Fault> {
    if number < 1 { Err(errors::invalid("Layer Version Cannot be less than 1.")) } else { Ok(()) }
}
