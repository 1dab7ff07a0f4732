//! VPC links. There is no network of one's own here: an integration with a link reaches its URL as it is, and the link is
//! kept so that it can be named.

use api_apigateway as api;
use service::{Result, Tx, View};
use store::Reads;

use crate::document::{self, Home};
use crate::errors;
use crate::patch::{self, ENTRY, REPLACE};
use crate::tags::{self, TAGGING, own_arn};

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateVpcLinkInput) -> Result<api::VpcLink> {
    if input.name.is_empty() {
        return Err(errors::bad("VpcLink name must not be empty").into());
    }
    if input.target_arns.len() != 1 {
        return Err(errors::bad("VpcLink must have exactly one target ARN").into());
    }
    let (scope, id) = (tx.scope(), document::fresh_id(tx.random(), 6));
    let made = api::VpcLink {
        id: Some(id.clone()),
        name: Some(input.name.clone()),
        description: input.description.clone(),
        target_arns: Some(input.target_arns.clone()),
        status: Some("AVAILABLE".into()),
        ..api::VpcLink::default()
    };
    Home::Of(&scope).put(tx, &id, &made);
    TAGGING.add(tx, &scope, &own_arn(&scope, "vpclinks", &id), input.tags.iter().flatten())?;
    shown(&**tx, &scope, made)
}

fn shown(reads: &impl Reads, scope: &names::Scope, link: api::VpcLink) -> Result<api::VpcLink> {
    let arn = own_arn(scope, "vpclinks", link.id.as_deref().unwrap_or_default());
    Ok(api::VpcLink { tags: tags::shown(reads, scope, &arn)?, ..link })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetVpcLinkInput) -> Result<api::VpcLink> {
    let scope = view.scope();
    shown(&**view, &scope, Home::Of(&scope).find(&**view, &input.vpc_link_id)?)
}

pub(crate) fn list(view: &View<'_>, input: &api::GetVpcLinksInput) -> Result<api::GetVpcLinksOutput> {
    let scope = view.scope();
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = Home::Of(&scope).page(view, page, |link: &mut api::VpcLink| {
        *link = shown(&**view, &scope, std::mem::take(link))?;
        Ok(true)
    })?;
    Ok(api::GetVpcLinksOutput { items: Some(items), position })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateVpcLinkInput) -> Result<api::VpcLink> {
    let scope = tx.scope();
    let found: api::VpcLink = Home::Of(&scope).find(&**tx, &input.vpc_link_id)?;
    let table = &[("/name", REPLACE), ("/description", ENTRY)];
    let changed = patch::apply(&found, &input.patch_operations, table)?;
    Home::Of(&scope).put(tx, &input.vpc_link_id, &changed);
    shown(&**tx, &scope, changed)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteVpcLinkInput) -> Result<api::DeleteVpcLinkOutput> {
    let scope = tx.scope();
    Home::Of(&scope).delete::<api::VpcLink>(tx, &input.vpc_link_id)?;
    service::tags::forget(tx, &scope, &own_arn(&scope, "vpclinks", &input.vpc_link_id));
    Ok(api::DeleteVpcLinkOutput::default())
}
