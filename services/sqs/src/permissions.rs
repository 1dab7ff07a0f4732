//! Permissions: statements of a queue's policy that are added and removed by label.

use api_sqs as api;
use names::Account;
use serde_json::{Value, json};
use service::{Result, Tx};
use wire::Fault;

use crate::queue::{self, Address, Queue};
use crate::{errors, keys};

/// What one may permit to other accounts.
const ACTIONS: [&str; 9] = [
    "*",
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
    let accounts = principals(&input.aws_account_ids)?;
    let mut policy = policy_of(&address, &queue);
    let statements = statements(&mut policy);
    if statements.iter().any(|statement| is_labelled(statement, &input.label)) {
        return Err(bad_label(&input.label, "Already exists.").into());
    }
    let actions = input.actions.iter().map(|action| format!("SQS:{action}")).collect();
    statements.push(json!({
        "Sid": input.label,
        "Effect": "Allow",
        "Principal": { "AWS": one_or_many(accounts) },
        "Action": one_or_many(actions),
        "Resource": address.arn().as_str(),
    }));
    keep(tx, &address, &queue, Some(policy))?;
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
    let statements = statements(&mut policy);
    let before = statements.len();
    statements.retain(|statement| !is_labelled(statement, &input.label));
    if statements.len() == before {
        return Err(bad_label(&input.label, "can't find label on existing policy.").into());
    }
    let is_empty = statements.is_empty();
    keep(tx, &address, &queue, (!is_empty).then_some(policy))?;
    Ok(api::RemovePermissionOutput::default())
}

/// The queue's policy, or the one that AWS begins with.
fn policy_of(address: &Address, queue: &Queue) -> Value {
    let present = queue.attributes.get("Policy").and_then(|text| serde_json::from_str(text).ok());
    present.unwrap_or_else(|| {
        json!({ "Version": "2008-10-17", "Id": format!("{}/SQSDefaultPolicy", address.arn()), "Statement": [] })
    })
}

/// The statements of a policy, which may have a single one outside of a list.
fn statements(policy: &mut Value) -> &mut Vec<Value> {
    let statement = &mut policy["Statement"];
    if !statement.is_array() {
        let single = statement.take();
        *statement = if single.is_null() { json!([]) } else { json!([single]) };
    }
    match statement {
        Value::Array(statements) => statements,
        _ => unreachable!("it was made a list"),
    }
}

fn is_labelled(statement: &Value, label: &str) -> bool {
    statement["Sid"].as_str() == Some(label)
}

/// As AWS writes it: a single one stands alone.
fn one_or_many(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { texts.swap_remove(0).into() } else { texts.into() }
}

fn keep(tx: &mut Tx<'_>, address: &Address, queue: &Queue, policy: Option<Value>) -> Result<()> {
    let mut queue = queue.clone();
    match policy {
        Some(policy) => queue.attributes.insert("Policy".into(), policy.to_string()),
        None => queue.attributes.remove("Policy"),
    };
    queue.modified_ms = tx.now.millis();
    Ok(tx.put_record(&keys::queue(&address.scope, &address.name), &queue)?)
}

fn check_label(label: &str) -> Result<(), Fault> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    match label.len() {
        0 => Err(errors::missing("Label")),
        1..=LABEL_LEN_MAX if label.chars().all(fits) => Ok(()),
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
    match actions.iter().find(|action| !ACTIONS.contains(&action.as_str())) {
        Some(action) => Err(errors::invalid_value(format!(
            "Value SQS:{action} for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list \
             of valid actions."
        ))),
        None => Ok(()),
    }
}

fn principals(accounts: &[String]) -> Result<Vec<String>, Fault> {
    if accounts.is_empty() {
        return Err(errors::missing("AWSAccountIds"));
    }
    let root = |account: &String| {
        account.parse::<Account>().map(|account| format!("arn:aws:iam::{account}:root")).map_err(|_| {
            errors::invalid_value(format!(
                "Value [{account}] for parameter PrincipalId is invalid. Reason: Unable to verify."
            ))
        })
    };
    accounts.iter().map(root).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_may_have_one_statement_or_a_list() {
        for (mut policy, count) in [
            (json!({}), 0),
            (json!({ "Statement": { "Sid": "one" } }), 1),
            (json!({ "Statement": [{ "Sid": "one" }, {}] }), 2),
        ] {
            assert_eq!(statements(&mut policy).len(), count);
        }
    }

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
        assert!(principals(&["12".into()]).is_err() && principals(&[]).is_err());
        assert_eq!(principals(&["123456789012".into()]).unwrap(), ["arn:aws:iam::123456789012:root"]);
    }
}
