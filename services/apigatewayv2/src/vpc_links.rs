//! VPC links. There is no network of one's own here: an integration with a link reaches its URL as it is, and the link is kept so
//! that it can be named.

use api_apigatewayv2 as model;
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::{Result, Tx, View, scope_and_name};
use store::{Direction, Reads};
use wire::Kept;

use crate::api::{self, Asked};
use crate::documents::{self, Members, text};
use crate::tags::{self, TAGGING};
use crate::{errors, keys};

/// A link, as a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    document: String,
}

#[cfg(test)]
layouts::stays!(stored_link: Link);

/// The link of that id.
pub(crate) fn find(reads: &impl Reads, scope: &names::Scope, id: &str) -> Result<Members> {
    let found: Option<Link> = reads.get_record(&keys::vpc_links(scope).str(id))?;
    documents::read(&found.ok_or_else(|| errors::not_found("VpcLink", id))?.document)
}

fn put(tx: &mut Tx<'_>, id: &str, members: &Members) -> Result<()> {
    let key = keys::vpc_links(&tx.scope()).str(id);
    Ok(tx.put_record(key, &Link { document: json!(members).to_string() })?)
}

fn members(reads: &impl Reads, scope: &names::Scope, mut link: Members) -> Result<Members> {
    let id = text(&link, "vpcLinkId").unwrap_or_default().to_owned();
    let tags = service::tags::of(reads, scope, &tags::vpc_link_arn(scope, &id))?;
    documents::set(&mut link, "tags", Some(json!(tags)));
    Ok(link)
}

fn shown<O: Kept>(reads: &impl Reads, scope: &names::Scope, link: Members) -> Result<O> {
    documents::show(&members(reads, scope, link)?)
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &model::CreateVpcLinkInput,
) -> Result<model::CreateVpcLinkOutput> {
    if input.subnet_ids.is_empty() {
        return Err(errors::bad("At least one subnet is required for a VPC link").into());
    }
    let (scope, id) = (tx.scope(), api::fresh_id(tx.random(), 6));
    let mut link = documents::of(input)?;
    link.remove("tags");
    documents::default(&mut link, "securityGroupIds", json!([]));
    documents::set(&mut link, "vpcLinkId", Some(id.as_str()));
    documents::set(&mut link, "vpcLinkStatus", Some("AVAILABLE"));
    documents::set(&mut link, "vpcLinkStatusMessage", Some("VPC link is ready to route traffic"));
    documents::set(&mut link, "vpcLinkVersion", Some("V2"));
    documents::set(&mut link, "createdDate", Some(documents::moment(tx.now.millis())));
    put(tx, &id, &link)?;
    TAGGING.add(tx, &scope, &tags::vpc_link_arn(&scope, &id), input.tags.iter().flatten())?;
    shown(&**tx, &scope, link)
}

pub(crate) fn get(view: &View<'_>, input: &model::GetVpcLinkInput) -> Result<model::GetVpcLinkOutput> {
    shown(&**view, &view.scope(), find(&**view, &view.scope(), &input.vpc_link_id)?)
}

pub(crate) fn list(view: &View<'_>, input: &model::GetVpcLinksInput) -> Result<model::GetVpcLinksOutput> {
    let scope = view.scope();
    let mut links = Vec::new();
    for entry in view.scan(keys::vpc_links(&scope).prefix_range(), Direction::Forward) {
        let (_, id) = scope_and_name(&entry?.0)?;
        let link = find(&**view, &scope, &id)?;
        links.push((id, members(&**view, &scope, link)?));
    }
    let (max_results, token) = (input.max_results.as_deref(), input.next_token.as_deref());
    documents::show_page(
        Asked { operation: "apigatewayv2:GetVpcLinks", max_results, token }.page(view, links)?,
    )
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &model::UpdateVpcLinkInput,
) -> Result<model::UpdateVpcLinkOutput> {
    let mut link = find(&**tx, &tx.scope(), &input.vpc_link_id)?;
    documents::set(&mut link, "name", input.name.as_deref());
    put(tx, &input.vpc_link_id, &link)?;
    shown(&**tx, &tx.scope(), link)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &model::DeleteVpcLinkInput,
) -> Result<model::DeleteVpcLinkOutput> {
    let scope = tx.scope();
    find(&**tx, &scope, &input.vpc_link_id)?;
    tx.delete(keys::vpc_links(&scope).str(&input.vpc_link_id));
    service::tags::forget(tx, &scope, &tags::vpc_link_arn(&scope, &input.vpc_link_id));
    Ok(model::DeleteVpcLinkOutput::default())
}
