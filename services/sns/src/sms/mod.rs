//! Text messages: how an account wants them sent, who wants none, and the numbers that it tries them with.
//!
//! | key | value |
//! |---|---|
//! | `"sms attributes", account, region` | what [`attributes`] were set: a map |
//! | `"opted out", account, region, number` | [`opt_out::OptedOut`] |
//! | `"sandbox number", account, region, number` | [`sandbox::Number`] |
//!
//! Never here: sending messages that were published. That is [`crate::delivery::letter`].

pub(crate) mod attributes;
pub(crate) mod opt_out;
pub(crate) mod sandbox;

use api_sns as api;
use names::Scope;
use service::scoped;
use service::{Result, View};
use store::tuple::Key;
use wire::Fault;

use crate::{endpoint, errors};

fn key(kind: &str, scope: &Scope) -> Key {
    scoped("sns", kind, scope)
}

fn check_number(number: &str) -> Result<(), Fault> {
    if endpoint::is_phone_number(number) {
        return Ok(());
    }
    Err(errors::invalid("PhoneNumber Reason: input incorrectly formatted"))
}

/// The numbers that an account sends from: nobody rents any out here.
pub(crate) fn list_origination_numbers(
    _: &View<'_>,
    input: &api::ListOriginationNumbersInput,
) -> Result<api::ListOriginationNumbersOutput> {
    // No page ends with a token for another one.
    if input.next_token.is_some() {
        return Err(errors::invalid("NextToken").into());
    }
    Ok(api::ListOriginationNumbersOutput { phone_numbers: Some(Vec::new()), next_token: None })
}
