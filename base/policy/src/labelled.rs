//! Policies of resources as JSON, to which statements are added and removed by their label, the `Sid`: what the operations
//! AddPermission and RemovePermission of several services have in common.

use names::{Account, Arn};
use serde_json::{Value, json};

/// A policy under change.
#[derive(Clone, Debug, PartialEq)]
pub struct Labelled(Value);

impl Labelled {
    /// The policy in a text; none when it is no JSON object.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(Value::is_object).map(Labelled)
    }

    /// A policy without statements.
    #[must_use]
    pub fn empty(id: &str) -> Self {
        Labelled(json!({ "Version": "2008-10-17", "Id": id, "Statement": [] }))
    }

    /// Whether it has no statements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0["Statement"] {
            Value::Array(statements) => statements.is_empty(),
            single => single.is_null(),
        }
    }

    /// Adds a statement that lets accounts do something; false when there is one with that label.
    pub fn add(&mut self, label: &str, accounts: &[Account], actions: Vec<String>, resource: &Arn) -> bool {
        let statements = self.statements();
        if statements.iter().any(|statement| statement["Sid"] == label) {
            return false;
        }
        let roots = accounts.iter().map(|account| format!("arn:aws:iam::{account}:root")).collect();
        statements.push(json!({
            "Sid": label,
            "Effect": "Allow",
            "Principal": { "AWS": one_or_many(roots) },
            "Action": one_or_many(actions),
            "Resource": resource.as_str(),
        }));
        true
    }

    /// Removes the statement of that label; false when there is none.
    pub fn remove(&mut self, label: &str) -> bool {
        let statements = self.statements();
        let before = statements.len();
        statements.retain(|statement| statement["Sid"] != label);
        statements.len() < before
    }

    /// The statements, of which a single one may stand outside of a list.
    fn statements(&mut self) -> &mut Vec<Value> {
        let statement = &mut self.0["Statement"];
        if !statement.is_array() {
            let single = statement.take();
            *statement = if single.is_null() { json!([]) } else { json!([single]) };
        }
        match statement {
            Value::Array(statements) => statements,
            _ => unreachable!("it was made a list"),
        }
    }
}

impl std::fmt::Display for Labelled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// As AWS writes it: a single one stands alone.
fn one_or_many(mut texts: Vec<String>) -> Value {
    if texts.len() == 1 { texts.swap_remove(0).into() } else { texts.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_come_and_go_by_their_label() {
        let resource: Arn = "arn:aws:sqs:us-east-1:000000000000:q".parse().unwrap();
        let account: Account = "123456789012".parse().unwrap();
        for text in ["{}", r#"{"Statement":{"Sid":"old"}}"#, r#"{"Statement":[{"Sid":"old"}]}"#] {
            let mut policy = Labelled::parse(text).unwrap();
            assert!(policy.add("new", &[account], vec!["SQS:SendMessage".into()], &resource));
            assert!(!policy.add("new", &[account], vec!["SQS:SendMessage".into()], &resource));
            assert!(policy.remove("new") && !policy.remove("new"));
            assert_eq!(policy.is_empty(), !policy.remove("old"), "{text}");
        }
        assert!(Labelled::parse("[]").is_none() && Labelled::parse("x").is_none());
    }

    #[test]
    fn a_single_one_stands_alone() {
        let resource: Arn = "arn:aws:sns:us-east-1:000000000000:t".parse().unwrap();
        let accounts: Vec<Account> = ["123456789012", "210987654321"].map(|id| id.parse().unwrap()).into();
        let mut policy = Labelled::empty("id");
        assert_eq!(policy.to_string().parse::<Value>().unwrap(), policy.0);
        policy.add("many", &accounts, vec!["SNS:Publish".into()], &resource);
        assert_eq!(
            policy.0["Statement"][0],
            json!({
                "Sid": "many",
                "Effect": "Allow",
                "Principal": { "AWS": ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root"] },
                "Action": "SNS:Publish",
                "Resource": "arn:aws:sns:us-east-1:000000000000:t",
            })
        );
    }
}
