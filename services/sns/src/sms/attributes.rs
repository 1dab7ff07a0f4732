//! How an account wants its text messages sent, in a region. It is kept and given back, and changes nothing yet.

use std::collections::BTreeMap;

use api_sns as api;
use names::{Arn, Scope};
use service::{Result, Tx, View};
use store::Reads;
use store::tuple::Key;
use wire::Fault;

use crate::errors;

/// What an account may spend before it asks AWS for more, in dollars.
const SPEND_LIMIT: (&str, &str) = ("MonthlySpendLimit", "1");
/// The longest name of a sender, in letters.
const SENDER_MAX: usize = 11;

type Attributes = BTreeMap<String, String>;

fn key(scope: &Scope) -> Key {
    super::key("sms attributes", scope)
}

/// What was set, and the defaults of the rest.
fn of(reads: &impl Reads, scope: &Scope) -> Result<Attributes> {
    let mut attributes: Attributes = reads.get_record(&key(scope))?.unwrap_or_default();
    let (name, value) = SPEND_LIMIT;
    attributes.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    Ok(attributes)
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetSmsAttributesInput,
) -> Result<api::GetSmsAttributesOutput> {
    let mut attributes = of(&**view, &view.scope())?;
    if let Some(wanted) = input.attributes.as_ref().filter(|wanted| !wanted.is_empty()) {
        attributes.retain(|name, _| wanted.contains(name));
    }
    Ok(api::GetSmsAttributesOutput { attributes: Some(attributes) })
}

/// Sets some attributes; the others stay. An empty value takes one away.
pub(crate) fn set(
    tx: &mut Tx<'_>,
    input: &api::SetSmsAttributesInput,
) -> Result<api::SetSmsAttributesOutput> {
    let key = key(&tx.scope());
    let mut attributes: Attributes = tx.get_record(&key)?.unwrap_or_default();
    for (name, value) in &input.attributes {
        check(name, value)?;
        if value.is_empty() {
            attributes.remove(name);
        } else {
            attributes.insert(name.clone(), value.clone());
        }
    }
    tx.put_record(key, &attributes)?;
    Ok(api::SetSmsAttributesOutput::default())
}

fn check(name: &str, value: &str) -> Result<(), Fault> {
    let fits = match name {
        "MonthlySpendLimit" => is_number(value, u32::MAX),
        "DeliveryStatusSuccessSamplingRate" => is_number(value, 100),
        "DeliveryStatusIAMRole" => is_role(value),
        "DefaultSenderID" => is_sender(value),
        "DefaultSMSType" => matches!(value, "Promotional" | "Transactional"),
        "UsageReportS3Bucket" => is_bucket(value),
        _ => return Err(errors::invalid(format_args!("{name} is not a valid attribute"))),
    };
    if fits || value.is_empty() {
        return Ok(());
    }
    Err(errors::invalid(format_args!("{name} is invalid")))
}

fn is_number(text: &str, max: u32) -> bool {
    text.bytes().all(|digit| digit.is_ascii_digit()) && text.parse::<u32>().is_ok_and(|number| number <= max)
}

fn is_role(text: &str) -> bool {
    text.parse::<Arn>().is_ok_and(|arn| {
        arn.service() == "iam" && arn.account().is_some() && arn.resource().starts_with("role/")
    })
}

fn is_sender(text: &str) -> bool {
    (1..=SENDER_MAX).contains(&text.len())
        && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'-')
        && text.bytes().any(|letter| letter.is_ascii_alphabetic())
}

/// Whether S3 would take it as the name of a bucket, as far as letters and length go.
fn is_bucket(text: &str) -> bool {
    let is_edge = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    (3..=63).contains(&text.len())
        && text.bytes().all(|letter| is_edge(letter) || matches!(letter, b'.' | b'-'))
        && text.bytes().next().is_some_and(is_edge)
        && text.bytes().last().is_some_and(is_edge)
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn every_attribute_has_its_values() {
        let role = "arn:aws:iam::000000000000:role/sms";
        for (name, good, bad) in [
            ("MonthlySpendLimit", &["0", "1", "500"][..], &["-1", "+1", "x", "1.5", "99999999999"][..]),
            ("DeliveryStatusSuccessSamplingRate", &["0", "100"], &["101", "-1", "ten", "+5"]),
            (
                "DeliveryStatusIAMRole",
                &[role],
                &["sms", "arn:aws:s3:::bucket", "arn:aws:iam::000000000000:user/a"],
            ),
            (
                "DefaultSenderID",
                &["Trips", "a", "trips-24", "elevenchars"],
                &["twelve-chars", "123", "a b", "grüße"],
            ),
            ("DefaultSMSType", &["Promotional", "Transactional"], &["promotional", "Other"]),
            (
                "UsageReportS3Bucket",
                &["reports", "a.b-c1"],
                &["ab", "Reports", "-reports", "reports.", "a_b_c"],
            ),
        ] {
            for value in good.iter().chain(&[""]) {
                assert!(check(name, value).is_ok(), "{name}={value}");
            }
            for value in bad {
                let fault = check(name, value).unwrap_err();
                assert_eq!(fault.message, format!("Invalid parameter: {name} is invalid"), "{value}");
            }
        }
        let fault = check("Other", "").unwrap_err();
        assert_eq!(fault.message, "Invalid parameter: Other is not a valid attribute");
    }
}
