//! Delivery policies of topics and subscriptions: how web servers get messages.
//!
//! Follows "Creating an HTTP/S delivery policy" in the developer guide.

use serde::{Deserialize, Serialize};
use wire::Fault;

use crate::errors;
use crate::retries::Retries;

/// How messages are labelled where nobody said otherwise.
const CONTENT_TYPE: &str = "text/plain; charset=UTF-8";
/// The media types that a policy may ask for.
const CONTENT_TYPES: [&str; 12] = [
    "application/atom+xml",
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xhtml+xml",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];
/// The longest wait, and all waits together, in seconds.
const DELAY_MAX: u32 = 3600;
const RETRIES_MAX: u32 = 100;

/// What a policy says of a throttle. Never stored, as all that is read from a policy's text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Throttle {
    #[serde(skip_serializing_if = "Option::is_none")]
    max_receives_per_second: Option<u32>,
}

/// What a policy says of the requests. Never stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct Request {
    header_content_type: String,
}

impl Default for Request {
    fn default() -> Self {
        Request { header_content_type: CONTENT_TYPE.to_owned() }
    }
}

/// The attribute `DeliveryPolicy` of a topic. Never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct OfTopic {
    http: OfTopicHttp,
}

/// Its part for web servers. Never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct OfTopicHttp {
    default_healthy_retry_policy: Retries,
    #[serde(skip_serializing)]
    default_sickly_retry_policy: Option<Retries>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_throttle_policy: Option<Throttle>,
    disable_subscription_overrides: bool,
    default_request_policy: Request,
}

/// The attribute `DeliveryPolicy` of a subscription. Never stored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct OfSubscription {
    healthy_retry_policy: Option<Retries>,
    sickly_retry_policy: Option<Retries>,
    throttle_policy: Option<Throttle>,
    request_policy: Option<Request>,
    guaranteed: bool,
}

/// What holds for the deliveries to a web server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Effective {
    pub(crate) retries: Retries,
    pub(crate) per_second: Option<u32>,
    pub(crate) content_type: String,
}

/// Checks that of a topic.
pub(crate) fn check_topic(text: &str) -> Result<(), Fault> {
    let OfTopicHttp { default_healthy_retry_policy, default_throttle_policy, default_request_policy, .. } =
        parse::<OfTopic>(text)?.http;
    check(&default_healthy_retry_policy, default_throttle_policy.as_ref(), &default_request_policy)
}

/// Checks that of a subscription.
pub(crate) fn check_subscription(text: &str) -> Result<(), Fault> {
    let policy = parse::<OfSubscription>(text)?;
    let retries = policy.healthy_retry_policy.unwrap_or_default();
    check(&retries, policy.throttle_policy.as_ref(), &policy.request_policy.unwrap_or_default())
}

fn parse<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|_| refused("failed to parse JSON"))
}

fn refused(why: impl std::fmt::Display) -> Fault {
    errors::invalid(format_args!("DeliveryPolicy: {why}"))
}

fn check(retries: &Retries, throttle: Option<&Throttle>, request: &Request) -> Result<(), Fault> {
    let Retries { min_delay_target: min, max_delay_target: max, num_retries: all, .. } = *retries;
    let phases = [retries.num_no_delay_retries, retries.num_min_delay_retries, retries.num_max_delay_retries];
    let (media_type, parameters) =
        request.header_content_type.split_once(';').unwrap_or((&request.header_content_type, ""));
    let parameter = parameters.split_once('=').map(|(name, _)| name.trim());
    if !(1..=DELAY_MAX).contains(&min) {
        Err(refused(format_args!("healthyRetryPolicy.minDelayTarget must be between 1 and {DELAY_MAX}")))
    } else if !(min..=DELAY_MAX).contains(&max) {
        Err(refused(format_args!(
            "healthyRetryPolicy.maxDelayTarget must be between minDelayTarget and {DELAY_MAX}"
        )))
    } else if all > RETRIES_MAX {
        Err(refused(format_args!("healthyRetryPolicy.numRetries must be between 0 and {RETRIES_MAX}")))
    } else if phases.iter().map(|phase| u64::from(*phase)).sum::<u64>() > u64::from(all) {
        Err(refused("healthyRetryPolicy.numRetries must be at least the sum of the retries of all phases"))
    } else if retries.total_s() > i64::from(DELAY_MAX) {
        Err(refused(format_args!("the total retry time must not exceed {DELAY_MAX} seconds")))
    } else if throttle.is_some_and(|throttle| throttle.max_receives_per_second == Some(0)) {
        Err(refused("throttlePolicy.maxReceivesPerSecond must be at least 1"))
    } else if !CONTENT_TYPES.contains(&media_type.trim())
        || parameter.is_some_and(|name| !matches!(name, "charset" | "boundary"))
    {
        Err(refused("requestPolicy.headerContentType is not supported"))
    } else {
        Ok(())
    }
}

/// The policy that holds for a topic, as its attributes show it.
pub(crate) fn effective_of_topic(topic: Option<&str>) -> String {
    serde_json::to_string(&of_topic(topic)).unwrap_or_default()
}

/// The policy that holds for a subscription, as its attributes show it.
pub(crate) fn effective_text(topic: Option<&str>, subscription: Option<&str>) -> String {
    let Effective { retries, per_second, content_type } = effective(topic, subscription);
    let throttle_policy = per_second.map(|per_second| Throttle { max_receives_per_second: Some(per_second) });
    let policy = OfSubscription {
        healthy_retry_policy: Some(retries),
        sickly_retry_policy: None,
        throttle_policy,
        request_policy: Some(Request { header_content_type: content_type }),
        guaranteed: false,
    };
    serde_json::to_string(&policy).unwrap_or_default()
}

/// What holds for a subscription: what it says itself, where its topic lets it.
pub(crate) fn effective(topic: Option<&str>, subscription: Option<&str>) -> Effective {
    let topic = of_topic(topic).http;
    let own = subscription.filter(|_| !topic.disable_subscription_overrides);
    let own: OfSubscription = own.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let throttle = own.throttle_policy.or(topic.default_throttle_policy);
    Effective {
        retries: own.healthy_retry_policy.unwrap_or(topic.default_healthy_retry_policy),
        per_second: throttle.and_then(|throttle| throttle.max_receives_per_second),
        content_type: own.request_policy.unwrap_or(topic.default_request_policy).header_content_type,
    }
}

fn of_topic(text: Option<&str>) -> OfTopic {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_spelt_as_aws_spells_it() {
        assert_eq!(
            effective_of_topic(None),
            r#"{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}"#
        );
        let text = effective_text(None, Some(r#"{"healthyRetryPolicy":{"numRetries":5}}"#));
        assert_eq!(
            text,
            r#"{"healthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":5,"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"sicklyRetryPolicy":null,"throttlePolicy":null,"requestPolicy":{"headerContentType":"text/plain; charset=UTF-8"},"guaranteed":false}"#
        );
    }

    #[test]
    fn a_topic_may_overrule_its_subscriptions() {
        let topic = r#"{"http":{"disableSubscriptionOverrides":true,"defaultThrottlePolicy":{"maxReceivesPerSecond":2}}}"#;
        let own = r#"{"healthyRetryPolicy":{"numRetries":5},"throttlePolicy":{"maxReceivesPerSecond":9}}"#;
        let overruled = effective(Some(topic), Some(own));
        assert_eq!((overruled.retries.num_retries, overruled.per_second), (3, Some(2)));
        let free = effective(Some(&topic.replace("true", "false")), Some(own));
        assert_eq!((free.retries.num_retries, free.per_second), (5, Some(9)));
    }

    #[test]
    fn nonsense_is_refused() {
        for (text, why) in [
            ("{", "failed to parse JSON"),
            (r#"{"unknown":1}"#, "failed to parse JSON"),
            (
                r#"{"healthyRetryPolicy":{"minDelayTarget":0}}"#,
                "healthyRetryPolicy.minDelayTarget must be between 1 and 3600",
            ),
            (
                r#"{"healthyRetryPolicy":{"maxDelayTarget":19}}"#,
                "healthyRetryPolicy.maxDelayTarget must be between minDelayTarget and 3600",
            ),
            (
                r#"{"healthyRetryPolicy":{"numRetries":101}}"#,
                "healthyRetryPolicy.numRetries must be between 0 and 100",
            ),
            (
                r#"{"healthyRetryPolicy":{"numNoDelayRetries":4}}"#,
                "healthyRetryPolicy.numRetries must be at least the sum of the retries of all phases",
            ),
            (
                r#"{"healthyRetryPolicy":{"numRetries":4,"maxDelayTarget":3600,"numMaxDelayRetries":2}}"#,
                "the total retry time must not exceed 3600 seconds",
            ),
            (
                r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#,
                "throttlePolicy.maxReceivesPerSecond must be at least 1",
            ),
            (
                r#"{"requestPolicy":{"headerContentType":"image/png"}}"#,
                "requestPolicy.headerContentType is not supported",
            ),
            (
                r#"{"requestPolicy":{"headerContentType":"text/html; q=1"}}"#,
                "requestPolicy.headerContentType is not supported",
            ),
        ] {
            let fault = check_subscription(text).unwrap_err();
            assert_eq!(fault.message, format!("Invalid parameter: DeliveryPolicy: {why}"), "{text}");
        }
        check_subscription(r#"{"requestPolicy":{"headerContentType":"application/json; charset=UTF-8"}}"#)
            .unwrap();
        check_topic("{}").unwrap();
    }
}
