//! What a mapping may be: what AWS refuses, what is not built, and whether its queue and its function fit together.

use std::sync::Arc;

use api_lambda as api;
use names::Arn;
use service::Cloud;
use wire::Fault;

use super::mapping::Mapping;
use super::queue::Queue;
use crate::errors;
use crate::function::Function;
use crate::refused::refuse;

/// Batches that are larger need a window to gather them in.
const BATCH_SIZE_WITHOUT_WINDOW_MAX: i32 = 10;
/// The largest batch of a FIFO queue.
const FIFO_BATCH_SIZE_MAX: i32 = 10;

/// The queue, or stream, that a new mapping shall read.
pub(super) fn source(input: &api::CreateEventSourceMappingInput) -> Result<Arn, Fault> {
    refuse(&[
        ("SelfManagedEventSource", input.self_managed_event_source.is_some()),
        ("MetricsConfig", input.metrics_config.is_some()),
        ("LoggingConfig", input.logging_config.is_some()),
        ("KMSKeyArn", input.kms_key_arn.is_some()),
        ("ProvisionedPollerConfig", input.provisioned_poller_config.is_some()),
    ])?;
    let arn = input.event_source_arn.as_deref().unwrap_or_default();
    let arn: Arn = arn.parse().map_err(|_| errors::invalid("Unrecognized event source."))?;
    match arn.service() {
        "sqs" => source_is_queue(input)?,
        "dynamodb" if arn.resource().contains("/stream/") => {}
        "kinesis" | "kafka" | "mq" | "rds" => {
            return Err(errors::not_built(&format!("An event source of {}", arn.service())));
        }
        _ => return Err(errors::invalid("Unrecognized event source.")),
    }
    Ok(arn)
}

/// Refuses what a queue's mapping cannot have.
fn source_is_queue(input: &api::CreateEventSourceMappingInput) -> Result<(), Fault> {
    if input.starting_position.is_some() {
        return Err(errors::invalid("StartingPosition is not valid for SQS event sources."));
    }
    not_for_queues(&[
        ("StartingPositionTimestamp", input.starting_position_timestamp.is_some()),
        ("ParallelizationFactor", input.parallelization_factor.is_some()),
        ("DestinationConfig", input.destination_config.is_some()),
        ("MaximumRecordAgeInSeconds", input.maximum_record_age_in_seconds.is_some()),
        ("BisectBatchOnFunctionError", input.bisect_batch_on_function_error == Some(true)),
        ("MaximumRetryAttempts", input.maximum_retry_attempts.is_some()),
        ("TumblingWindowInSeconds", input.tumbling_window_in_seconds.is_some_and(|window_s| window_s > 0)),
        ("Topics", input.topics.is_some()),
        ("Queues", input.queues.is_some()),
        ("SourceAccessConfigurations", input.source_access_configurations.is_some()),
        ("AmazonManagedKafkaEventSourceConfig", input.amazon_managed_kafka_event_source_config.is_some()),
        ("SelfManagedKafkaEventSourceConfig", input.self_managed_kafka_event_source_config.is_some()),
        ("DocumentDBEventSourceConfig", input.document_db_event_source_config.is_some()),
    ])
}

/// Refuses changes that are not built.
pub(super) fn update(input: &api::UpdateEventSourceMappingInput) -> Result<(), Fault> {
    refuse(&[
        ("MetricsConfig", input.metrics_config.is_some()),
        ("LoggingConfig", input.logging_config.is_some()),
        ("KMSKeyArn", input.kms_key_arn.is_some()),
        ("ProvisionedPollerConfig", input.provisioned_poller_config.is_some()),
    ])
}

/// Refuses changes that a queue's mapping cannot have.
pub(super) fn update_of_queue(input: &api::UpdateEventSourceMappingInput) -> Result<(), Fault> {
    not_for_queues(&[
        ("ParallelizationFactor", input.parallelization_factor.is_some()),
        ("DestinationConfig", input.destination_config.is_some()),
        ("MaximumRecordAgeInSeconds", input.maximum_record_age_in_seconds.is_some()),
        ("BisectBatchOnFunctionError", input.bisect_batch_on_function_error == Some(true)),
        ("MaximumRetryAttempts", input.maximum_retry_attempts.is_some()),
        ("TumblingWindowInSeconds", input.tumbling_window_in_seconds.is_some_and(|window_s| window_s > 0)),
        ("SourceAccessConfigurations", input.source_access_configurations.is_some()),
        ("AmazonManagedKafkaEventSourceConfig", input.amazon_managed_kafka_event_source_config.is_some()),
        ("SelfManagedKafkaEventSourceConfig", input.self_managed_kafka_event_source_config.is_some()),
        ("DocumentDBEventSourceConfig", input.document_db_event_source_config.is_some()),
    ])
}

fn not_for_queues(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    match parameters.iter().find(|(_, present)| *present) {
        Some((name, _)) => {
            let message = format!("Unsupported {name} parameter for given event source mapping type.");
            Err(errors::invalid(message))
        }
        None => Ok(()),
    }
}

/// Whether its settings fit together.
pub(super) fn settings(mapping: &Mapping) -> Result<(), Fault> {
    if mapping.stream.is_some() {
        return Ok(());
    }
    let is_fifo = mapping.source.resource().ends_with(".fifo");
    if is_fifo && mapping.batch_size > FIFO_BATCH_SIZE_MAX {
        let message = format!("Batch size must be between 1 and {FIFO_BATCH_SIZE_MAX} for FIFO queues.");
        return Err(errors::invalid(message));
    }
    if mapping.batch_size > BATCH_SIZE_WITHOUT_WINDOW_MAX && mapping.window_s == 0 {
        return Err(errors::invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        ));
    }
    Ok(())
}

/// Whether the queue is there, and hides a message for as long as the function may take.
pub(super) async fn queue(cloud: &Arc<Cloud>, mapping: &Mapping, function: &Function) -> Result<(), Fault> {
    let visibility_s = Queue::of(cloud, &mapping.source)?.visibility_s().await.map_err(|fault| {
        let code = fault.query_code.unwrap_or(fault.code);
        errors::invalid(format!(
            "Error occurred while ReceiveMessage. SQS Error Code: {code}. SQS Error Message: {}",
            fault.message
        ))
    })?;
    if visibility_s < function.timeout_s {
        let message = format!(
            "Queue visibility timeout: {visibility_s} seconds is less than Function timeout: {} seconds",
            function.timeout_s
        );
        return Err(errors::invalid(message));
    }
    Ok(())
}
