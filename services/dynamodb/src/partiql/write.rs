//! INSERT, UPDATE and DELETE: what they ask for, as an action under a condition, and what they return.

use api_dynamodb as api;
use expressions::{Item, Touched};
use partiql::{Expr, Meaning, Returning, Source, Statement};
use service::{Result, Tx};
use wire::Fault;

use super::select::keys_of;
use super::{Prepared, exists_alone, refused};
use crate::action::{Action, Outcome, Step};
use crate::guard::{Guard, Presence, Refusal};
use crate::table::Table;
use crate::{capacity, errors, table, throttle};

type OnFailure = Option<api::ReturnValuesOnConditionCheckFailure>;

/// What a statement is to write.
pub(super) struct Write {
    pub(super) action: Action,
    pub(super) guard: Guard,
    pub(super) returning: Option<Returning>,
}

/// How a key is found in a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// It must be whole, and of the right types.
    Whole,
    /// What is wrong with it is found when it meets the table.
    AsItIs,
}

impl Write {
    /// What a statement asks for.
    pub(super) fn of(
        table: &Table,
        prepared: &Prepared,
        on_failure: &OnFailure,
        strictness: Strictness,
    ) -> Result<Self, Fault> {
        let meaning = prepared.meaning()?;
        match &prepared.statement {
            Statement::Insert(insert) => Ok(Write {
                action: Action::Put(meaning.item(insert).map_err(refused)?),
                guard: Guard::new(None, on_failure.as_ref()).of(Presence::New),
                returning: None,
            }),
            Statement::Update(update) => {
                check_source(&update.source)?;
                let changes = meaning.update(&update.changes).map_err(refused)?;
                let (key, guard) = item_of(table, meaning, update.filter.as_ref(), on_failure, strictness)?;
                Ok(Write {
                    action: Action::Update(key, Some(changes)),
                    guard: guard.of(Presence::There),
                    returning: update.returning,
                })
            }
            Statement::Delete(delete) => {
                check_source(&delete.source)?;
                let (key, guard) = item_of(table, meaning, delete.filter.as_ref(), on_failure, strictness)?;
                Ok(Write {
                    action: Action::Delete(key),
                    guard: guard.of(Presence::Optional),
                    returning: delete.returning,
                })
            }
            Statement::Select(_) | Statement::Exists(_) => Err(exists_alone()),
        }
    }
}

fn check_source(source: &Source) -> Result<(), Fault> {
    match source.index {
        Some(_) => Err(errors::invalid("This operation is not supported on an index")),
        None => Ok(()),
    }
}

/// The key of the item that a condition names, and the condition that it must satisfy.
pub(super) fn item_of(
    table: &Table,
    meaning: Meaning<'_>,
    filter: Option<&Expr>,
    on_failure: &OnFailure,
    strictness: Strictness,
) -> Result<(Item, Guard), Fault> {
    let keys = keys_of(table);
    let condition = filter.map(|filter| meaning.condition(filter)).transpose().map_err(refused)?;
    let mut named = keys.named(meaning, filter);
    match strictness {
        Strictness::Whole => keys.check(&named).map_err(refused)?,
        // No key is two.
        Strictness::AsItIs if named.twice.is_some() => named.key.clear(),
        Strictness::AsItIs => {}
    }
    Ok((named.key, Guard::new(condition, on_failure.as_ref())))
}

pub(super) fn execute(
    tx: &mut Tx<'_>,
    prepared: &Prepared,
    input: &api::ExecuteStatementInput,
) -> Result<api::ExecuteStatementOutput> {
    if input.next_token.is_some() {
        return Err(errors::invalid("NextToken does not match request").into());
    }
    let on_failure = &input.return_values_on_condition_check_failure;
    let wanted = input.return_consumed_capacity.as_ref();
    let written = carry_out(tx, prepared, on_failure, capacity::is_wanted(wanted))?;
    let (outcome, returning) = written.map_err(Fault::from)?;
    let consumed_capacity = outcome.consumption(wanted);
    let items = returned(outcome, returning).into_iter().collect();
    Ok(api::ExecuteStatementOutput { items: Some(items), consumed_capacity, ..Default::default() })
}

/// Carries out a statement that writes, if its condition holds, and says what it is to return.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    prepared: &Prepared,
    on_failure: &OnFailure,
    needs_old: bool,
) -> Result<Result<(Outcome, Option<Returning>), Refusal>> {
    let table = table::find(&**tx, &tx.scope(), prepared.table())?;
    let Write { action, guard, returning } = Write::of(&table, prepared, on_failure, Strictness::Whole)?;
    let needs_old = needs_old || throttle::is_on(tx.context);
    let outcome = match Step::new(table, action, guard)?.weigh(tx, needs_old)? {
        Ok(outcome) => outcome,
        Err(refusal) => return Ok(Err(refusal)),
    };
    outcome.pay(tx)?;
    outcome.write(tx)?;
    Ok(Ok((outcome, returning)))
}

/// What the statement wants to see of the item; nothing where nothing is left of it.
pub(super) fn returned(outcome: Outcome, returning: Option<Returning>) -> Option<api::AttributeMap> {
    let (old, new, touched) = outcome.into_parts();
    let part = |item: Item| touched.as_ref().map(|touched: &Touched| touched.of(&item)).unwrap_or_default();
    let item = match returning? {
        Returning::AllOld => old?,
        Returning::AllNew => new?,
        Returning::ModifiedOld => part(old?),
        Returning::ModifiedNew => part(new?),
    };
    (!item.is_empty()).then(|| item.into())
}
