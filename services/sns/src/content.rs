//! What is delivered of a publication, to whomever.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Tx};

use crate::message::Message;
use crate::publish::Published;
use crate::signature::Version;
use crate::topics::Topic;

/// A published message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) scope: Scope,
    pub(crate) topic_arn: String,
    pub(crate) message_id: String,
    pub(crate) message: Message,
    pub(crate) published_ms: i64,
    /// The message's group, for queues.
    pub(crate) group: Option<String>,
    /// The id by which a FIFO queue knows it again.
    pub(crate) deduplication: Option<String>,
    /// Its number in its group of a FIFO topic.
    pub(crate) sequence: Option<String>,
    /// How the envelope is signed.
    #[serde(default)]
    pub(crate) signature: Version,
    /// Who an e-mail or a text message says that it is from.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    /// The trace that it was published in.
    #[serde(default)]
    pub(crate) trace: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_content: Content);

impl Content {
    /// That of a message to a phone number.
    pub(crate) fn direct(scope: Scope, message: Message, published: &Published, tx: &Tx<'_>) -> Self {
        Content {
            scope,
            topic_arn: String::new(),
            message_id: published.id.clone(),
            message,
            published_ms: tx.now.millis(),
            group: None,
            deduplication: None,
            sequence: None,
            signature: Version::One,
            display_name: None,
            trace: trace_of(tx),
        }
    }

    pub(crate) fn new(topic: &Topic, message: Message, published: &Published, tx: &Tx<'_>) -> Self {
        Content {
            scope: topic.scope,
            topic_arn: topic.arn().to_string(),
            message_id: published.id.clone(),
            message,
            published_ms: tx.now.millis(),
            group: None,
            deduplication: None,
            sequence: published.sequence.clone(),
            signature: topic.signature_version(),
            display_name: topic.display_name(),
            trace: trace_of(tx),
        }
    }

    /// SNS as it delivers this in a scope: for its topic, if it has one, and as a part of the publisher's trace.
    pub(crate) fn sender(&self, cloud: &Arc<Cloud>, scope: Scope) -> Context {
        let context = cloud.context_of("sns", scope).traced(self.trace.as_deref().map(Arc::from));
        match self.topic_arn.parse() {
            Ok(topic) => context.for_source(topic),
            Err(_) => context,
        }
    }
}

fn trace_of(tx: &Tx<'_>) -> Option<String> {
    tx.context.caller.trace.as_deref().map(str::to_owned)
}
