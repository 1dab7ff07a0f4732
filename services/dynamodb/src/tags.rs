//! Tags of tables.

use std::collections::BTreeMap;

use api_dynamodb as api;
use names::tags::Error;
use names::{Arn, Tags};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::errors;
use crate::table::{Place, Table};

/// Tags of a page.
const PAGE: usize = 10;

/// Tags that AWS would take, or its refusal.
pub(crate) fn checked(tags: &[api::Tag]) -> Result<BTreeMap<String, String>, Fault> {
    let pairs = tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()));
    Ok(Tags::from_pairs(pairs).map_err(refusal)?.into())
}

fn refusal(error: Error) -> Fault {
    match error {
        Error::TooMany => errors::invalid("Too many tags: The maximum number of tags is 50"),
        Error::DuplicateKey { key } => {
            errors::invalid_values(format_args!("Found duplicated Tag Key: {key}"))
        }
        other => errors::invalid_values(other),
    }
}

/// The table of that ARN.
fn find(reads: &impl Reads, arn: &str) -> Result<Table> {
    let is_table = |arn: &Arn| arn.service() == "dynamodb" && arn.resource().starts_with("table/");
    let parsed = arn.parse::<Arn>().ok().filter(is_table);
    let scope = parsed.as_ref().and_then(Arn::scope);
    let scope = scope.ok_or_else(|| {
        errors::invalid(format!("Invalid TableArn: Invalid ResourceArn provided as input {arn}"))
    })?;
    let missing = || {
        let message = format!("Requested resource not found: ResourcArn: {arn} not found");
        api::error::resource_not_found_exception(message)
    };
    let found: Option<Table> = reads.get_record(&Place::of(&scope, arn).key())?;
    Ok(found.filter(Table::is_usable).ok_or_else(missing)?)
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let mut table = find(&**tx, &input.resource_arn)?;
    if input.tags.is_empty() {
        return Err(errors::invalid("Atleast one Tag needs to be provided as Input.").into());
    }
    table.tags.extend(checked(&input.tags)?);
    Tags::from_pairs(table.tags.clone()).map_err(refusal)?;
    tx.put_record(table.place().key(), &table)?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let mut table = find(&**tx, &input.resource_arn)?;
    if input.tag_keys.is_empty() {
        return Err(errors::invalid("Atleast one Tag Key needs to be provided as Input.").into());
    }
    table.tags.retain(|key, _| !input.tag_keys.contains(key));
    tx.put_record(table.place().key(), &table)?;
    Ok(api::UntagResourceOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListTagsOfResourceInput,
) -> Result<api::ListTagsOfResourceOutput> {
    const OPERATION: &str = "dynamodb:ListTagsOfResource";
    let table = find(&**view, &input.resource_arn)?;
    let tokens = &view.context.cloud.page_tokens;
    let after = match &input.next_token {
        Some(token) => {
            let opened = tokens.open(OPERATION, token).ok().and_then(|key| String::from_utf8(key).ok());
            Some(opened.ok_or_else(|| errors::invalid("Invalid NextToken"))?)
        }
        None => None,
    };
    let is_after = |key: &str| after.as_deref().is_none_or(|after| key > after);
    let mut rest = table.tags.into_iter().filter(|(key, _)| is_after(key)).peekable();
    let page: Vec<_> = rest.by_ref().take(PAGE).map(|(key, value)| api::Tag { key, value }).collect();
    let last = page.last().filter(|_| rest.peek().is_some());
    let next_token = last.map(|tag| tokens.seal(OPERATION, tag.key.as_bytes()));
    Ok(api::ListTagsOfResourceOutput { tags: Some(page), next_token })
}
