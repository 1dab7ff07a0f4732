//! Tags of tables.

use api_dynamodb as api;
use names::Arn;
use names::tags::Error;
use service::tags::{self, Tagging};
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::errors;
use crate::table::{Place, Table};

/// Tags of a page.
const PAGE: usize = 10;

/// How tables are tagged.
pub(crate) const TAGGING: Tagging = Tagging::new(
    |tx, arn| {
        let table = find(&**tx, arn.as_str())?;
        Ok((table.scope, table.arn()))
    },
    refusal,
);

/// Keys and values of a request's tags.
pub(crate) fn pairs(tags: &[api::Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str()))
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
fn find(reads: &impl Reads, arn: &str) -> Result<Place> {
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
    Ok(found.filter(Table::is_usable).ok_or_else(missing)?.place())
}

pub(crate) fn tag(tx: &mut Tx<'_>, input: &api::TagResourceInput) -> Result<api::TagResourceOutput> {
    let table = find(&**tx, &input.resource_arn)?;
    if input.tags.is_empty() {
        return Err(errors::invalid("Atleast one Tag needs to be provided as Input.").into());
    }
    TAGGING.add(tx, &table.scope, &table.arn(), pairs(&input.tags))?;
    Ok(api::TagResourceOutput::default())
}

pub(crate) fn untag(tx: &mut Tx<'_>, input: &api::UntagResourceInput) -> Result<api::UntagResourceOutput> {
    let table = find(&**tx, &input.resource_arn)?;
    if input.tag_keys.is_empty() {
        return Err(errors::invalid("Atleast one Tag Key needs to be provided as Input.").into());
    }
    tags::remove(tx, &table.scope, &table.arn(), &input.tag_keys)?;
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
    let tags = tags::of(&**view, &table.scope, &table.arn())?;
    let mut rest = tags.into_iter().filter(|(key, _)| is_after(key)).peekable();
    let page: Vec<_> = rest.by_ref().take(PAGE).map(|(key, value)| api::Tag { key, value }).collect();
    let last = page.last().filter(|_| rest.peek().is_some());
    let next_token = last.map(|tag| tokens.seal(OPERATION, tag.key.as_bytes()));
    Ok(api::ListTagsOfResourceOutput { tags: Some(page), next_token })
}
