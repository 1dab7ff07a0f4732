//! BatchExecuteStatement: statements on one item each, that fail or succeed for themselves.

use std::sync::Arc;

use api_dynamodb as api;
use expressions::Item;
use expressions::stored::StoredItem;
use partiql::{Select, Statement};
use service::{Context, Error, Result, Tx, View};
use wire::Fault;

use super::select::Columns;
use super::{Prepared, exists_alone, mixed, rights, transaction, write};
use crate::capacity::Consumed;
use crate::guard::Refusal;
use crate::table::{self, Table};
use crate::{capacity, errors, key, stored, throttle};

/// What one statement answers, and what it consumes of which table.
type Answered = Result<Result<Option<api::AttributeMap>, Refusal>>;

/// The units of each statement that was carried out, and of which table.
type Units = Vec<(Arc<Table>, Consumed)>;

pub(crate) async fn execute(
    context: Context,
    input: api::BatchExecuteStatementInput,
) -> Result<api::BatchExecuteStatementOutput> {
    let prepared: Vec<Result<Prepared, Fault>> = input
        .statements
        .iter()
        .map(|request| {
            let prepared = Prepared::read(&request.statement, request.parameters.as_deref())?;
            rights::check(&context, &prepared.statement)?;
            Ok(prepared)
        })
        .collect();
    let reads = prepared.iter().flatten().filter(|prepared| prepared.reads()).count();
    let writes = prepared.iter().flatten().count() - reads;
    if reads > 0 && writes > 0 {
        return Err(mixed("A batch").into());
    }
    if writes > 0 {
        return context.transact(|tx| write_all(tx, &prepared, &input)).await;
    }
    let outcome = read_all(&context.view(), &prepared, &input);
    context.cloud.store.settle().await;
    outcome
}

fn read_all(
    view: &View<'_>,
    prepared: &[Result<Prepared, Fault>],
    input: &api::BatchExecuteStatementInput,
) -> Result<api::BatchExecuteStatementOutput> {
    let mut units = Units::new();
    let mut responses = Vec::with_capacity(prepared.len());
    for (prepared, request) in prepared.iter().zip(&input.statements) {
        let consistent = request.consistent_read == Some(true);
        responses.push(answer(prepared, |prepared| read(view, prepared, consistent, &mut units))?);
    }
    Ok(output(responses, units, input))
}

fn read(view: &View<'_>, prepared: &Prepared, consistent: bool, units: &mut Units) -> Answered {
    let Statement::Select(wanted) = &prepared.statement else { return Err(exists_alone().into()) };
    let columns = Columns::of(&wanted.projection)?;
    let table = table::find(&**view, &view.scope(), prepared.table())?;
    let wanted = point(&table, prepared, wanted)?;
    key::check(&table, &wanted)?;
    let item = stored::find(&**view, &key::place(&table, &wanted))?;
    let size_bytes = item.as_ref().map_or(0, StoredItem::size_bytes);
    let consumed = capacity::read_units(size_bytes, consistent).into();
    throttle::take(view.context, &table, &consumed, throttle::Kind::Read)?;
    units.push((table, consumed));
    Ok(Ok(item.map(|item| columns.shown(item)).transpose()?))
}

/// The key of the one item that is wanted.
fn point(table: &Table, prepared: &Prepared, wanted: &Select) -> Result<Item, Fault> {
    let missing = || {
        errors::invalid(
            "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
        )
    };
    if wanted.source.index.is_some() {
        return Err(missing());
    }
    transaction::point(table, prepared.meaning()?, wanted)?.ok_or_else(missing)
}

fn write_all(
    tx: &mut Tx<'_>,
    prepared: &[Result<Prepared, Fault>],
    input: &api::BatchExecuteStatementInput,
) -> Result<api::BatchExecuteStatementOutput> {
    let needs_old = capacity::is_wanted(input.return_consumed_capacity.as_ref());
    let mut units = Units::new();
    let mut responses = Vec::with_capacity(prepared.len());
    for (prepared, request) in prepared.iter().zip(&input.statements) {
        let on_failure = &request.return_values_on_condition_check_failure;
        responses.push(answer(prepared, |prepared| {
            if let Statement::Exists(_) = &prepared.statement {
                return Err(exists_alone().into());
            }
            let written = tx.part(|tx| write::carry_out(tx, prepared, on_failure, needs_old))?;
            let (outcome, returning) = match written {
                Ok(written) => written,
                Err(refusal) => return Ok(Err(refusal)),
            };
            units.push((Arc::clone(outcome.table()), outcome.consumed()));
            Ok(Ok(write::returned(outcome, returning)))
        })?);
    }
    Ok(output(responses, units, input))
}

/// The answer of one statement; only the store's own error is one of the whole batch.
fn answer(
    prepared: &Result<Prepared, Fault>,
    carry_out: impl FnOnce(&Prepared) -> Answered,
) -> Result<api::BatchStatementResponse> {
    let table = prepared.as_ref().ok().map(|prepared| prepared.table().to_owned());
    let outcome = match prepared {
        Ok(prepared) => carry_out(prepared),
        Err(fault) => Err(fault.clone().into()),
    };
    let (error, item) = match outcome {
        Ok(Ok(item)) => (None, item),
        Ok(Err(refusal)) => (Some(refused(refusal)), None),
        Err(Error::Fault(fault)) => (Some(failed(fault)), None),
        Err(error) => return Err(error),
    };
    Ok(api::BatchStatementResponse { error, table_name: table, item })
}

fn refused(refusal: Refusal) -> api::BatchStatementError {
    let api::CancellationReason { code, message, item } = refusal.into();
    api::BatchStatementError { code: code.as_deref().map(Into::into), message, item }
}

/// An error as batches show it: its code without what every exception ends in.
fn failed(fault: Fault) -> api::BatchStatementError {
    let code = match &*fault.code {
        "ValidationException" => "ValidationError",
        "InternalFailure" => "InternalServerError",
        "ThrottlingException" => "ThrottlingError",
        code => code.strip_suffix("Exception").unwrap_or(code),
    };
    api::BatchStatementError { code: Some(code.into()), message: Some(fault.message), item: None }
}

fn output(
    responses: Vec<api::BatchStatementResponse>,
    units: Units,
    input: &api::BatchExecuteStatementInput,
) -> api::BatchExecuteStatementOutput {
    let wanted = input.return_consumed_capacity.as_ref();
    let capacities = units.into_iter().filter_map(|(table, units)| capacity::shown(wanted, &table, units));
    let capacities: Vec<_> = capacities.collect();
    api::BatchExecuteStatementOutput {
        responses: Some(responses),
        consumed_capacity: (!capacities.is_empty()).then_some(capacities),
    }
}
