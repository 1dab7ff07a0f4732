//! Tags of APIs, stages, keys and the like. Their ARNs name no account: they are the caller's.

use api_apigateway as api;
use names::{Arn, Scope};
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::Reads;

use crate::document::Home;
use crate::errors;

/// How resources are tagged: policies name methods.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| Ok((tx.scope(), find(&**tx, &tx.scope(), arn.as_str())?)),
    |error| errors::bad(error.to_string()),
)
.of(&["/restapis", "/apikeys", "/usageplans", "/domainnames", "/vpclinks", "/clientcertificates"])
.actions("PUT", "DELETE");

/// The ARN of a stage.
pub(crate) fn stage_arn(scope: &Scope, api: &str, stage: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/restapis/{api}/stages/{stage}"))
}

/// The ARN of something that an account has.
pub(crate) fn own_arn(scope: &Scope, kind: &str, id: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/{kind}/{id}"))
}

/// The resource of that ARN.
fn find(reads: &impl Reads, scope: &Scope, text: &str) -> Result<Arn> {
    let unknown = || errors::bad("Invalid resource ARN");
    let arn: Arn = text.parse().map_err(|_| unknown())?;
    let is_here = arn.service() == "apigateway" && arn.region() == Some(scope.region);
    let path = arn.resource().strip_prefix('/').filter(|_| is_here).ok_or_else(unknown)?;
    let own = Home::Of(scope);
    match path.split('/').collect::<Vec<_>>()[..] {
        ["restapis", id] => crate::apis::find(reads, scope, id).map(drop)?,
        ["restapis", id, "stages", stage] => {
            crate::apis::home(reads, scope, id)?.find::<api::Stage>(reads, stage).map(drop)?;
        }
        ["apikeys", id] => own.find::<api::ApiKey>(reads, id).map(drop)?,
        ["domainnames", name] => crate::domains::find(reads, scope, name, None).map(drop)?,
        ["vpclinks", id] => own.find::<api::VpcLink>(reads, id).map(drop)?,
        ["clientcertificates", id] => own.find::<api::ClientCertificate>(reads, id).map(drop)?,
        ["usageplans", id] => own.find::<api::UsagePlan>(reads, id).map(drop)?,
        _ => return Err(unknown().into()),
    }
    Ok(arn)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    TAGGING.add(tx, &scope, &arn, &input.tags)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let scope = tx.scope();
    let arn = find(&**tx, &scope, &input.resource_arn)?;
    tags::remove(tx, &scope, &arn, &input.tag_keys)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(view: &View<'_>, input: &api::GetTagsInput) -> Result<api::GetTagsOutput> {
    let arn = find(&**view, &view.scope(), &input.resource_arn)?;
    Ok(api::GetTagsOutput { tags: Some(tags::of(&**view, &view.scope(), &arn)?) })
}

/// The tags of something that an account has, where it has some.
pub(crate) fn shown(
    reads: &impl Reads,
    scope: &Scope,
    arn: &Arn,
) -> Result<Option<std::collections::BTreeMap<String, String>>> {
    Ok(Some(tags::of(reads, scope, arn)?).filter(|tags| !tags.is_empty()))
}
