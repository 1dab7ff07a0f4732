//! Numbers whose owners want no text messages of an account. Nobody here can answer one, so they come from elsewhere.

use api_sns as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Result, Tx, View};
use store::Reads;
use store::tuple::Key;

use crate::topics;

/// A number that gets no text messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OptedOut {
    number: String,
}

#[cfg(test)]
layouts::stays!(stored_opted_out: OptedOut);

fn keys(scope: &Scope) -> Key {
    super::key("opted out", scope)
}

/// Whether the owner of a number wants no text messages of that account.
pub(crate) fn is_opted_out(reads: &impl Reads, scope: &Scope, number: &str) -> Result<bool> {
    Ok(reads.get(&keys(scope).str(number))?.is_some())
}

pub(crate) fn check(
    view: &View<'_>,
    input: &api::CheckIfPhoneNumberIsOptedOutInput,
) -> Result<api::CheckIfPhoneNumberIsOptedOutOutput> {
    super::check_number(&input.phone_number)?;
    let is_opted_out = Some(is_opted_out(&**view, &view.scope(), &input.phone_number)?);
    Ok(api::CheckIfPhoneNumberIsOptedOutOutput { is_opted_out })
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListPhoneNumbersOptedOutInput,
) -> Result<api::ListPhoneNumbersOptedOutOutput> {
    let range = keys(&view.scope()).prefix_range();
    let token = input.next_token.as_deref();
    let (found, next_token) = topics::page::<OptedOut>(view, "sns:ListPhoneNumbersOptedOut", range, token)?;
    let phone_numbers = Some(found.into_iter().map(|one| one.number).collect());
    Ok(api::ListPhoneNumbersOptedOutOutput { phone_numbers, next_token })
}

/// Has a number get text messages again. One that gets them anyway still does.
pub(crate) fn opt_in(
    tx: &mut Tx<'_>,
    input: &api::OptInPhoneNumberInput,
) -> Result<api::OptInPhoneNumberOutput> {
    super::check_number(&input.phone_number)?;
    let key = keys(&tx.scope()).str(&input.phone_number);
    tx.delete(key);
    Ok(api::OptInPhoneNumberOutput::default())
}

#[cfg(test)]
mod tests {
    use store::{Options, Store, Transaction};

    use super::*;

    #[test]
    fn numbers_opt_out_of_one_account_in_one_region() {
        let store = Store::open(Options::memory()).unwrap();
        let scope_of = |region: &str| {
            let arn: names::Arn = format!("arn:aws:sns:{region}:000000000000:t").parse().unwrap();
            arn.scope().unwrap()
        };
        let (here, there) = (scope_of("us-east-1"), scope_of("eu-west-1"));
        let number = "+15550100001";
        let record = OptedOut { number: number.to_owned() };
        store
            .transact_now(|tx: &mut Transaction| {
                tx.put_record(keys(&here).str(number), &record)?;
                Ok::<_, service::Error>(())
            })
            .unwrap();
        let snapshot = store.snapshot();
        assert!(is_opted_out(&snapshot, &here, number).unwrap());
        assert!(!is_opted_out(&snapshot, &there, number).unwrap());
        assert!(!is_opted_out(&snapshot, &here, "+1555010000").unwrap());
    }
}
