//! What the mapping of a stream has beside what every mapping has: its settings, checked and shown.

use api_lambda as api;
use names::Arn;
use serde::{Deserialize, Serialize};
use service::Context;
use wire::Fault;

use super::stream::Stream;
use crate::errors;
use crate::refused::refuse;
use crate::sources::filters;

/// The shortest age that can be asked for, in seconds.
const AGE_MIN_S: i32 = 60;

/// The settings of a stream's mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Streaming {
    /// Where it began: `TRIM_HORIZON` or `LATEST`.
    pub(crate) from: String,
    /// Batches of a shard that may be at work at once.
    pub(crate) lanes: i32,
    /// -1 never gives up.
    pub(crate) retries_max: i32,
    /// Older records are given up; -1 never does.
    pub(crate) age_max_s: i32,
    /// Whether a batch that failed is halved.
    pub(crate) bisects: bool,
    /// Patterns: a record is wanted when one of them wants it, or when there is none.
    pub(crate) filters: Vec<String>,
    /// Where batches go that were given up.
    pub(crate) destination: Option<String>,
    /// The length of tumbling windows in seconds; 0 has none.
    #[serde(default)]
    pub(crate) tumbling_s: i32,
}

impl Streaming {
    /// Adds to a mapping as the API shows it.
    pub(crate) fn show(&self, mapping: &mut api::EventSourceMappingConfiguration) {
        mapping.starting_position = Some(self.from.as_str().into());
        mapping.parallelization_factor = Some(self.lanes);
        mapping.maximum_retry_attempts = Some(self.retries_max);
        mapping.maximum_record_age_in_seconds = Some(self.age_max_s);
        mapping.bisect_batch_on_function_error = Some(self.bisects);
        mapping.tumbling_window_in_seconds = Some(self.tumbling_s);
        mapping.destination_config = Some(api::DestinationConfig {
            on_success: None,
            on_failure: Some(api::OnFailure { destination: self.destination.clone() }),
        });
        mapping.filter_criteria = filters::shown(&self.filters);
        mapping.state_transition_reason = Some("User action".into());
    }
}

/// The settings of a mapping that is being made.
pub(in crate::sources) fn of_new(input: &api::CreateEventSourceMappingInput) -> Result<Streaming, Fault> {
    refuse(&[("SourceAccessConfigurations", input.source_access_configurations.is_some())])?;
    not_for_streams(&[
        ("ScalingConfig", input.scaling_config.is_some()),
        ("StartingPositionTimestamp", input.starting_position_timestamp.is_some()),
        ("Topics", input.topics.is_some()),
        ("Queues", input.queues.is_some()),
    ])?;
    let from = input.starting_position.as_ref().ok_or_else(|| {
        errors::invalid(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not \
             be null.",
        )
    })?;
    if from.as_str() == "AT_TIMESTAMP" {
        return Err(errors::invalid("Unsupported starting position for source type."));
    }
    Ok(Streaming {
        from: from.to_string(),
        lanes: input.parallelization_factor.unwrap_or(1),
        retries_max: input.maximum_retry_attempts.unwrap_or(-1),
        age_max_s: age(input.maximum_record_age_in_seconds.unwrap_or(-1))?,
        bisects: input.bisect_batch_on_function_error == Some(true),
        filters: filters::of(input.filter_criteria.as_ref())?,
        destination: destination(input.destination_config.as_ref())?,
        tumbling_s: input.tumbling_window_in_seconds.unwrap_or_default(),
    })
}

/// The settings as a change leaves them.
pub(in crate::sources) fn updated(
    before: &Streaming,
    input: &api::UpdateEventSourceMappingInput,
) -> Result<Streaming, Fault> {
    refuse(&[("SourceAccessConfigurations", input.source_access_configurations.is_some())])?;
    not_for_streams(&[("ScalingConfig", input.scaling_config.is_some())])?;
    let mut after = before.clone();
    after.lanes = input.parallelization_factor.unwrap_or(before.lanes);
    after.tumbling_s = input.tumbling_window_in_seconds.unwrap_or(before.tumbling_s);
    after.retries_max = input.maximum_retry_attempts.unwrap_or(before.retries_max);
    after.age_max_s = age(input.maximum_record_age_in_seconds.unwrap_or(before.age_max_s))?;
    after.bisects = input.bisect_batch_on_function_error.unwrap_or(before.bisects);
    if input.filter_criteria.is_some() {
        after.filters = filters::of(input.filter_criteria.as_ref())?;
    }
    if input.destination_config.is_some() {
        after.destination = destination(input.destination_config.as_ref())?;
    }
    Ok(after)
}

/// Whether the stream is there.
pub(in crate::sources) async fn check(context: &Context, source: &Arn) -> Result<(), Fault> {
    match Stream::of(&context.cloud, source)?.shards().await {
        Ok(_) => Ok(()),
        Err(fault) if fault.code == "ResourceNotFoundException" => {
            Err(errors::invalid(format!("Stream not found: {source}")))
        }
        Err(fault) => Err(fault),
    }
}

fn not_for_streams(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    match parameters.iter().find(|(_, present)| *present) {
        Some((name, _)) => {
            let message = format!("Unsupported {name} parameter for given event source mapping type.");
            Err(errors::invalid(message))
        }
        None => Ok(()),
    }
}

fn age(wanted_s: i32) -> Result<i32, Fault> {
    if wanted_s != -1 && wanted_s < AGE_MIN_S {
        return Err(errors::invalid(format!(
            "Maximum record age in seconds must be either -1 or at least {AGE_MIN_S}."
        )));
    }
    Ok(wanted_s)
}

/// A queue or a topic; an empty text takes it away.
fn destination(config: Option<&api::DestinationConfig>) -> Result<Option<String>, Fault> {
    let Some(config) = config else { return Ok(None) };
    let has = |destination: &Option<String>| destination.as_ref().is_some_and(|arn| !arn.is_empty());
    if config.on_success.as_ref().is_some_and(|success| has(&success.destination)) {
        return Err(errors::invalid("Unsupported OnSuccess parameter for given event source mapping type."));
    }
    let failure = config.on_failure.as_ref().and_then(|failure| failure.destination.clone());
    let Some(text) = failure.filter(|arn| !arn.is_empty()) else { return Ok(None) };
    let arn: Option<Arn> = text.parse().ok();
    match arn.as_ref().map(Arn::service) {
        Some("sqs" | "sns") => Ok(Some(text)),
        Some("s3") => Err(errors::not_built("An OnFailure destination of s3")),
        _ => Err(errors::invalid(format!("The destination ARN {text} is invalid."))),
    }
}
