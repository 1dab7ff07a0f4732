//! A log stream's record.

use api_logs as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;

use crate::errors;
use crate::group::{self, Group};
use crate::keys::{self, Id};

/// A log stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stream {
    pub(crate) id: Id,
    pub(crate) name: String,
    pub(crate) created_ms: i64,
    pub(crate) first_ms: Option<i64>,
    pub(crate) last_ms: Option<i64>,
    pub(crate) ingested_ms: Option<i64>,
    /// The number of the next event.
    pub(crate) next_number: u64,
    /// What its events take, as AWS counts it.
    pub(crate) bytes: u64,
}

#[cfg(test)]
layouts::stays!(stored_stream: Stream);

/// The stream of that name.
pub(crate) fn find(reads: &impl Reads, group: &Group, name: &str) -> Result<Stream> {
    Ok(reads.get_record(&keys::stream(&group.id, name))?.ok_or_else(errors::no_stream)?)
}

impl Stream {
    /// Where it stands among the group's streams by their last events; without any, first.
    pub(crate) fn recently(&self, group: &Id) -> store::tuple::Key {
        keys::recently(group, self.last_ms.unwrap_or_default(), &self.name)
    }

    /// As the API shows it.
    pub(crate) fn shown(&self, scope: &Scope, group: &Group) -> api::LogStream {
        api::LogStream {
            log_stream_name: Some(self.name.clone()),
            creation_time: Some(self.created_ms),
            first_event_timestamp: self.first_ms,
            last_event_timestamp: self.last_ms,
            last_ingestion_time: self.ingested_ms,
            // AWS shows any token, and asks for none.
            upload_sequence_token: Some(format!("{:056}", self.next_number)),
            arn: Some(format!("{}:log-stream:{}", group::arn(scope, &group.name), self.name)),
            // Zero for every stream since June 2019 (API reference, LogStream).
            stored_bytes: Some(0),
        }
    }
}
