//! Lines that services write into groups of CloudWatch Logs for their users, beside what they do: nothing waits for them, and
//! nothing fails with them.

use std::collections::BTreeMap;

use wire::{Document, Fault, Spelling};

use crate::{ByName, Context};

/// What is written, and where.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The group.
    pub group: String,
    /// The stream, which is made when it is not there.
    pub stream: &'static str,
    /// The lines.
    pub lines: Vec<String>,
    /// When that was which they tell of.
    pub at_ms: i64,
    /// Whether the group is made when it is not there.
    pub makes_group: bool,
}

impl Lines {
    /// Writes them as whoever the context is of. Must be called within a tokio runtime.
    pub fn send(self, context: Context) {
        tokio::spawn(async move {
            if let Err(fault) = self.put(&context).await {
                tracing::warn!(%fault, group = self.group, "lines of a log were not written");
            }
        });
    }

    async fn put(&self, context: &Context) -> Result<(), Fault> {
        match call(context, "PutLogEvents", self.events()).await {
            Err(fault) if fault.code == "ResourceNotFoundException" => {}
            outcome => return outcome,
        }
        if self.makes_group {
            unless_there(call(context, "CreateLogGroup", self.named(&[])).await)?;
        }
        let stream = [("logStreamName", self.stream)];
        unless_there(call(context, "CreateLogStream", self.named(&stream)).await)?;
        call(context, "PutLogEvents", self.events()).await
    }

    fn named(&self, more: &[(&str, &str)]) -> BTreeMap<String, Document> {
        let names = [("logGroupName", self.group.as_str())];
        let names = names.iter().chain(more);
        names.map(|(name, text)| ((*name).to_owned(), Document::String((*text).to_owned()))).collect()
    }

    fn events(&self) -> BTreeMap<String, Document> {
        let event = |line: &String| {
            let members = [
                ("timestamp".to_owned(), Document::Integer(self.at_ms)),
                ("message".to_owned(), Document::String(line.clone())),
            ];
            Document::Map(members.into())
        };
        let events = self.lines.iter().map(event).collect();
        let mut input = self.named(&[("logStreamName", self.stream)]);
        input.insert("logEvents".to_owned(), Document::List(events));
        input
    }
}

/// The group that an ARN names: `arn:aws:logs:region:account:log-group:name`, also with an asterisk at its end.
#[must_use]
pub fn log_group_in(arn: &str) -> Option<&str> {
    let (_, group) = arn.split_once(":log-group:")?;
    Some(group.trim_end_matches(":*"))
}

async fn call(
    context: &Context,
    operation: &'static str,
    input: BTreeMap<String, Document>,
) -> Result<(), Fault> {
    let call = ByName { service: "logs", operation, spelling: Spelling::Model, payload_bytes_max: 0 };
    context.call_by_name(&call, Document::Map(input)).await.map(drop)
}

fn unless_there(outcome: Result<(), Fault>) -> Result<(), Fault> {
    match outcome {
        Err(fault) if fault.code == "ResourceAlreadyExistsException" => Ok(()),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::log_group_in;

    #[test]
    fn groups_are_named_in_arns() {
        for arn in ["arn:aws:logs:us-east-1:000000000000:log-group:a/b", "arn:aws:logs:x:0:log-group:a/b:*"] {
            assert_eq!(log_group_in(arn), Some("a/b"), "{arn}");
        }
        assert_eq!(log_group_in("arn:aws:firehose:us-east-1:000000000000:deliverystream/x"), None);
    }
}
