//! Which functions have which layers: what they name is looked up when they are configured, and held from then on.

use api_lambda as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Context, Result, Tx};
use store::{Direction, Reads as _};
use wire::Fault;

use super::LayerVersion;
use crate::function::Function;
use crate::keys::{self, Id};
use crate::{errors, package};

/// Layers of a function.
const LAYERS_MAX: usize = 5;

/// A layer that a function has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Use {
    pub(crate) arn: String,
    pub(crate) package: package::Stored,
}

impl Use {
    pub(crate) fn shown(&self) -> api::Layer {
        api::Layer {
            arn: Some(self.arn.clone()),
            code_size: Some(self.package.size_bytes as i64),
            ..api::Layer::default()
        }
    }

    fn version(&self) -> Option<LayerVersion> {
        self.arn.parse().ok().and_then(|arn| LayerVersion::parse(&arn))
    }
}

/// The layers of those ARNs, for a function in that place; the caller must be let to them.
pub(crate) fn resolve(context: &Context, scope: &Scope, arns: &[String]) -> Result<Vec<Use>> {
    if arns.len() > LAYERS_MAX {
        return Err(errors::invalid(format!("Cannot reference more than {LAYERS_MAX} layers.")).into());
    }
    let mut uses: Vec<(Arn, Use)> = Vec::new();
    for text in arns {
        let (layer, found) = one(context, scope, text)?;
        if let Some((_, other)) = uses.iter().find(|(known, _)| *known == layer) {
            let message = format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {} and \
                 {text}.",
                other.arn
            );
            return Err(errors::invalid(message).into());
        }
        uses.push((layer, found));
    }
    Ok(uses.into_iter().map(|(_, found)| found).collect())
}

/// A layer's own ARN, and the version of it that is meant.
fn one(context: &Context, scope: &Scope, text: &str) -> Result<(Arn, Use)> {
    let missing = || missing(text);
    let arn: Arn = text.parse().map_err(|_| missing())?;
    let version = LayerVersion::parse(&arn).ok_or_else(missing)?;
    if version.scope.region != scope.region {
        let message = format!(
            "Layers are not in the same region as the function. Layers are expected to be in region {}.",
            scope.region
        );
        return Err(errors::invalid(message).into());
    }
    context.permit(&api::FACTS, "GetLayerVersion", &|| vec![arn.clone()])?;
    let layer = version.find(&*context.view())?.ok_or_else(missing)?;
    Ok((version.layer_arn(), Use { arn: version.arn().to_string(), package: layer.package }))
}

/// Refuses a layer that was deleted since it was looked up: its package may be gone.
fn check_present(tx: &Tx<'_>, layer: &Use) -> Result<()> {
    let found = layer.version().map(|version| version.find(&**tx)).transpose()?.flatten();
    if found.is_none_or(|found| found.package.id != layer.package.id) {
        return Err(missing(&layer.arn).into());
    }
    Ok(())
}

fn missing(arn: &str) -> Fault {
    errors::invalid(format!("Layer version {arn} does not exist."))
}

/// Refuses code and layers that are too large together.
pub(crate) fn check_size(code: &package::Stored, layers: &[Use]) -> Result<(), Fault> {
    let layers_bytes: u64 = layers.iter().map(|layer| layer.package.unpacked_bytes).sum();
    let bytes = code.unpacked_bytes + layers_bytes;
    if layers.is_empty() || bytes <= package::UNPACKED_BYTES_MAX {
        return Ok(());
    }
    Err(errors::invalid(format!(
        "Function code combined with layers exceeds the maximum allowed size of {} bytes. The actual size is {bytes} \
         bytes.",
        package::UNPACKED_BYTES_MAX
    )))
}

/// Gives a new function its layers.
pub(crate) fn take(tx: &mut Tx<'_>, function: &Function) -> Result<()> {
    function.layers.iter().try_for_each(|layer| check_present(tx, layer))?;
    note(tx, function);
    Ok(())
}

/// Notes what layers a function has, or a version, which may outlive them.
pub(crate) fn note(tx: &mut Tx<'_>, function: &Function) {
    for layer in &function.layers {
        tx.put(keys::layer_use(&layer.package.id, &function.key()), Vec::new());
    }
}

/// Gives a function that changes its new layers, and lets go of the old.
pub(crate) fn replace(tx: &mut Tx<'_>, old: &Function, new: &Function) -> Result<()> {
    let has = |function: &Function, layer: &Use| {
        function.layers.iter().any(|other| other.package.id == layer.package.id)
    };
    new.layers.iter().filter(|layer| !has(old, layer)).try_for_each(|layer| check_present(tx, layer))?;
    note(tx, new);
    old.layers.iter().filter(|layer| !has(new, layer)).try_for_each(|layer| let_go(tx, old, layer))
}

/// Lets go of the layers of a function, or version, that is deleted.
pub(crate) fn release(tx: &mut Tx<'_>, function: &Function) -> Result<()> {
    function.layers.iter().try_for_each(|layer| let_go(tx, function, layer))
}

fn let_go(tx: &mut Tx<'_>, function: &Function, layer: &Use) -> Result<()> {
    tx.delete(keys::layer_use(&layer.package.id, &function.key()));
    layer.version().map_or(Ok(()), |version| sweep(tx, &version, &layer.package.id))
}

/// Deletes the package of a version that is deleted and that no function has. The walk counts as read: of two last users
/// that go at once, one sees that the other has gone.
pub(super) fn sweep(tx: &mut Tx<'_>, version: &LayerVersion, package: &Id) -> Result<()> {
    let is_used =
        tx.scan(keys::layer_uses(package).prefix_range(), Direction::Forward).next().transpose()?.is_some();
    if is_used || tx.get(&keys::layer(&version.scope, &version.layer, version.number))?.is_some() {
        return Ok(());
    }
    package::delete(tx, package)
}
