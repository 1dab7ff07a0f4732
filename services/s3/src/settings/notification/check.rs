//! What a configuration may say.

use std::collections::BTreeSet;

use api_s3 as api;
use names::Arn;
use service::Random;
use wire::Fault;

use super::overlap;
use crate::bucket::Bucket;
use crate::errors;

const PARTS_MAX: usize = 100;
const ID_LENGTH_MAX: usize = 255;

/// Refuses what S3 refuses; what has no id gets one.
pub(super) fn check(
    wanted: &mut api::NotificationConfiguration,
    bucket: &Bucket,
    random: &Random,
) -> Result<(), Fault> {
    let mut parts = parts(wanted);
    if parts.len() > PARTS_MAX {
        return Err(errors::invalid_argument("Configuration is too large"));
    }
    let mut ids = BTreeSet::new();
    for part in &mut parts {
        let id = part.id.get_or_insert_with(|| random.uuid());
        if id.chars().count() > ID_LENGTH_MAX {
            return Err(errors::invalid_argument(format!(
                "ID length should not exceed allowed limit of {ID_LENGTH_MAX}"
            )));
        }
        if !ids.insert(id.clone()) {
            return Err(errors::invalid_argument(
                "Same ID used for multiple configurations. IDs must be unique.",
            ));
        }
        check_destination(part, bucket)?;
        check_filter(part.filter.as_mut())?;
        if part.events.is_empty() {
            return Err(errors::malformed_xml());
        }
    }
    overlap::check(&parts)
}

/// One destination with its events, whatever its kind.
pub(super) struct Part<'a> {
    id: &'a mut Option<String>,
    /// The service that it is of.
    service: &'static str,
    pub(super) arn: &'a str,
    pub(super) events: &'a [api::Event],
    pub(super) filter: &'a mut Option<api::NotificationConfigurationFilter>,
}

fn parts(wanted: &mut api::NotificationConfiguration) -> Vec<Part<'_>> {
    let topics = wanted.topic_configurations.iter_mut().flatten().map(|part| Part {
        id: &mut part.id,
        service: "sns",
        arn: &part.topic_arn,
        events: &part.events,
        filter: &mut part.filter,
    });
    let queues = wanted.queue_configurations.iter_mut().flatten().map(|part| Part {
        id: &mut part.id,
        service: "sqs",
        arn: &part.queue_arn,
        events: &part.events,
        filter: &mut part.filter,
    });
    let functions = wanted.lambda_function_configurations.iter_mut().flatten().map(|part| Part {
        id: &mut part.id,
        service: "lambda",
        arn: &part.lambda_function_arn,
        events: &part.events,
        filter: &mut part.filter,
    });
    topics.chain(queues).chain(functions).collect()
}

fn check_destination(part: &Part<'_>, bucket: &Bucket) -> Result<(), Fault> {
    let arn = part.arn.parse::<Arn>().ok().filter(|arn| arn.service() == part.service);
    let Some(arn) = arn else {
        return Err(errors::argument("The ARN could not be parsed", part.arn, "null"));
    };
    if arn.region() != Some(bucket.region) {
        let message =
            "The notification destination service region is not valid for the bucket location constraint";
        return Err(errors::argument(message, part.arn, "null"));
    }
    Ok(())
}

/// At most one prefix and one suffix, which S3 shows with capitals.
fn check_filter(filter: Option<&mut api::NotificationConfigurationFilter>) -> Result<(), Fault> {
    let rules = filter.and_then(|filter| filter.key.as_mut()?.filter_rules.as_mut());
    let mut seen = BTreeSet::new();
    for rule in rules.into_iter().flatten() {
        let name = rule.name.as_ref().map(|name| name.as_str().to_ascii_lowercase()).unwrap_or_default();
        let shown = match name.as_str() {
            "prefix" => "Prefix",
            "suffix" => "Suffix",
            _ => {
                return Err(errors::argument(
                    "filter rule name must be either prefix or suffix",
                    "FilterRule.Name",
                    &name,
                ));
            }
        };
        if !seen.insert(shown) {
            let message = format!("Cannot specify more than one {name} rule in a filter.");
            return Err(errors::argument(message, "FilterRule.Name", &name));
        }
        rule.name = Some(shown.into());
        rule.value.get_or_insert_default();
    }
    Ok(())
}
