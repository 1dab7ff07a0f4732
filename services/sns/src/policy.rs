//! Policies of topics, and their statements that are added and removed by label. Who is let in by them is decided by the
//! frame, for which [`policy_of`] finds them.

use api_sns as api;
use names::{Account, Arn};
use policy::Labelled;
use service::{Result, Tx};
use store::Snapshot;
use wire::Fault;

use crate::topics::Topic;
use crate::{errors, subscriptions};

/// The actions that a policy can allow to others than the owner, by IAM's names. The first ones are on topics.
pub(crate) const SHARED: [&str; 11] = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
    "GetSubscriptionAttributes",
    "SetSubscriptionAttributes",
    "Unsubscribe",
];
/// What the policy of a new topic lets its owner do, and what can be permitted by label.
const ON_TOPICS: &[&str] = SHARED.split_at(8).0;

/// The policy of the topic with that ARN, or what stands for one of a subscription: it is its subscriber's, whosever the topic
/// is. Endpoints and applications have none.
pub(crate) fn policy_of(snapshot: &Snapshot, arn: &Arn) -> Result<Option<String>> {
    if arn.resource().contains('/') {
        return Ok(None);
    }
    if arn.resource().contains(':') {
        let owner = subscriptions::find(snapshot, arn.as_str())?.owner();
        return Ok(Some(format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{owner}"}},"Action":"SNS:*","Resource":"{arn}"}}}}"#
        )));
    }
    Ok(Some(of(&Topic::find(snapshot, arn.as_str())?)))
}

/// The policy of a topic: its own, or the one that every new topic has.
pub(crate) fn of(topic: &Topic) -> String {
    if let Some(policy) = topic.attributes.get("Policy") {
        return policy.clone();
    }
    let actions = ON_TOPICS.iter().map(|action| format!("\"SNS:{action}\"")).collect::<Vec<_>>().join(",");
    let (arn, account) = (topic.arn(), topic.scope.account);
    format!(
        r#"{{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow","Principal":{{"AWS":"*"}},"Action":[{actions}],"Resource":"{arn}","Condition":{{"StringEquals":{{"AWS:SourceOwner":"{account}"}}}}}}]}}"#
    )
}

pub(crate) fn add(tx: &mut Tx<'_>, input: &api::AddPermissionInput) -> Result<api::AddPermissionOutput> {
    let mut topic = Topic::find(&**tx, &input.topic_arn)?;
    let actions = actions(&input.action_name)?;
    let accounts = accounts(&input.aws_account_id)?;
    let mut policy = Labelled::parse(&of(&topic)).ok_or_else(|| errors::invalid("Policy"))?;
    if !policy.add(&input.label, &accounts, actions, &topic.arn()) {
        return Err(errors::invalid("Statement already exists").into());
    }
    topic.attributes.insert("Policy".into(), policy.to_string());
    topic.keep(tx)?;
    Ok(api::AddPermissionOutput::default())
}

pub(crate) fn remove(
    tx: &mut Tx<'_>,
    input: &api::RemovePermissionInput,
) -> Result<api::RemovePermissionOutput> {
    let mut topic = Topic::find(&**tx, &input.topic_arn)?;
    let mut policy = Labelled::parse(&of(&topic)).ok_or_else(|| errors::invalid("Policy"))?;
    // A label that is not there is gone already, as in AWS.
    if policy.remove(&input.label) {
        topic.attributes.insert("Policy".into(), policy.to_string());
        topic.keep(tx)?;
    }
    Ok(api::RemovePermissionOutput::default())
}

fn actions(names: &[String]) -> Result<Vec<String>, Fault> {
    let full = |name: &String| {
        let is_known = ON_TOPICS.contains(&name.as_str());
        is_known
            .then(|| format!("SNS:{name}"))
            .ok_or_else(|| errors::invalid("Policy statement action out of service scope!"))
    };
    names.iter().map(full).collect()
}

fn accounts(ids: &[String]) -> Result<Vec<Account>, Fault> {
    let account = |id: &String| id.parse().map_err(|_| errors::invalid("Policy Error: PrincipalNotFound"));
    ids.iter().map(account).collect()
}
