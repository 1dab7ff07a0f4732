//! What TransactWriteItems asks for: its actions read, and what tells a request from another one.

use std::collections::BTreeMap;

use api_dynamodb as api;
use expressions::Item;
use expressions::value::item_size_bytes;
use ring::digest;
use serde::Serialize;
use service::{Context, Result};
use wire::Fault;

use super::{Asked, check_size, permit};
use crate::action::Action;
use crate::guard::Guard;
use crate::{attribute, errors, read};

type Attributes = BTreeMap<String, api::AttributeValue>;

/// What the four kinds of actions have in common.
struct Parts<'a> {
    kind: Kind,
    table: &'a str,
    /// The whole item, or its key.
    item: &'a Attributes,
    update: Option<&'a str>,
    condition: Option<&'a str>,
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a Attributes>,
    on_failure: Option<&'a api::ReturnValuesOnConditionCheckFailure>,
}

#[derive(Clone, Copy, Debug, Serialize)]
enum Kind {
    Put,
    Update,
    Delete,
    Check,
}

impl Kind {
    /// IAM's name for it.
    fn right(self) -> &'static str {
        match self {
            Kind::Put => "PutItem",
            Kind::Update => "UpdateItem",
            Kind::Delete => "DeleteItem",
            Kind::Check => "ConditionCheckItem",
        }
    }
}

/// The parts of one kind of action, whose members have the same names in each.
macro_rules! parts {
    ($kind:expr, $action:expr, $item:ident, $update:expr, $condition:expr) => {
        Parts {
            kind: $kind,
            table: &$action.table_name,
            item: &$action.$item,
            update: $update,
            condition: $condition,
            names: $action.expression_attribute_names.as_ref(),
            values: $action.expression_attribute_values.as_ref(),
            on_failure: $action.return_values_on_condition_check_failure.as_ref(),
        }
    };
}

impl<'a> Parts<'a> {
    /// The parts of every action that is there: of one, in a proper request.
    fn all(item: &'a api::TransactWriteItem) -> impl Iterator<Item = Self> {
        let api::TransactWriteItem { condition_check, put, delete, update } = item;
        let check = condition_check
            .as_ref()
            .map(|check| parts!(Kind::Check, check, key, None, Some(&check.condition_expression)));
        let put =
            put.as_ref().map(|put| parts!(Kind::Put, put, item, None, put.condition_expression.as_deref()));
        let delete = delete
            .as_ref()
            .map(|delete| parts!(Kind::Delete, delete, key, None, delete.condition_expression.as_deref()));
        let update = update.as_ref().map(|update| {
            let (text, condition) = (&update.update_expression, update.condition_expression.as_deref());
            parts!(Kind::Update, update, key, Some(text), condition)
        });
        [check, put, delete, update].into_iter().flatten()
    }

    fn of(item: &'a api::TransactWriteItem) -> Result<Self, Fault> {
        let mut all = Parts::all(item);
        match (all.next(), all.next()) {
            (Some(parts), None) => Ok(parts),
            (None, _) => Err(errors::invalid(
                "Invalid Request: TransactWriteRequest should contain Delete or Put or Update request",
            )),
            _ => Err(errors::invalid("TransactItems can only contain one of Check, Put, Update or Delete")),
        }
    }

    /// The action, and the values of its expressions.
    fn read(&self) -> Result<(Asked<'a>, Option<Item>), Fault> {
        let has_expression = self.update.is_some() || self.condition.is_some();
        let mut names = read::names(self.names, self.values, has_expression)?;
        let update = self.update.map(|text| names.update(text)).transpose().map_err(errors::of_expression)?;
        let guard = Guard::read(&mut names, self.condition, self.on_failure)?;
        names.finish().map_err(errors::of_expression)?;
        let item = attribute::item(self.item)?;
        let values = self.values.map(attribute::item).transpose()?;
        let action = match self.kind {
            Kind::Put => Action::put(item)?,
            Kind::Update => Action::Update(item, update),
            Kind::Delete => Action::Delete(item),
            Kind::Check => Action::Check(item),
        };
        Ok((Asked { table: self.table, action, guard }, values))
    }
}

/// The actions, and with `with_fingerprint` a hash of all that is asked for. What is wrong with one, whatever its table,
/// refuses the whole request for the first of them.
pub(super) fn read(
    items: &[api::TransactWriteItem],
    with_fingerprint: bool,
) -> Result<(Vec<Asked<'_>>, Option<Vec<u8>>)> {
    let mut size_bytes = 0;
    let mut actions = Vec::with_capacity(items.len());
    let mut rest = Vec::with_capacity(items.len());
    for item in items {
        let parts = Parts::of(item)?;
        let (asked, values) = parts.read()?;
        size_bytes += item_size_bytes(asked.action.item()) + values.as_ref().map_or(0, item_size_bytes);
        actions.push(asked);
        rest.push((parts, values));
    }
    check_size(size_bytes)?;
    let fingerprint = with_fingerprint.then(|| fingerprint(&actions, &rest)).transpose()?;
    Ok((actions, fingerprint))
}

/// Refuses a caller who may not do all of it.
pub(super) fn check_rights(context: &Context, items: &[api::TransactWriteItem]) -> Result<(), Fault> {
    items.iter().flat_map(Parts::all).try_for_each(|parts| permit(context, parts.kind.right(), parts.table))
}

/// What a request is known by: the same for requests that only differ in the order of members and elements of sets.
#[derive(Serialize)]
struct Known<'a> {
    kind: Kind,
    table: &'a str,
    item: &'a Item,
    update: Option<&'a str>,
    condition: Option<&'a str>,
    names: Option<&'a BTreeMap<String, String>>,
    values: Option<&'a Item>,
    on_failure: Option<&'a str>,
}

fn fingerprint(actions: &[Asked<'_>], rest: &[(Parts<'_>, Option<Item>)]) -> Result<Vec<u8>> {
    let known = actions.iter().zip(rest).map(|(asked, (parts, values))| Known {
        kind: parts.kind,
        table: parts.table,
        item: asked.action.item(),
        update: parts.update,
        condition: parts.condition,
        names: parts.names,
        values: values.as_ref(),
        on_failure: parts.on_failure.map(api::ReturnValuesOnConditionCheckFailure::as_str),
    });
    let bytes = store::record::encode_compact(&known.collect::<Vec<_>>())?;
    Ok(digest::digest(&digest::SHA256, &bytes).as_ref().to_vec())
}
