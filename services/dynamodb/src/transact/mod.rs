//! Transactions: many actions on many items, all of which happen or none.
//!
//! A transaction is one transaction of the store, so a conflict with another request is never the client's: the store runs
//! one of the two again. `request` reads what TransactWriteItems asks for, `write` carries actions out whichever operation
//! they come from, `get` reads. Single writes and batches are never here.

mod bill;
mod get;
mod request;
mod write;

use api_dynamodb as api;
use service::Context;
use wire::Fault;

pub(crate) use get::{found, get};
pub(crate) use write::{carry_out_once, write};

use crate::action::Action;
use crate::errors;
use crate::guard::{Guard, Refusal};
use crate::table::Place;

/// What a transaction asks for and reads at most, in bytes.
const BYTES_MAX: usize = 4 * 1024 * 1024;

/// One action of a transaction, of which nothing is known yet that its table decides.
pub(crate) struct Asked<'a> {
    pub(crate) table: &'a str,
    pub(crate) action: Action,
    pub(crate) guard: Guard,
}

/// Refuses a caller who may not do that to a table: IAM asks for each action of a transaction, and not for the whole.
fn permit(context: &Context, action: &'static str, table: &str) -> Result<(), Fault> {
    context.permit(&api::FACTS, action, &|| vec![Place::of(&context.scope(), table).arn()])
}

/// Refuses what no transaction may be as large as.
fn check_size(size_bytes: usize) -> Result<(), Fault> {
    if size_bytes <= BYTES_MAX {
        return Ok(());
    }
    Err(errors::invalid(format!("Transaction payload size cannot exceed {BYTES_MAX} bytes")))
}

fn several_on_one_item() -> Fault {
    errors::invalid("Transaction request cannot include multiple operations on one item")
}

/// The refusal of the whole, with a reason for each action: none for those that nothing was wrong with.
pub(crate) fn cancelled(refusals: Vec<Option<Refusal>>) -> Fault {
    let reasons: Vec<api::CancellationReason> = refusals.into_iter().map(reason).collect();
    let codes: Vec<&str> = reasons.iter().filter_map(|reason| reason.code.as_deref()).collect();
    let message = format!(
        "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
        codes.join(", ")
    );
    let fault = api::error::transaction_canceled_exception(&message);
    fault.with_detail(api::TransactionCanceledException {
        message: Some(message),
        cancellation_reasons: Some(reasons),
    })
}

fn reason(refusal: Option<Refusal>) -> api::CancellationReason {
    let nothing = || api::CancellationReason { code: Some("None".into()), ..Default::default() };
    refusal.map_or_else(nothing, api::CancellationReason::from)
}

/// The refusal of a transaction of so many actions for one of them.
fn cancelled_at(index: usize, count: usize, fault: Fault) -> Fault {
    let mut refusals: Vec<Option<Refusal>> = std::iter::repeat_with(|| None).take(count).collect();
    if let Some(refusal) = refusals.get_mut(index) {
        *refusal = Some(Refusal::Invalid(fault));
    }
    cancelled(refusals)
}

#[cfg(test)]
mod tests;
