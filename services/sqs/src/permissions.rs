//! Permissions: statements of a queue's policy that are added and removed by label.

use api_sqs as api;
use names::Account;
use policy::Labelled;
use service::{Result, Tx};
use wire::Fault;

use crate::queue::{self, Address, Queue};
use crate::{errors, keys};

/// What one may permit to others.
pub(crate) const ACTIONS: [&str; 8] = [
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
];
/// Actions of one statement.
const ACTIONS_MAX: usize = 7;
/// The longest label.
const LABEL_LEN_MAX: usize = 80;

pub(crate) fn add(tx: &mut Tx<'_>, input: &api::AddPermissionInput) -> Result<api::AddPermissionOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    check_label(&input.label)?;
    check_actions(&input.actions)?;
    let accounts = accounts(&input.aws_account_ids)?;
    let mut policy = policy_of(&address, &queue);
    let actions = input.actions.iter().map(|action| format!("SQS:{action}")).collect();
    if !policy.add(&input.label, &accounts, actions, &address.arn()) {
        return Err(bad_label(&input.label, "Already exists.").into());
    }
    keep(tx, &address, &queue, &policy)?;
    Ok(api::AddPermissionOutput::default())
}

pub(crate) fn remove(
    tx: &mut Tx<'_>,
    input: &api::RemovePermissionInput,
) -> Result<api::RemovePermissionOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    if input.label.is_empty() {
        return Err(errors::missing("Label").into());
    }
    let mut policy = policy_of(&address, &queue);
    if !policy.remove(&input.label) {
        return Err(bad_label(&input.label, "can't find label on existing policy.").into());
    }
    keep(tx, &address, &queue, &policy)?;
    Ok(api::RemovePermissionOutput::default())
}

/// The queue's policy, or the one that AWS begins with.
fn policy_of(address: &Address, queue: &Queue) -> Labelled {
    let present = queue.attributes.get("Policy").and_then(|text| Labelled::parse(text));
    present.unwrap_or_else(|| Labelled::empty(&format!("{}/SQSDefaultPolicy", address.arn())))
}

/// A policy without statements is none.
fn keep(tx: &mut Tx<'_>, address: &Address, queue: &Queue, policy: &Labelled) -> Result<()> {
    let mut queue = queue.clone();
    if policy.is_empty() {
        queue.attributes.remove("Policy");
    } else {
        queue.attributes.insert("Policy".into(), policy.to_string());
    }
    queue.modified_ms = tx.now.millis();
    Ok(tx.put_record(keys::queue(&address.scope, &address.name), &queue)?)
}

fn check_label(label: &str) -> Result<(), Fault> {
    match label.len() {
        0 => Err(errors::missing("Label")),
        _ if names::is_plain(label, "-_", 1..=LABEL_LEN_MAX) => Ok(()),
        _ => Err(bad_label(
            label,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        )),
    }
}

fn bad_label(label: &str, reason: &str) -> Fault {
    errors::invalid_value(format!("Value {label} for parameter Label is invalid. Reason: {reason}"))
}

fn check_actions(actions: &[String]) -> Result<(), Fault> {
    if actions.is_empty() {
        return Err(errors::missing("Actions"));
    }
    if actions.len() > ACTIONS_MAX {
        let message = format!("{} Actions were found, maximum allowed is {ACTIONS_MAX}.", actions.len());
        return Err(api::error::over_limit(message));
    }
    match actions.iter().find(|action| *action != "*" && !ACTIONS.contains(&action.as_str())) {
        Some(action) => Err(errors::invalid_value(format!(
            "Value SQS:{action} for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list \
             of valid actions."
        ))),
        None => Ok(()),
    }
}

fn accounts(ids: &[String]) -> Result<Vec<Account>, Fault> {
    if ids.is_empty() {
        return Err(errors::missing("AWSAccountIds"));
    }
    let account = |id: &String| {
        id.parse().map_err(|_| {
            errors::invalid_value(format!(
                "Value [{id}] for parameter PrincipalId is invalid. Reason: Unable to verify."
            ))
        })
    };
    ids.iter().map(account).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_actions_and_accounts_are_checked() {
        for label in ["", "a b", "ä", &"x".repeat(81)] {
            assert!(check_label(label).is_err(), "{label}");
        }
        assert!(check_label(&"x".repeat(80)).is_ok());
        let actions =
            |names: &[&str]| check_actions(&names.iter().map(|&name| name.into()).collect::<Vec<_>>());
        assert!(actions(&["*"]).is_ok() && actions(&["SendMessage", "ReceiveMessage"]).is_ok());
        assert_eq!(actions(&["CreateQueue"]).unwrap_err().query_code.unwrap(), "InvalidParameterValue");
        assert_eq!(actions(&["*"; 8]).unwrap_err().message, "8 Actions were found, maximum allowed is 7.");
        assert!(accounts(&["12".into()]).is_err() && accounts(&[]).is_err());
        assert_eq!(accounts(&["123456789012".into()]).unwrap().len(), 1);
    }
}
