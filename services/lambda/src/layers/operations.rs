//! Versions of layers are published, shown, listed and deleted.

use api_lambda as api;
use service::{Context, Result, Tx, View};
use store::{Direction, Reads, record};

use super::{Layer, LayerVersion, check_number, layer_named, uses};
use crate::code::{self, Source};
use crate::functions::pages;
use crate::{download, keys};

/// Layers, or versions, of a page.
const PAGE_MAX: i32 = 50;

pub(crate) async fn publish(
    context: Context,
    input: api::PublishLayerVersionInput,
) -> Result<api::PublishLayerVersionOutput> {
    let package = code::fetch(&context, Source::from(&input.content), "PublishLayerVersion").await?;
    let (scope, name) = layer_named(&context.scope(), &input.layer_name);
    let texts = |texts: Vec<String>| texts;
    let runtimes = input.compatible_runtimes.iter().flatten().map(ToString::to_string).collect();
    let architectures = input.compatible_architectures.iter().flatten().map(ToString::to_string).collect();
    let (runtimes, architectures) = (texts(runtimes), texts(architectures));
    let layer = context.transact(|tx| {
        let counter = keys::layer_published(&scope, &name);
        let number = tx.get_record::<u64>(&counter)?.unwrap_or_default() + 1;
        tx.put_record(&counter, &number)?;
        let layer = Layer {
            scope,
            name: name.clone(),
            number,
            description: input.description.clone().unwrap_or_default(),
            license: input.license_info.clone(),
            runtimes: runtimes.clone(),
            architectures: architectures.clone(),
            package: package.put(tx),
            created_ms: tx.now.millis(),
        };
        tx.put_record(keys::layer(&scope, &name, number), &layer)?;
        Ok(layer)
    });
    let layer = layer.await?;
    let shown = layer.shown(download::location(&context, &layer.package));
    Ok(api::PublishLayerVersionOutput {
        content: shown.content,
        layer_arn: shown.layer_arn,
        layer_version_arn: shown.layer_version_arn,
        description: shown.description,
        created_date: shown.created_date,
        version: shown.version,
        compatible_runtimes: shown.compatible_runtimes,
        license_info: shown.license_info,
        compatible_architectures: shown.compatible_architectures,
    })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetLayerVersionInput) -> Result<api::GetLayerVersionOutput> {
    check_number(input.version_number)?;
    show(view, &LayerVersion::of(&view.scope(), &input.layer_name, input.version_number))
}

pub(crate) fn get_by_arn(
    view: &View<'_>,
    input: &api::GetLayerVersionByArnInput,
) -> Result<api::GetLayerVersionByArnOutput> {
    let version = input.arn.parse().ok().and_then(|arn| LayerVersion::parse(&arn));
    // The model's pattern has been checked.
    let version = version.unwrap_or_else(|| LayerVersion::of(&view.scope(), &input.arn, 0));
    show(view, &version)
}

fn show(view: &View<'_>, version: &LayerVersion) -> Result<api::GetLayerVersionOutput> {
    let layer = version.found(&**view)?;
    Ok(layer.shown(download::location(view.context, &layer.package)))
}

/// Layers, each with its latest version that suits.
pub(crate) fn list(view: &View<'_>, input: &api::ListLayersInput) -> Result<api::ListLayersOutput> {
    let mut latest = std::collections::BTreeMap::new();
    for entry in view.scan(keys::layers(&view.scope()).prefix_range(), Direction::Forward) {
        let layer: Layer = record::decode(&entry?.1)?;
        if layer.suits(input.compatible_runtime.as_ref(), input.compatible_architecture.as_ref()) {
            latest.insert(layer.name.clone(), layer);
        }
    }
    let pages = pages("lambda:ListLayers", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let page = pages.of_sorted(view, latest, |name, layer| {
        Ok(api::LayersListItem {
            layer_name: Some(name),
            layer_arn: Some(layer.id().layer_arn().to_string()),
            latest_matching_version: Some(layer.item()),
        })
    })?;
    Ok(api::ListLayersOutput { next_marker: page.next_token, layers: Some(page.items) })
}

/// Versions of a layer, the newest first.
pub(crate) fn list_versions(
    view: &View<'_>,
    input: &api::ListLayerVersionsInput,
) -> Result<api::ListLayerVersionsOutput> {
    let (scope, name) = layer_named(&view.scope(), &input.layer_name);
    let mut versions = Vec::new();
    for entry in view.scan(keys::layer_versions(&scope, &name).prefix_range(), Direction::Backward) {
        let layer: Layer = record::decode(&entry?.1)?;
        if layer.suits(input.compatible_runtime.as_ref(), input.compatible_architecture.as_ref()) {
            versions.push((format!("{:020}", u64::MAX - layer.number), layer));
        }
    }
    let pages = pages("lambda:ListLayerVersions", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let page = pages.of_sorted(view, versions, |_, layer| Ok(layer.item()))?;
    Ok(api::ListLayerVersionsOutput { next_marker: page.next_token, layer_versions: Some(page.items) })
}

/// Functions that have it keep it. One that is not there is no error.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteLayerVersionInput,
) -> Result<api::DeleteLayerVersionOutput> {
    check_number(input.version_number)?;
    let version = LayerVersion::of(&tx.scope(), &input.layer_name, input.version_number);
    if let Some(layer) = version.find(&**tx)? {
        tx.delete(keys::layer(&version.scope, &version.layer, version.number));
        tx.delete(keys::layer_policy(&version.scope, &version.layer, version.number));
        uses::sweep(tx, &version, &layer.package.id)?;
    }
    Ok(api::DeleteLayerVersionOutput::default())
}
