//! Data protection policies of topics. They are kept and given back; no message is looked at by them.

use api_sns as api;
use serde_json::Value;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::topics::Topic;
use crate::{errors, keys};

/// A policy as it is kept, if AWS would take it; an empty one takes the policy away.
pub(crate) fn checked(policy: &str) -> Result<Option<String>, Fault> {
    if policy.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| errors::invalid(format_args!("DataProtectionPolicy Reason: {why}"));
    let Ok(Value::Object(parsed)) = serde_json::from_str(policy) else {
        return Err(refused("failed to parse JSON"));
    };
    let statements = parsed.get("Statement").and_then(Value::as_array);
    let is_directed = |statement: &Value| {
        let direction = statement.get("DataDirection").and_then(Value::as_str);
        matches!(direction, Some("Inbound" | "Outbound"))
    };
    if !statements.is_some_and(|statements| statements.iter().all(is_directed)) {
        return Err(refused("Statement DataDirection must be either Inbound or Outbound"));
    }
    Ok(Some(policy.to_owned()))
}

fn find(reads: &impl Reads, arn: &str) -> Result<Topic> {
    let key = keys::topic(arn).ok_or_else(|| errors::invalid_arn("ResourceArn", arn))?;
    Ok(reads.get_record(&key)?.ok_or_else(errors::no_topic)?)
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutDataProtectionPolicyInput,
) -> Result<api::PutDataProtectionPolicyOutput> {
    let mut topic = find(&**tx, &input.resource_arn)?;
    topic.data_protection = checked(&input.data_protection_policy)?;
    tx.put_record(keys::topics(&topic.scope).str(&topic.name), &topic)?;
    Ok(api::PutDataProtectionPolicyOutput::default())
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetDataProtectionPolicyInput,
) -> Result<api::GetDataProtectionPolicyOutput> {
    let topic = find(&**view, &input.resource_arn)?;
    let data_protection_policy = Some(topic.data_protection.unwrap_or_default());
    Ok(api::GetDataProtectionPolicyOutput { data_protection_policy })
}
