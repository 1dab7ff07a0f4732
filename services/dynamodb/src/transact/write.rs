//! TransactWriteItems, and the writes of any transaction.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use service::{Idempotency, Remembered, Result, Tx};
use store::Bytes;

use super::bill::{Bill, Kind};
use super::{Asked, cancelled, cancelled_at, request, several_on_one_item};
use crate::action::{Action, Outcome, Step};
use crate::index::entry::{self, Origin};
use crate::table::Table;
use crate::{capacity, collection, key, stored, table, throttle};

/// How long a token stands for the request that it came with.
const REMEMBERED: Idempotency = Idempotency::new("dynamodb", "transaction", 10 * 60 * 1000);

pub(crate) fn write(
    tx: &mut Tx<'_>,
    input: &api::TransactWriteItemsInput,
) -> Result<api::TransactWriteItemsOutput> {
    request::check_rights(tx.context, &input.transact_items)?;
    let token = input.client_request_token.as_deref();
    let (asked, fingerprint) = request::read(&input.transact_items, token.is_some())?;
    let wanted = input.return_consumed_capacity.as_ref();
    let bill = carry_out_once(tx, asked, token.zip(fingerprint), capacity::is_wanted(wanted))?;
    let consumed_capacity = bill.by_table(wanted);
    Ok(api::TransactWriteItemsOutput { consumed_capacity, item_collection_metrics: collections(tx, input)? })
}

/// Carries all of them out, or none, and once for all requests with the same token, which must then be the same (as their
/// fingerprints tell); what was consumed.
pub(crate) fn carry_out_once(
    tx: &mut Tx<'_>,
    asked: Vec<Asked<'_>>,
    token: Option<(&str, Vec<u8>)>,
    needs_bill: bool,
) -> Result<Bill> {
    let Some((token, fingerprint)) = token else {
        let outcomes = carry_out(tx, asked, needs_bill)?;
        return Ok(billed(&outcomes, needs_bill));
    };
    let of = [tx.scope().account.as_str(), "\n", tx.scope().region.as_str()].concat();
    if let Some(before) = REMEMBERED.get(&**tx, tx.now, &of, token)? {
        if before.fingerprint != fingerprint {
            return Err(mismatch().into());
        }
        return repeated(tx, asked, needs_bill);
    }
    let outcomes = carry_out(tx, asked, needs_bill)?;
    let now = tx.now;
    let answer = Remembered { fingerprint: fingerprint.into(), answer: Bytes::new() };
    REMEMBERED.put(tx, now, &of, token, answer)?;
    Ok(billed(&outcomes, needs_bill))
}

/// The metrics of the collections of all items that are written, by their tables.
fn collections(
    tx: &Tx<'_>,
    input: &api::TransactWriteItemsInput,
) -> Result<Option<BTreeMap<String, Vec<api::ItemCollectionMetrics>>>> {
    let wanted = input.return_item_collection_metrics.as_ref();
    if !collection::is_wanted(wanted) {
        return Ok(None);
    }
    let mut collections: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for asked in &input.transact_items {
        let put = asked.put.as_ref().map(|put| (&put.table_name, &put.item));
        let update = asked.update.as_ref().map(|update| (&update.table_name, &update.key));
        let delete = asked.delete.as_ref().map(|delete| (&delete.table_name, &delete.key));
        let Some((name, key)) = put.or(update).or(delete) else { continue };
        let table = table::find(&**tx, &tx.scope(), name)?;
        if let Some(metrics) = collection::metrics(wanted, &table, key) {
            collections.entry(table.name.clone()).or_default().push(metrics);
        }
    }
    Ok((!collections.is_empty()).then_some(collections))
}

fn mismatch() -> wire::Fault {
    api::error::idempotent_parameter_mismatch_exception(
        "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent \
         token that was already used.",
    )
}

/// What was consumed, where somebody asks.
fn billed(outcomes: &[Outcome], needs_bill: bool) -> Bill {
    let mut bill = Bill::new(Kind::Write);
    outcomes
        .iter()
        .filter(|_| needs_bill)
        .for_each(|outcome| bill.add_consumed(outcome.table(), outcome.consumed()));
    bill
}

/// The answer to a request that was carried out before: it is charged for reading its items.
fn repeated(tx: &Tx<'_>, asked: Vec<Asked<'_>>, needs_bill: bool) -> Result<Bill> {
    let mut bill = Bill::new(Kind::Read);
    if needs_bill {
        for step in prepared(tx, asked)? {
            let item = stored::find(&**tx, step.place())?;
            bill.add(step.table(), item.as_ref().map_or(0, StoredItem::size_bytes));
        }
    }
    Ok(bill)
}

/// Carries all of them out, or none; what was there is read for all of them where the caller needs it (`needs_old`).
///
/// # Errors
/// TransactionCanceledException, with a reason for each action whose condition does not hold, or that cannot be done.
fn carry_out(tx: &mut Tx<'_>, asked: Vec<Asked<'_>>, needs_old: bool) -> Result<Vec<Outcome>> {
    let steps = prepared(tx, asked)?;
    let is_throttled = throttle::is_on(tx.context);
    let needs_old = needs_old || is_throttled;
    let weighed = steps.into_iter().map(|step| step.weigh(tx, needs_old)).collect::<Result<Vec<_>>>()?;
    if weighed.iter().any(Result::is_err) {
        return Err(cancelled(weighed.into_iter().map(Result::err).collect()).into());
    }
    let outcomes: Vec<Outcome> = weighed.into_iter().filter_map(Result::ok).collect();
    if is_throttled {
        billed(&outcomes, true).pay(tx.context)?;
    }
    outcomes.iter().try_for_each(|outcome| outcome.write(tx))?;
    Ok(outcomes)
}

/// The table of each action: mostly that of the one before it.
fn tables(tx: &Tx<'_>, asked: &[Asked<'_>]) -> Result<Vec<Arc<Table>>> {
    let mut tables: Vec<Arc<Table>> = Vec::with_capacity(asked.len());
    let mut name = None;
    for asked in asked {
        let table = match tables.last() {
            Some(last) if name == Some(asked.table) => Arc::clone(last),
            _ => table::find(&**tx, &tx.scope(), asked.table)?,
        };
        name = Some(asked.table);
        tables.push(table);
    }
    Ok(tables)
}

/// The actions at their places. An empty key and an item that is named twice refuse the request; a key that does not fit
/// its table cancels the transaction, for the first such key.
fn prepared(tx: &Tx<'_>, asked: Vec<Asked<'_>>) -> Result<Vec<Step>> {
    let tables = tables(tx, &asked)?;
    for (asked, table) in asked.iter().zip(&tables) {
        key::check_filled(table, asked.action.item())?;
        if let Action::Put(item) = &asked.action {
            entry::check_filled(table, None, item, Origin::Item)?;
        }
    }
    let (count, mut first_wrong) = (asked.len(), None);
    let mut steps = Vec::with_capacity(count);
    let mut places = HashSet::with_capacity(count);
    for (index, (Asked { action, guard, .. }, table)) in asked.into_iter().zip(tables).enumerate() {
        match Step::new(Arc::clone(&table), action, guard) {
            Ok(step) if !places.insert(step.place().clone()) => return Err(several_on_one_item().into()),
            Ok(step) => steps.push(step),
            Err(fault) => first_wrong = first_wrong.or(Some((index, fault))),
        }
    }
    match first_wrong {
        None => Ok(steps),
        Some((index, fault)) => Err(cancelled_at(index, count, fault).into()),
    }
}
