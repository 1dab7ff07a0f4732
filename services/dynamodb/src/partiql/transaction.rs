//! ExecuteTransaction: statements on one item each, which all succeed or none.
//!
//! Reads and writes go the way of TransactGetItems and TransactWriteItems; `EXISTS` is a condition among writes.

use api_dynamodb as api;
use expressions::Item;
use expressions::stored::StoredItem;
use partiql::{Meaning, Select, Statement};
use ring::digest::{SHA256, digest};
use service::{Context, Error, Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::select::{Columns, keys_of};
use super::write::{Strictness, Write, item_of};
use super::{Prepared, mixed, refused, rights};
use crate::action::Action;
use crate::guard::{Presence, Refusal};
use crate::table::{self, Table};
use crate::transact::{self, Asked};
use crate::{capacity, errors};

pub(crate) async fn execute(
    context: Context,
    input: api::ExecuteTransactionInput,
) -> Result<api::ExecuteTransactionOutput> {
    let statements = read(&input)?;
    for statement in &statements {
        rights::check(&context, &statement.statement)?;
    }
    let reads = statements.iter().filter(|statement| statement.reads()).count();
    if reads > 0 && reads < statements.len() {
        return Err(mixed("A transaction").into());
    }
    if reads == 0 {
        return context.transact(|tx| write(tx, &statements, &input)).await;
    }
    let outcome = get(&context.view(), &statements, &input);
    context.cloud.store.settle().await;
    outcome
}

/// The statements; all parameters are read before.
fn read(input: &api::ExecuteTransactionInput) -> Result<Vec<Prepared>, Fault> {
    let parameters = input.transact_statements.iter();
    let parameters = parameters.map(|statement| Prepared::parameters(statement.parameters.as_deref()));
    let parameters = parameters.collect::<Result<Vec<_>, _>>()?;
    let statements = input.transact_statements.iter().zip(parameters).enumerate();
    let statements = statements.map(|(index, (statement, parameters))| {
        Prepared::with(&statement.statement, parameters).map_err(|fault| within(index, fault))
    });
    statements.collect()
}

/// What is wrong with one statement refuses the transaction.
fn within(index: usize, fault: Fault) -> Fault {
    match &*fault.code {
        "ValidationException" => {
            errors::invalid(format!("Validation failed in TransactStatements[{index}]: {}", fault.message))
        }
        _ => fault,
    }
}

/// What each statement says of its table. Tables that are not there cancel the transaction, when nothing else is wrong.
fn each<'s, T>(
    reads: &impl Reads,
    context: &Context,
    statements: &'s [Prepared],
    of: impl Fn(usize, &'s Prepared, &Table) -> Result<T, Fault>,
) -> Result<Vec<T>> {
    let mut all = Vec::with_capacity(statements.len());
    let mut missing = Vec::with_capacity(statements.len());
    for (index, statement) in statements.iter().enumerate() {
        match table::find(reads, &context.scope(), statement.table()) {
            Ok(table) => {
                all.push(of(index, statement, &table).map_err(|fault| within(index, fault))?);
                missing.push(None);
            }
            Err(Error::Fault(fault)) => missing.push(Some(Refusal::Invalid(fault))),
            Err(error) => return Err(error),
        }
    }
    if missing.iter().any(Option::is_some) {
        return Err(transact::cancelled(missing).into());
    }
    Ok(all)
}

fn write(
    tx: &mut Tx<'_>,
    statements: &[Prepared],
    input: &api::ExecuteTransactionInput,
) -> Result<api::ExecuteTransactionOutput> {
    let asked = each(&**tx, tx.context, statements, |index, statement, table| {
        let on_failure = &input.transact_statements[index].return_values_on_condition_check_failure;
        let (action, guard) = match &statement.statement {
            Statement::Exists(select) => {
                let (key, guard) = exists(table, statement.meaning()?, select, on_failure)?;
                (Action::Check(key), guard)
            }
            _ => {
                let write = Write::of(table, statement, on_failure, Strictness::AsItIs)?;
                if write.returning.is_some() {
                    return Err(errors::invalid("RETURNING clause is not supported in ExecuteTransaction."));
                }
                (write.action, write.guard)
            }
        };
        Ok(Asked { table: statement.table(), action, guard })
    })?;
    let token = input.client_request_token.as_deref().map(|token| (token, fingerprint(input, statements)));
    let wanted = input.return_consumed_capacity.as_ref();
    let bill = transact::carry_out_once(tx, asked, token, capacity::is_wanted(wanted))?;
    let consumed_capacity = bill.by_action(wanted);
    Ok(api::ExecuteTransactionOutput { responses: Some(Vec::new()), consumed_capacity })
}

/// A hash of all that is asked for.
fn fingerprint(input: &api::ExecuteTransactionInput, statements: &[Prepared]) -> Vec<u8> {
    let known = statements.iter().zip(&input.transact_statements).map(|(prepared, asked)| {
        let on_failure = &asked.return_values_on_condition_check_failure;
        format!("{} {:?} {on_failure:?}", prepared.statement, prepared.parameters)
    });
    let known = format!("partiql {:?}", known.collect::<Vec<_>>());
    digest(&SHA256, known.as_bytes()).as_ref().to_vec()
}

/// The item that `EXISTS` names, and what must hold for it.
fn exists(
    table: &Table,
    meaning: Meaning<'_>,
    select: &Select,
    on_failure: &Option<api::ReturnValuesOnConditionCheckFailure>,
) -> Result<(Item, crate::guard::Guard), Fault> {
    if select.source.index.is_some() {
        return Err(errors::invalid("Operations on indices are not supported in transactions"));
    }
    let keys = keys_of(table);
    let named = keys.named(meaning, select.filter.as_ref());
    let is_whole = named.key.len() == table.key_parts().count();
    if !is_whole || !named.extra {
        return Err(errors::invalid("EXISTS() must contain a single item read with additional condition"));
    }
    let (_, guard) = item_of(table, meaning, select.filter.as_ref(), on_failure, Strictness::AsItIs)?;
    Ok((named.key, guard.of(Presence::There)))
}

fn get(
    view: &View<'_>,
    statements: &[Prepared],
    input: &api::ExecuteTransactionInput,
) -> Result<api::ExecuteTransactionOutput> {
    let asked = each(&**view, view.context, statements, |_, statement, table| {
        let Statement::Select(select) = &statement.statement else { return Err(super::exists_alone()) };
        if select.source.index.is_some() {
            return Err(errors::invalid("Reads on indices are not supported within transactions."));
        }
        let key = point(table, statement.meaning()?, select)?.ok_or_else(|| {
            errors::invalid(
                "Select statements within ExecuteTransaction must specify the primary key in the where clause.",
            )
        })?;
        Ok((statement.table(), key, Columns::of(&select.projection)?))
    })?;
    let places: Vec<_> = asked.iter().map(|(table, key, _)| (*table, key)).collect();
    let (items, bill) = transact::found(view, &places)?;
    let consumed_capacity = bill.by_action(input.return_consumed_capacity.as_ref());
    let shown = |((_, _, columns), item): (&(_, _, Columns), Option<StoredItem>)| {
        Ok(api::ItemResponse { item: item.map(|item| columns.shown(item)).transpose()? })
    };
    let responses = asked.iter().zip(items).map(shown).collect::<Result<_>>()?;
    Ok(api::ExecuteTransactionOutput { responses: Some(responses), consumed_capacity })
}

/// The key that a statement reads by, if it names one item and says nothing else.
pub(super) fn point(table: &Table, meaning: Meaning<'_>, select: &Select) -> Result<Option<Item>, Fault> {
    let Some(filter) = &select.filter else { return Ok(None) };
    meaning.condition(filter).map_err(refused)?;
    let keys = keys_of(table);
    let point = keys.point(meaning, filter);
    if point.is_none() {
        keys.branches(meaning, filter).map_err(refused)?;
    }
    Ok(point)
}
