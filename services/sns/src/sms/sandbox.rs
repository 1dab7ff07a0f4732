//! Numbers that an account tries text messages with, while it is in the sandbox. None is in it here, because no message
//! leaves this machine; numbers can be added and verified all the same.
//!
//! A number is pending until somebody repeats the password that it was sent. It stays verified then, until it is deleted.

use api_sns as api;
use names::{Scope, ids};
use serde::{Deserialize, Serialize};
use service::{Carrier, Letter, Pages, Result, Tx, View};
use store::tuple::Key;
use store::{Direction, Reads, record};
use wire::Fault;

use super::{check_number, opt_out};
use crate::errors;

/// How many numbers a sandbox has at most.
const NUMBERS_MAX: usize = 10;
/// How long a password is good: 15 minutes.
const PASSWORD_MS: i64 = 15 * 60 * 1000;
/// Whom the passwords are from.
const SENDER: &str = "AWS";

/// A number in the sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Number {
    number: String,
    is_verified: bool,
    /// What it was sent last, and when.
    password: String,
    sent_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_sandbox_number: Number);

impl Number {
    /// Whether that is the password, in time.
    fn takes(&self, password: &str, now_ms: i64) -> bool {
        self.password == password && now_ms < self.sent_ms.saturating_add(PASSWORD_MS)
    }

    fn letter(&self) -> Letter {
        Letter {
            sent_ms: self.sent_ms,
            service: "sns".to_owned(),
            carrier: Carrier::Sms,
            from: SENDER.to_owned(),
            to: self.number.clone(),
            subject: None,
            text: format!("Your one-time password for text messages is {}.", self.password),
        }
    }

    fn shown(self) -> api::SmsSandboxPhoneNumber {
        use api::SmsSandboxPhoneNumberVerificationStatus::{Pending, Verified};
        let status = if self.is_verified { Verified } else { Pending };
        api::SmsSandboxPhoneNumber { phone_number: Some(self.number), status: Some(status) }
    }
}

fn keys(scope: &Scope) -> Key {
    super::key("sandbox number", scope)
}

fn find(reads: &impl Reads, key: &Key) -> Result<Number> {
    let missing =
        || api::error::resource_not_found_exception("Phone number does not exist in the SMS sandbox");
    Ok(reads.get_record(key)?.ok_or_else(missing)?)
}

pub(crate) fn status(
    _: &View<'_>,
    _: &api::GetSmsSandboxAccountStatusInput,
) -> Result<api::GetSmsSandboxAccountStatusOutput> {
    Ok(api::GetSmsSandboxAccountStatusOutput { is_in_sandbox: false })
}

/// Adds a number, or sends another password to one that is there.
pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateSmsSandboxPhoneNumberInput,
) -> Result<api::CreateSmsSandboxPhoneNumberOutput> {
    check_number(&input.phone_number)?;
    let scope = tx.scope();
    if opt_out::is_opted_out(&**tx, &scope, &input.phone_number)? {
        return Err(api::error::opted_out_exception("Phone number is opted out").into());
    }
    let key = keys(&scope).str(&input.phone_number);
    let known = tx.get_record::<Number>(&key)?;
    if known.is_none() {
        check_room(&**tx, &scope)?;
    }
    let number = Number {
        number: input.phone_number.clone(),
        is_verified: known.is_some_and(|known| known.is_verified),
        password: password(tx.random().bytes()),
        sent_ms: tx.now.millis(),
    };
    tx.put_record(key, &number)?;
    let id = ids::uuid(tx.random().bytes());
    number.letter().send(tx, &id)?;
    Ok(api::CreateSmsSandboxPhoneNumberOutput::default())
}

fn check_room(reads: &impl Reads, scope: &Scope) -> Result<(), service::Error> {
    let count = reads.scan(keys(scope).prefix_range(), Direction::Forward).take(NUMBERS_MAX).count();
    if count < NUMBERS_MAX {
        return Ok(());
    }
    let message = format!("The SMS sandbox has at most {NUMBERS_MAX} phone numbers");
    Err(api::error::user_error_exception(message).into())
}

/// Six digits.
fn password(chance: [u8; 4]) -> String {
    format!("{:06}", u32::from_be_bytes(chance) % 1_000_000)
}

pub(crate) fn verify(
    tx: &mut Tx<'_>,
    input: &api::VerifySmsSandboxPhoneNumberInput,
) -> Result<api::VerifySmsSandboxPhoneNumberOutput> {
    check_number(&input.phone_number)?;
    let key = keys(&tx.scope()).str(&input.phone_number);
    let mut number = find(&**tx, &key)?;
    if !number.takes(&input.one_time_password, tx.now.millis()) {
        return Err(not_verified(&number).into());
    }
    number.is_verified = true;
    tx.put_record(key, &number)?;
    Ok(api::VerifySmsSandboxPhoneNumberOutput::default())
}

fn not_verified(number: &Number) -> Fault {
    let message = "The one-time password is invalid or has expired".to_owned();
    let status = if number.is_verified { "Verified" } else { "Pending" }.to_owned();
    api::error::verification_exception(message.clone())
        .with_detail(api::VerificationException { message, status })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteSmsSandboxPhoneNumberInput,
) -> Result<api::DeleteSmsSandboxPhoneNumberOutput> {
    check_number(&input.phone_number)?;
    let key = keys(&tx.scope()).str(&input.phone_number);
    find(&**tx, &key)?;
    tx.delete(key);
    Ok(api::DeleteSmsSandboxPhoneNumberOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListSmsSandboxPhoneNumbersInput,
) -> Result<api::ListSmsSandboxPhoneNumbersOutput> {
    let limit = input.max_results.and_then(|max| usize::try_from(max).ok()).unwrap_or(NUMBERS_MAX);
    let pages = Pages {
        operation: "sns:ListSMSSandboxPhoneNumbers",
        token: input.next_token.as_deref(),
        limit,
        bad_token: || errors::invalid("NextToken"),
    };
    let page = pages.of_range(view, keys(&view.scope()).prefix_range(), |_, value| {
        Ok(Some(record::decode::<Number>(value)?.shown()))
    })?;
    Ok(api::ListSmsSandboxPhoneNumbersOutput { phone_numbers: page.items, next_token: page.next_token })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_six_digits_and_an_end() {
        assert_eq!(password([0; 4]), "000000");
        assert_eq!(password([255; 4]), "967295");
        let number = Number {
            number: "+15550100001".to_owned(),
            is_verified: false,
            password: "012345".to_owned(),
            sent_ms: 1000,
        };
        assert!(number.takes("012345", 1000) && number.takes("012345", 1000 + PASSWORD_MS - 1));
        assert!(!number.takes("012345", 1000 + PASSWORD_MS));
        assert!(!number.takes("12345", 1000));
        assert!(number.letter().text.contains("012345"));
    }
}
