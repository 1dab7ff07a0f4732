//! What may be subscribed: the endpoints of each protocol, as AWS checks them.

use names::{Account, Arn};
use outgoing::Address;
use wire::Fault;

use crate::errors;
use crate::topics::Topic;

/// The longest phone number that E.164 knows, in digits.
const DIGITS_MAX: usize = 15;

/// An endpoint that could be subscribed to that topic.
pub(crate) fn checked(topic: &Topic, protocol: &str, endpoint: Option<&str>) -> Result<String, Fault> {
    let endpoint = endpoint.unwrap_or_default();
    let (is_right, what) = match protocol {
        "sqs" => (is_arn_of("sqs", endpoint), "SQS endpoint ARN"),
        "lambda" => (is_arn_of("lambda", endpoint), "Lambda endpoint ARN"),
        "http" | "https" => return checked_web(topic, protocol, endpoint),
        "email" | "email-json" => (is_email(endpoint), "Email address"),
        "sms" => (is_phone_number(endpoint), "Invalid SMS endpoint"),
        "application" => (crate::mobile::is_endpoint_arn(endpoint), "Application endpoint arn invalid"),
        "firehose" => return Err(errors::not_built(&format!("Protocol {protocol}"))),
        _ => {
            let message = format!("Amazon SNS does not support this protocol string: {protocol}");
            return Err(errors::invalid(message));
        }
    };
    if topic.is_fifo() && protocol != "sqs" {
        return Err(only_queues());
    }
    if !is_right {
        return Err(match protocol {
            "sms" | "application" => errors::invalid(format_args!("{what}: {endpoint}")),
            _ => errors::invalid(what),
        });
    }
    if endpoint.ends_with(".fifo") && !topic.is_fifo() {
        return Err(errors::invalid(
            "Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ));
    }
    Ok(endpoint.to_owned())
}

fn only_queues() -> Fault {
    errors::invalid("Protocol Reason: FIFO topics deliver to SQS queues only")
}

fn checked_web(topic: &Topic, protocol: &str, endpoint: &str) -> Result<String, Fault> {
    if topic.is_fifo() {
        return Err(only_queues());
    }
    let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    if scheme.as_deref() != Some(protocol) {
        return Err(errors::invalid("Endpoint must match the specified protocol"));
    }
    match Address::parse(endpoint) {
        Some(address) if !address.host().contains('_') => Ok(endpoint.to_owned()),
        _ => Err(errors::invalid("Unreachable Endpoint")),
    }
}

fn is_arn_of(service: &str, endpoint: &str) -> bool {
    endpoint.parse::<Arn>().is_ok_and(|arn| arn.service() == service && arn.scope().is_some())
}

fn is_email(endpoint: &str) -> bool {
    let is_text = |text: &str| {
        !text.is_empty() && !text.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    };
    endpoint.rsplit_once('@').is_some_and(|(name, host)| {
        is_text(name) && is_text(host) && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
    })
}

/// Whether it is a number as E.164 writes it: `+15551230100`.
pub(crate) fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (1..=DIGITS_MAX).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Whether somebody has to say yes first: whoever is no AWS account, and another account than the one that subscribes.
pub(crate) fn needs_confirmation(protocol: &str, endpoint: &str, subscriber: &Account) -> bool {
    match protocol {
        "http" | "https" | "email" | "email-json" => true,
        "sqs" | "lambda" => endpoint.parse::<Arn>().ok().and_then(|arn| arn.account()) != Some(*subscriber),
        _ => false,
    }
}

/// An endpoint as others than its owner may see it: without a password.
pub(crate) fn shown(endpoint: &str) -> String {
    let hidden = || {
        let (scheme, rest) = endpoint.split_once("://")?;
        let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(authority_end)?;
        let (user, host) = authority.rsplit_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:****@{host}{path}"))
    };
    hidden().unwrap_or_else(|| endpoint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (endpoint, expected) in [
            ("https://user:secret@host/path:a@b", "https://user:****@host/path:a@b"),
            ("https://host/a:b@c", "https://host/a:b@c"),
            ("http://user@host", "http://user@host"),
            ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:sqs:us-east-1:000000000000:q"),
            ("a@b.c", "a@b.c"),
        ] {
            assert_eq!(shown(endpoint), expected);
        }
    }

    #[test]
    fn addresses_of_people() {
        for good in ["a@b.c", "grüße@example.com", "a+b@x.y.z"] {
            assert!(is_email(good), "{good}");
        }
        for bad in ["", "a", "@b.c", "a@", "a@b", "a b@c.d", "a@.c", "a@c."] {
            assert!(!is_email(bad), "{bad}");
        }
        assert!(is_phone_number("+15551230100"));
        for bad in ["", "+", "15551230100", "+0123", "+1555-123", "+1234567890123456", "+١٢٣"] {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }
}
