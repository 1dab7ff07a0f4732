//! Attributes of queues: which there are, what they may be, and what they are when nobody said.

use std::collections::BTreeMap;

use api_sqs as api;
use policy::{Document, Kind};
use service::{Result, Tx, View};
use wire::Fault;

use crate::queue::{self, Address, Queue};
use crate::{counts, errors, keys, redrive};

/// What an attribute may hold.
enum Rule {
    /// A whole number in a range, with its default.
    Number { min: i64, max: i64, default: &'static str },
    /// `true` or `false`, with its default.
    Flag { default: &'static str },
    /// One of these texts, the first of which is the default.
    Choice(&'static [&'static str]),
    /// A JSON text with a check of its own; empty removes it.
    Text(fn(&str) -> bool),
    /// The redrive policy, whose refusal says why.
    Redrive,
    /// Computed: it can be read, not set.
    Computed,
}

/// Every attribute that all queues have, in the order in which `All` lists them.
const RULES: [(&str, Rule); 17] = [
    ("QueueArn", Rule::Computed),
    ("ApproximateNumberOfMessages", Rule::Computed),
    ("ApproximateNumberOfMessagesNotVisible", Rule::Computed),
    ("ApproximateNumberOfMessagesDelayed", Rule::Computed),
    ("CreatedTimestamp", Rule::Computed),
    ("LastModifiedTimestamp", Rule::Computed),
    ("VisibilityTimeout", Rule::Number { min: 0, max: 43_200, default: "30" }),
    ("MaximumMessageSize", Rule::Number { min: 1024, max: 1_048_576, default: "1048576" }),
    ("MessageRetentionPeriod", Rule::Number { min: 60, max: 1_209_600, default: "345600" }),
    ("DelaySeconds", Rule::Number { min: 0, max: 900, default: "0" }),
    ("ReceiveMessageWaitTimeSeconds", Rule::Number { min: 0, max: 20, default: "0" }),
    ("SqsManagedSseEnabled", Rule::Flag { default: "true" }),
    ("Policy", Rule::Text(is_policy)),
    ("RedrivePolicy", Rule::Redrive),
    ("RedriveAllowPolicy", Rule::Text(redrive::is_allow_policy)),
    ("KmsMasterKeyId", Rule::Text(|_| true)),
    ("KmsDataKeyReusePeriodSeconds", Rule::Number { min: 60, max: 86_400, default: "300" }),
];

/// Those that only FIFO queues have.
const FIFO_RULES: [(&str, Rule); 4] = [
    ("FifoQueue", Rule::Choice(&["true"])),
    ("ContentBasedDeduplication", Rule::Flag { default: "false" }),
    ("DeduplicationScope", Rule::Choice(&["queue", "messageGroup"])),
    ("FifoThroughputLimit", Rule::Choice(&["perQueue", "perMessageGroupId"])),
];

/// The default of a numeric attribute or flag.
pub(crate) fn default_of(name: &str) -> Option<&'static str> {
    match rule(name)? {
        Rule::Number { default, .. } | Rule::Flag { default } => Some(default),
        Rule::Choice(values) => values.first().copied(),
        Rule::Text(_) | Rule::Redrive | Rule::Computed => None,
    }
}

/// Refuses attributes that a client may not set so.
pub(crate) fn check(attributes: &BTreeMap<String, String>, is_fifo: bool) -> Result<(), Fault> {
    for (name, value) in attributes {
        let fits = match rule(name).filter(|_| is_fifo || !is_of_fifo(name)) {
            None | Some(Rule::Computed) => return Err(errors::unknown_attribute(name)),
            Some(Rule::Number { min, max, .. }) => {
                value.parse::<i64>().is_ok_and(|value| (*min..=*max).contains(&value))
            }
            Some(Rule::Flag { .. }) => value == "true" || value == "false",
            Some(Rule::Choice(values)) => values.contains(&value.as_str()),
            Some(Rule::Text(check)) => value.is_empty() || check(value),
            Some(Rule::Redrive) => {
                redrive::check(value)?;
                true
            }
        };
        if !fits {
            return Err(errors::attribute_value(name));
        }
    }
    check_encryption(attributes)
}

/// Groups can only have a throughput of their own when each deduplicates by itself.
pub(crate) fn check_throughput(attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    let is = |name: &str, value: &str| attributes.get(name).is_some_and(|given| given == value);
    if is("FifoThroughputLimit", "perMessageGroupId") && !is("DeduplicationScope", "messageGroup") {
        return Err(errors::attribute_value("FifoThroughputLimit"));
    }
    Ok(())
}

fn check_encryption(attributes: &BTreeMap<String, String>) -> Result<(), Fault> {
    let has_key = attributes.get("KmsMasterKeyId").is_some_and(|key| !key.is_empty());
    let is_managed = attributes.get("SqsManagedSseEnabled").is_some_and(|value| value == "true");
    if has_key && is_managed {
        return Err(api::error::invalid_attribute_name(
            "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
        ));
    }
    Ok(())
}

/// Puts checked attributes into a queue; an empty text removes one.
pub(crate) fn apply(queue: &mut Queue, attributes: &BTreeMap<String, String>) {
    for (name, value) in attributes {
        // A key of one's own takes the place of the managed one, and the other way round.
        if name == "KmsMasterKeyId" && !value.is_empty() {
            queue.attributes.insert("SqsManagedSseEnabled".into(), "false".into());
        } else if name == "SqsManagedSseEnabled" && value == "true" {
            queue.attributes.remove("KmsMasterKeyId");
        }
        if value.is_empty() {
            queue.attributes.remove(name);
        } else {
            queue.attributes.insert(name.clone(), value.clone());
        }
    }
}

/// The first attribute, of those that a second CreateQueue names, whose value is another one.
pub(crate) fn differing<'a>(queue: &Queue, attributes: &'a BTreeMap<String, String>) -> Option<&'a str> {
    let differs = |(name, value): &(&String, &String)| {
        let present =
            queue.attributes.get(*name).map(String::as_str).or_else(|| default_of(name)).unwrap_or_default();
        present != value.as_str()
    };
    attributes.iter().find(differs).map(|(name, _)| name.as_str())
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetQueueAttributesInput,
) -> Result<api::GetQueueAttributesOutput> {
    let (address, queue) = queue::find(&**view, &view.scope(), &input.queue_url)?;
    let wanted = input.attribute_names.iter().flatten().map(api::QueueAttributeName::as_str);
    let mut attributes = BTreeMap::new();
    for name in wanted {
        if name == "All" {
            for (name, _) in RULES.iter().chain(&FIFO_RULES) {
                attributes.insert((*name).to_owned(), None);
            }
        } else if rule(name).is_some() {
            attributes.insert(name.to_owned(), None);
        } else {
            return Err(errors::unknown_attribute(name).into());
        }
    }
    fill(view, &address, &queue, &mut attributes)?;
    let present: BTreeMap<_, _> =
        attributes.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect();
    Ok(api::GetQueueAttributesOutput { attributes: (!present.is_empty()).then_some(present) })
}

/// Finds the value of each wanted attribute that the queue has.
fn fill(
    view: &View<'_>,
    address: &Address,
    queue: &Queue,
    wanted: &mut BTreeMap<String, Option<String>>,
) -> Result<()> {
    let counted = wanted.keys().any(|name| name.starts_with("Approximate"));
    let counts = if counted {
        counts::of(&**view, address, queue, view.now.millis())?
    } else {
        counts::Counts::default()
    };
    for (name, value) in wanted {
        *value = match name.as_str() {
            "QueueArn" => Some(address.arn().to_string()),
            "ApproximateNumberOfMessages" => Some(counts.visible.to_string()),
            "ApproximateNumberOfMessagesNotVisible" => Some(counts.in_flight.to_string()),
            "ApproximateNumberOfMessagesDelayed" => Some(counts.delayed.to_string()),
            "CreatedTimestamp" => Some((queue.created_ms / 1000).to_string()),
            "LastModifiedTimestamp" => Some((queue.modified_ms / 1000).to_string()),
            name if is_of_fifo(name) && !address.is_fifo() => None,
            "KmsDataKeyReusePeriodSeconds" if !queue.attributes.contains_key("KmsMasterKeyId") => None,
            name => queue.attributes.get(name).cloned().or_else(|| default_of(name).map(str::to_owned)),
        };
    }
    Ok(())
}

pub(crate) fn set(
    tx: &mut Tx<'_>,
    input: &api::SetQueueAttributesInput,
) -> Result<api::SetQueueAttributesOutput> {
    let (address, queue) = queue::find(&**tx, &tx.scope(), &input.queue_url)?;
    let mut queue = Queue::clone(&queue);
    let wanted = input.attributes.as_ref().ok_or_else(|| errors::missing("Attributes"))?;
    check(wanted, address.is_fifo())?;
    if wanted.contains_key("FifoQueue") {
        return Err(api::error::invalid_attribute_value(
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
        )
        .into());
    }
    redrive::check_target(&**tx, &address, wanted)?;
    apply(&mut queue, wanted);
    check_throughput(&queue.attributes)?;
    queue.modified_ms = tx.now.millis();
    tx.put_record(keys::queue(&address.scope, &address.name), &queue)?;
    Ok(api::SetQueueAttributesOutput::default())
}

fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().chain(&FIFO_RULES).find(|(known, _)| *known == name).map(|(_, rule)| rule)
}

fn is_of_fifo(name: &str) -> bool {
    FIFO_RULES.iter().any(|(known, _)| *known == name)
}

/// Whether it is a policy that says who may do what with a queue.
fn is_policy(text: &str) -> bool {
    Document::parse(Kind::Resource, text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> BTreeMap<String, String> {
        BTreeMap::from([(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn ranges_are_inclusive_and_texts_are_no_numbers() {
        for (name, value, fits) in [
            ("VisibilityTimeout", "0", true),
            ("VisibilityTimeout", "43200", true),
            ("VisibilityTimeout", "43201", false),
            ("VisibilityTimeout", "-1", false),
            ("VisibilityTimeout", "thirty", false),
            ("MessageRetentionPeriod", "59", false),
            ("MaximumMessageSize", "1048577", false),
            ("SqsManagedSseEnabled", "yes", false),
            ("Policy", "[]", false),
            ("Policy", r#"{"Statement":[]}"#, false),
            (
                "Policy",
                r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"SQS:*","Resource":"*"}}"#,
                true,
            ),
            (
                "Policy",
                r#"{"Statement":{"Effect":"Perhaps","Principal":"*","Action":"SQS:*","Resource":"*"}}"#,
                false,
            ),
            ("Policy", "", true),
            ("DeduplicationScope", "messageGroup", false),
        ] {
            assert_eq!(check(&one(name, value), false).is_ok(), fits, "{name}={value}");
        }
    }

    #[test]
    fn unknown_and_computed_attributes_cannot_be_set() {
        for name in ["Colour", "QueueArn", "All"] {
            assert_eq!(check(&one(name, "1"), true).unwrap_err().code, "InvalidAttributeName");
        }
        // Nor those of FIFO queues, of a queue that is none.
        assert_eq!(check(&one("FifoQueue", "true"), false).unwrap_err().code, "InvalidAttributeName");
    }

    #[test]
    fn fifo_queues_have_attributes_of_their_own() {
        for (name, value, fits) in [
            ("FifoQueue", "true", true),
            ("FifoQueue", "false", false),
            ("ContentBasedDeduplication", "true", true),
            ("ContentBasedDeduplication", "", false),
            ("DeduplicationScope", "messageGroup", true),
            ("DeduplicationScope", "group", false),
            ("FifoThroughputLimit", "perQueue", true),
        ] {
            assert_eq!(check(&one(name, value), true).is_ok(), fits, "{name}={value}");
        }
        let mut attributes = one("FifoThroughputLimit", "perMessageGroupId");
        assert!(check_throughput(&attributes).is_err());
        attributes.extend(one("DeduplicationScope", "messageGroup"));
        assert!(check_throughput(&attributes).is_ok());
    }
}
