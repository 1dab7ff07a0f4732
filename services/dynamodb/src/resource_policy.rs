//! Policies of tables: who else may use them.

use std::sync::Arc;

use api_dynamodb as api;
use names::Arn;
use policy::{Document, Kind};
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::{Reads, Snapshot};
use wire::Fault;

use crate::errors;
use crate::table::{Place, Table};

/// What the policy of a table may let others do.
pub(crate) const ACTIONS: [&str; 21] = [
    "BatchGetItem",
    "BatchWriteItem",
    "ConditionCheckItem",
    "DeleteItem",
    "DeleteTable",
    "DescribeContributorInsights",
    "DescribeTable",
    "DescribeTimeToLive",
    "GetItem",
    "GetResourcePolicy",
    "PartiQLDelete",
    "PartiQLInsert",
    "PartiQLSelect",
    "PartiQLUpdate",
    "PutItem",
    "Query",
    "Scan",
    "TagResource",
    "UntagResource",
    "UpdateItem",
    "UpdateTable",
];
/// The longest policy, in bytes.
const TEXT_BYTES_MAX: usize = 20 * 1024;
/// What a request expects that is to make the first policy.
const NO_POLICY: &str = "NO_POLICY";

/// A table's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Policy {
    document: String,
    /// Another one for each change.
    revision: i64,
}

impl Policy {
    /// A policy in the place of another one, or of none.
    pub(crate) fn new(document: &str, before: Option<&Self>, now_ms: i64) -> Result<Self, Fault> {
        if document.len() > TEXT_BYTES_MAX {
            return Err(errors::invalid("Resource-based policy size exceeds the limit of 20 KB"));
        }
        Document::parse(Kind::Resource, document)
            .map_err(|error| errors::invalid(format!("Invalid policy document: {error}")))?;
        if let Some(before) = before.filter(|before| before.document == document) {
            return Ok(before.clone());
        }
        let after_last = before.map_or(0, |before| before.revision + 1);
        Ok(Policy { document: document.to_owned(), revision: now_ms.max(after_last) })
    }

    fn revision(&self) -> String {
        self.revision.to_string()
    }
}

/// The policy that the frame asks for what is to be done to that table, or to an index of it.
pub(crate) fn policy_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    let name = arn.resource().strip_prefix("table/").and_then(|name| name.split('/').next());
    let (Some(scope), Some(name)) = (arn.scope(), name) else { return Ok(None) };
    let place = Place { scope, name: name.to_owned() };
    let table: Option<Arc<Table>> = snapshot.get_shared(&place.key())?;
    Ok(table.and_then(|table| Some(table.policy.as_ref()?.document.clone())))
}

fn find(reads: &impl Reads, arn: &str) -> Result<Table> {
    let parsed = arn.parse::<Arn>().ok().filter(|arn| arn.service() == "dynamodb");
    let named = parsed.as_ref().and_then(|arn| Some((arn.scope()?, arn.resource().strip_prefix("table/")?)));
    let invalid = || errors::invalid(format!("Invalid ResourceArn provided as input {arn}"));
    let (scope, name) = named.ok_or_else(invalid)?;
    errors::refuse(&[("A policy of a stream", name.contains("/stream/"))])?;
    let place = Place { scope, name: name.to_owned() };
    let missing = || {
        let message = format!("Requested resource not found: Table: {name} not found");
        api::error::resource_not_found_exception(message)
    };
    let found: Option<Table> = reads.get_record(&place.key())?;
    Ok(found.filter(Table::is_usable).ok_or_else(missing)?)
}

/// Refuses a change of a policy that is not the one that the request knows.
fn check_expected(policy: Option<&Policy>, expected: Option<&str>) -> Result<(), Fault> {
    let current = policy.map_or_else(|| NO_POLICY.to_owned(), Policy::revision);
    match expected {
        Some(expected) if expected != current => Err(api::error::policy_not_found_exception(format!(
            "Resource-based policy not found for the provided ResourceArn: Requested update for policy with revision id \
             {expected}, but the current revision id is {current}"
        ))),
        _ => Ok(()),
    }
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutResourcePolicyInput,
) -> Result<api::PutResourcePolicyOutput> {
    let mut table = find(&**tx, &input.resource_arn)?;
    check_expected(table.policy.as_ref(), input.expected_revision_id.as_deref())?;
    let policy = Policy::new(&input.policy, table.policy.as_ref(), tx.now.millis())?;
    let revision_id = Some(policy.revision());
    table.policy = Some(policy);
    tx.put_record(table.place().key(), &table)?;
    Ok(api::PutResourcePolicyOutput { revision_id })
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetResourcePolicyInput,
) -> Result<api::GetResourcePolicyOutput> {
    let table = find(&**view, &input.resource_arn)?;
    let missing = || {
        let message =
            format!("Resource-based policy not found for the provided ResourceArn: {}", input.resource_arn);
        api::error::policy_not_found_exception(message)
    };
    let policy = table.policy.ok_or_else(missing)?;
    Ok(api::GetResourcePolicyOutput { revision_id: Some(policy.revision()), policy: Some(policy.document) })
}

/// Without a policy there is nothing to delete, which is no error.
pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteResourcePolicyInput,
) -> Result<api::DeleteResourcePolicyOutput> {
    let mut table = find(&**tx, &input.resource_arn)?;
    check_expected(table.policy.as_ref(), input.expected_revision_id.as_deref())?;
    let revision_id = table.policy.take().map(|policy| policy.revision());
    tx.put_record(table.place().key(), &table)?;
    Ok(api::DeleteResourcePolicyOutput { revision_id })
}
