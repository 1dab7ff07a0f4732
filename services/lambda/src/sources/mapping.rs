//! A mapping's record, and how it is shown.

use api_lambda as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Result, Tx};
use store::Reads;
use wire::Timestamp;

use super::filters;
use super::streams::{self, Streaming};
use crate::keys;
use crate::name::Name;

/// Messages of a queue's batch, when the client says nothing.
pub(crate) const BATCH_SIZE: i32 = 10;
/// Records of a stream's batch.
pub(crate) const STREAM_BATCH_SIZE: i32 = 100;

/// A queue, or a stream, that a function reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    pub(crate) scope: Scope,
    pub(crate) uuid: String,
    pub(crate) source: Arn,
    /// The function's name; it is in the mapping's own account and region.
    pub(crate) function: String,
    /// Which version or alias of it, when the client named one.
    #[serde(default)]
    pub(crate) qualifier: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) batch_size: i32,
    pub(crate) window_s: i32,
    /// Batches that may be at work at once, when the client limits them.
    pub(crate) concurrency_max: Option<i32>,
    /// Whether the function's answer names the messages that it failed on.
    pub(crate) reports_failures: bool,
    pub(crate) modified_ms: i64,
    /// Patterns: a message of a queue is wanted when one of them wants it, or when there is none. A stream has its own.
    #[serde(default)]
    pub(crate) filters: Vec<String>,
    /// What the mapping of a stream has more than that of a queue.
    #[serde(default)]
    pub(crate) stream: Option<Streaming>,
}

#[cfg(test)]
layouts::stays!(stored_mapping: Mapping);

/// The mapping of that UUID.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, uuid: &str) -> Result<Mapping> {
    let found = reads.get_record(&keys::mapping(scope, uuid))?;
    let unknown = || api::error::resource_not_found_exception("The resource you requested does not exist.");
    Ok(found.ok_or_else(unknown)?)
}

/// Writes a mapping, and tells its poller.
pub(crate) fn put(tx: &mut Tx<'_>, mapping: &Mapping) -> Result<()> {
    let key = keys::mapping(&mapping.scope, &mapping.uuid);
    tx.put_record(&key, mapping)?;
    tx.signal(key);
    tx.signal(keys::mappings());
    Ok(())
}

/// Deletes a mapping, and tells its poller.
pub(crate) fn delete(tx: &mut Tx<'_>, mapping: &Mapping) -> Result<()> {
    let key = keys::mapping(&mapping.scope, &mapping.uuid);
    tx.delete(&key);
    service::tags::forget(tx, &mapping.scope, &mapping.arn());
    tx.signal(key);
    streams::forget(tx, mapping)
}

/// The UUID in the ARN of a mapping.
pub(crate) fn uuid_of(arn: &str) -> Option<&str> {
    arn.split_once(":event-source-mapping:").map(|(_, uuid)| uuid)
}

impl Mapping {
    /// The function's name, as a name in full.
    pub(crate) fn function(&self) -> Name {
        Name { scope: self.scope, name: self.function.clone(), qualifier: self.qualifier.clone() }
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("lambda", &self.scope, format_args!("event-source-mapping:{}", self.uuid))
    }

    /// The state that it rests in.
    pub(crate) fn state(&self) -> &'static str {
        if self.enabled { "Enabled" } else { "Disabled" }
    }

    /// As the API shows it, in that state.
    pub(crate) fn shown(&self, state: &str) -> api::EventSourceMappingConfiguration {
        let reports = self.reports_failures.then(|| vec!["ReportBatchItemFailures".into()]);
        let scaling = |maximum| api::ScalingConfig { maximum_concurrency: Some(maximum) };
        let mut shown = api::EventSourceMappingConfiguration {
            uuid: Some(self.uuid.clone()),
            batch_size: Some(self.batch_size),
            maximum_batching_window_in_seconds: Some(self.window_s),
            event_source_arn: Some(self.source.to_string()),
            function_arn: Some(self.function().qualified_arn().to_string()),
            last_modified: Some(Timestamp(self.modified_ms)),
            state: Some(state.to_owned()),
            state_transition_reason: Some("USER_INITIATED".into()),
            function_response_types: Some(reports.unwrap_or_default()),
            filter_criteria: filters::shown(&self.filters),
            scaling_config: self.concurrency_max.map(scaling),
            event_source_mapping_arn: Some(self.arn().to_string()),
            ..api::EventSourceMappingConfiguration::default()
        };
        if let Some(streaming) = &self.stream {
            streaming.show(&mut shown);
        }
        shown
    }
}
