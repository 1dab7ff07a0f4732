//! Dead letters: a message that was received too often moves to another queue of its account and region.

use std::collections::BTreeMap;

use serde::Deserialize;
use service::{Result, Tx, scope_and_name};
use store::{Direction, Reads, record};
use wire::Fault;

use crate::keys::Id;
use crate::message::{Body, Transit};
use crate::queue::{Address, Queue};
use crate::{errors, fifo, keys, send};

/// What every redrive policy has.
const PARTS: [&str; 2] = ["deadLetterTargetArn", "maxReceiveCount"];
const COUNT_RULE: &str = "valid values are from 1 to 1000 both inclusive.";

/// The attribute `RedrivePolicy`. Numbers may come as texts.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    dead_letter_target_arn: String,
    max_receive_count: Count,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Count {
    Number(i64),
    Text(String),
}

impl Policy {
    fn parse(text: &str) -> Result<(Address, u32), String> {
        let policy: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text).map_err(|_| "Redrive policy is not a valid JSON map.")?;
        if let Some(name) = PARTS.iter().find(|name| !policy.contains_key(**name)) {
            return Err(format!("Redrive policy does not contain mandatory attribute: {name}."));
        }
        let policy: Policy = serde_json::from_value(policy.into())
            .map_err(|_| format!("Invalid value for maxReceiveCount: {COUNT_RULE}"))?;
        let address = Address::from_arn(&policy.dead_letter_target_arn)
            .ok_or("Invalid value for deadLetterTargetArn.")?;
        let count = match &policy.max_receive_count {
            Count::Number(count) => Ok(*count),
            Count::Text(text) => text.parse().map_err(|_| text.clone()),
        };
        match count {
            Ok(count) if (1..=1000).contains(&count) => Ok((address, count as u32)),
            Ok(count) => Err(format!("Invalid value for maxReceiveCount: {count}, {COUNT_RULE}")),
            Err(text) => Err(format!("Invalid value for maxReceiveCount: {text}, {COUNT_RULE}")),
        }
    }
}

/// Refuses what is no redrive policy; nothing at all takes one away.
pub(crate) fn check(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Ok(());
    }
    Policy::parse(text).map(drop).map_err(|reason| refusal(text, &reason))
}

fn refusal(text: &str, reason: &str) -> Fault {
    errors::invalid_value(format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}"))
}

/// Whether a text is a redrive allow policy.
pub(crate) fn is_allow_policy(text: &str) -> bool {
    AllowPolicy::parse(text).is_some()
}

/// The attribute `RedriveAllowPolicy` of a dead-letter queue: which queues may use it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AllowPolicy {
    redrive_permission: Permission,
    #[serde(default)]
    source_queue_arns: Vec<String>,
}

#[derive(PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Permission {
    AllowAll,
    DenyAll,
    ByQueue,
}

impl AllowPolicy {
    fn parse(text: &str) -> Option<Self> {
        let policy: AllowPolicy = serde_json::from_str(text).ok()?;
        let named = policy.source_queue_arns.len();
        let fits = if policy.redrive_permission == Permission::ByQueue {
            (1..=10).contains(&named)
        } else {
            named == 0
        };
        fits.then_some(policy)
    }

    fn allows(&self, source: &Address) -> bool {
        match self.redrive_permission {
            Permission::AllowAll => true,
            Permission::DenyAll => false,
            Permission::ByQueue => self.source_queue_arns.iter().any(|arn| arn == source.arn().as_str()),
        }
    }
}

/// Refuses a redrive policy whose dead-letter queue is not there, is elsewhere, or does not allow it.
pub(crate) fn check_target(
    reads: &impl Reads,
    source: &Address,
    attributes: &BTreeMap<String, String>,
) -> Result<()> {
    let Some(text) = attributes.get("RedrivePolicy").filter(|text| !text.is_empty()) else { return Ok(()) };
    let refuse = |reason: &str| refusal(text, reason);
    let (target, _) = Policy::parse(text).map_err(|reason| refuse(&reason))?;
    if target.scope != source.scope {
        return Err(
            refuse("Dead-letter target must be in the account and region of its source queue.").into()
        );
    }
    if target.is_fifo() != source.is_fifo() {
        return Err(refuse("Dead-letter target must be same type of queue as the source.").into());
    }
    let queue = target.read(reads)?.ok_or_else(|| refuse("Dead letter target does not exist."))?;
    let allow = queue.attributes.get("RedriveAllowPolicy").and_then(|text| AllowPolicy::parse(text));
    if allow.is_some_and(|policy| !policy.allows(source)) {
        return Err(refuse("Dead-letter target does not permit the source queue to redrive to it.").into());
    }
    Ok(())
}

/// The queues whose dead letters go to `target`, by their names.
pub(crate) fn sources(reads: &impl Reads, target: &Address) -> Result<Vec<String>> {
    let mut sources = Vec::new();
    for entry in reads.scan(keys::queues(&target.scope).prefix_range(), Direction::Forward) {
        let (key, value) = entry?;
        let queue: Queue = record::decode(&value)?;
        let policy = queue.attributes.get("RedrivePolicy").and_then(|text| Policy::parse(text).ok());
        if policy.is_some_and(|(address, _)| address == *target) {
            sources.push(scope_and_name(&key)?.1);
        }
    }
    Ok(sources)
}

/// Where a queue's dead letters go.
pub(crate) struct Target {
    queue: Queue,
    /// A message that was received that often is dead.
    pub(crate) receives_max: u32,
}

impl Target {
    /// The target of a queue that has one which still exists.
    pub(crate) fn of(reads: &impl Reads, queue: &Queue) -> Result<Option<Self>> {
        let policy = queue.attributes.get("RedrivePolicy").and_then(|text| Policy::parse(text).ok());
        let Some((address, receives_max)) = policy else { return Ok(None) };
        Ok(address.read(reads)?.map(|queue| Target { queue, receives_max }))
    }

    /// Moves a dead message; it keeps its id, its age and its counts.
    pub(crate) fn bury(
        &self,
        tx: &mut Tx<'_>,
        source: &Address,
        id: &Id,
        body: Body,
        transit: Transit,
    ) -> Result<()> {
        let body = Body { source: Some(source.arn().to_string()), ..body };
        let now_ms = tx.now.millis();
        if source.is_fifo() {
            return fifo::place(tx, &self.queue.contents, id, now_ms, body, &transit).map(drop);
        }
        send::place(tx, &self.queue, id, now_ms, &body, &transit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_policy(text: &str) -> bool {
        Policy::parse(text).is_ok()
    }

    #[test]
    fn policies_are_read_with_numbers_as_texts_too() {
        let policy = |count: &str| {
            format!(
                r#"{{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:d","maxReceiveCount":{count}}}"#
            )
        };
        for count in ["1", "\"1\"", "1000"] {
            assert!(is_policy(&policy(count)), "{count}");
        }
        for count in ["0", "1001", "\"many\"", "-1", "1.5"] {
            assert!(!is_policy(&policy(count)), "{count}");
        }
        assert!(!is_policy("{}"));
        let message = |text: &str| check(text).unwrap_err().message;
        assert!(message("x").ends_with("Reason: Redrive policy is not a valid JSON map."));
        assert!(message("{}").ends_with("does not contain mandatory attribute: deadLetterTargetArn."));
        assert!(
            message(&policy("0"))
                .ends_with("maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.")
        );
        let dummy = r#"{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}"#;
        assert!(message(dummy).ends_with("Reason: Invalid value for deadLetterTargetArn."));
        assert!(is_allow_policy(r#"{"redrivePermission":"allowAll"}"#));
        assert!(!is_allow_policy(r#"{"redrivePermission":"byQueue"}"#));
        assert!(!is_allow_policy(r#"{"redrivePermission":"perhaps"}"#));
    }
}
