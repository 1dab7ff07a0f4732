//! Tags of APIs, stages, domains and VPC links. Their ARNs name no account: they are the caller's.

use std::collections::BTreeMap;

use api_apigatewayv2 as model;
use names::{Arn, Scope};
use service::tags::{self, Inside, Tagging};
use service::{Result, Tx, View};
use store::{Error, Reads, Store, record};

use crate::api::Api;
use crate::old::HttpApi;
use crate::{errors, keys};

/// How APIs and stages are tagged: policies name methods.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| Ok((tx.scope(), find(&**tx, &tx.scope(), arn.as_str())?)),
    |error| errors::bad(error.to_string()),
)
.actions("POST", "DELETE");

/// The ARN of an API.
pub(crate) fn api_arn(scope: &Scope, api: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/apis/{api}"))
}

/// The ARN of a stage.
pub(crate) fn stage_arn(scope: &Scope, api: &str, stage: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/apis/{api}/stages/{stage}"))
}

/// The ARN of a VPC link.
pub(crate) fn vpc_link_arn(scope: &Scope, id: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/vpclinks/{id}"))
}

/// What has that ARN and tags.
fn find(reads: &impl Reads, scope: &Scope, text: &str) -> Result<Arn> {
    let unknown = || errors::bad("Invalid resource ARN");
    let arn: Arn = text.parse().map_err(|_| unknown())?;
    let is_here = arn.service() == "apigateway" && arn.region() == Some(scope.region);
    let path: Vec<&str> =
        arn.resource().strip_prefix('/').filter(|_| is_here).ok_or_else(unknown)?.split('/').collect();
    match *path.as_slice() {
        ["domainnames", name] => drop(crate::domains::find(reads, scope, name)?),
        ["vpclinks", id] => drop(crate::vpc_links::find(reads, scope, id)?),
        ["apis", id] => drop(Api::find(reads, scope, id)?),
        ["apis", id, "stages", name] => {
            let api = Api::find(reads, scope, id)?;
            api.stages.get(name).ok_or_else(|| errors::not_found("Stage", name))?;
        }
        _ => return Err(unknown().into()),
    }
    Ok(arn)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &model::TagResourceInput) -> Result<model::TagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    TAGGING.add(tx, &scope, &arn, input.tags.iter().flatten())?;
    Ok(model::TagResourceOutput::default())
}

pub(crate) fn untag(
    tx: &mut Tx<'_>,
    input: &model::UntagResourceInput,
) -> Result<model::UntagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    tags::remove(tx, &scope, &arn, &input.tag_keys)?;
    Ok(model::UntagResourceOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &model::GetTagsInput) -> Result<model::GetTagsOutput> {
    let arn = find(&**view, &view.scope(), &input.resource_arn)?;
    Ok(model::GetTagsOutput { tags: Some(tags::of(&**view, &view.scope(), &arn)?) })
}

/// Takes over the tags that an earlier program had in records.
pub(crate) fn upgrade(store: &Store) -> Result<(), Error> {
    tags::take_over(store, "HTTP API", keys::old_apis().prefix_range(), |_, value| {
        let api: HttpApi = record::decode(value)?;
        let stages = record::decode::<Stages>(value)?.stages.into_iter();
        let stages = stages.map(|(name, tags)| (api.scope, stage_arn(&api.scope, &api.id, &name), tags));
        let own = (api.scope, api_arn(&api.scope, &api.id), record::decode(value)?);
        Ok(stages.chain([own]).collect())
    })?;
    crate::old::upgrade(store)
}

/// The stages in an API's record, as far as they had tags.
#[derive(serde::Deserialize)]
struct Stages {
    stages: BTreeMap<String, Inside>,
}
