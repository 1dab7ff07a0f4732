//! What is to become of one item, as every operation that writes asks for it: PutItem, UpdateItem and DeleteItem alone,
//! batches and transactions many at once.
//!
//! An [`Action`] meets its table in a [`Step`], which weighs it against the item that is there; the [`Outcome`] is then
//! written. Requests and answers are never here.

use std::sync::Arc;

use api_dynamodb as api;
use expressions::value::{check_depth, item_size_bytes};
use expressions::{Item, Path, Touched, Update};
use service::{Result, Tx};
use store::tuple::Key;
use wire::Fault;

use crate::capacity::{self, Consumed};
use crate::change::Change;
use crate::guard::{Guard, Refusal};
use crate::index::entry::{self, Origin};
use crate::table::Table;
use crate::{errors, key, stored, throttle};

/// The largest item, in bytes: 400 KB.
const ITEM_BYTES_MAX: usize = 409_600;

/// What is to become of an item.
pub(crate) enum Action {
    /// It is this one; see [`Action::put`].
    Put(Item),
    /// The item of that key is changed, or made.
    Update(Item, Option<Update>),
    /// The item of that key is there no more.
    Delete(Item),
    /// The item of that key stays as it is.
    Check(Item),
}

impl Action {
    /// Puts an item, if it is not too large.
    pub(crate) fn put(item: Item) -> Result<Self, Fault> {
        if item_size_bytes(&item) > ITEM_BYTES_MAX {
            return Err(errors::invalid("Item size has exceeded the maximum allowed size"));
        }
        Ok(Action::Put(item))
    }

    /// The whole item, or its key.
    pub(crate) fn item(&self) -> &Item {
        match self {
            Action::Put(item) | Action::Update(item, _) | Action::Delete(item) | Action::Check(item) => item,
        }
    }

    fn check_key(&self, table: &Table) -> Result<(), Fault> {
        match self {
            Action::Put(item) => {
                key::check_item(table, item)?;
                entry::check_filled(table, None, item, Origin::Item)
            }
            Action::Update(wanted, update) => {
                key::check(table, wanted)?;
                update.as_ref().map_or(Ok(()), |update| check_paths(table, update))
            }
            Action::Delete(wanted) | Action::Check(wanted) => key::check(table, wanted),
        }
    }
}

/// The key of an item is what it is.
fn check_paths(table: &Table, update: &Update) -> Result<(), Fault> {
    let is_key = |attribute: &str| table.key_parts().any(|part| part.name == attribute);
    match update.paths().map(Path::attribute).find(|attribute| is_key(attribute)) {
        Some(attribute) => Err(errors::invalid_values(format_args!(
            "Cannot update attribute {attribute}. This attribute is part of the key"
        ))),
        None => Ok(()),
    }
}

/// An action on an item of a table, under a condition.
pub(crate) struct Step {
    table: Arc<Table>,
    place: Key,
    action: Action,
    guard: Guard,
}

impl Step {
    /// Checks the action against its table.
    pub(crate) fn new(table: Arc<Table>, action: Action, guard: Guard) -> Result<Self, Fault> {
        action.check_key(&table)?;
        key::check_scalars(&table, guard.paths())?;
        let place = key::place(&table, action.item());
        Ok(Step { table, place, action, guard })
    }

    pub(crate) fn place(&self) -> &Key {
        &self.place
    }

    pub(crate) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// What comes of it, if its condition holds; nothing is written yet. A put that asks for nothing of what is there
    /// (`needs_old`, a condition, or what follows from changes) reads nothing, and conflicts with nobody.
    pub(crate) fn weigh(self, tx: &Tx<'_>, needs_old: bool) -> Result<Result<Outcome, Refusal>> {
        let Step { table, place, action, guard } = self;
        let is_put = matches!(action, Action::Put(_));
        let is_blind = is_put && !needs_old && !guard.is_conditional() && !table.follows_items();
        let old = if is_blind { None } else { stored::find_item(&**tx, &place)? };
        if let Err(refusal) = guard.check(old.as_ref()) {
            return Ok(Err(refusal));
        }
        let becomes = match becomes(action, old.as_ref()) {
            Ok(becomes) => becomes,
            Err(fault) => return Ok(Err(Refusal::Invalid(fault))),
        };
        if let Becomes::Item(item, _) = &becomes {
            // An update need not mend what was there before the index.
            let before = old.as_ref().filter(|_| !is_put);
            entry::check_filled(&table, before, item, Origin::Update)?;
            if let Err(fault) = entry::check_fits(&table, before, item) {
                return Ok(Err(Refusal::Invalid(fault)));
            }
        }
        Ok(Ok(Outcome { table, place, old, becomes }))
    }

    /// Weighs it and writes what comes of it.
    pub(crate) fn carry_out(self, tx: &mut Tx<'_>, needs_old: bool) -> Result<Outcome> {
        let needs_old = needs_old || throttle::is_on(tx.context);
        let outcome = self.weigh(tx, needs_old)?.map_err(Fault::from)?;
        outcome.pay(tx)?;
        outcome.write(tx)?;
        Ok(outcome)
    }
}

fn becomes(action: Action, old: Option<&Item>) -> Result<Becomes, Fault> {
    match action {
        Action::Put(item) => Ok(Becomes::Item(item, None)),
        Action::Delete(_) => Ok(Becomes::Nothing),
        Action::Check(_) => Ok(Becomes::Same),
        Action::Update(_, Some(update)) if old.is_none() && update.only_takes() => Ok(Becomes::Same),
        Action::Update(wanted, update) => {
            let mut item = old.cloned().unwrap_or(wanted);
            let touched = update.map(|update| update.apply(&mut item)).transpose();
            let touched = touched.map_err(errors::of_expression)?;
            check_depth(item.values()).map_err(errors::of_expression)?;
            if item_size_bytes(&item) > ITEM_BYTES_MAX {
                return Err(errors::invalid("Item size to update has exceeded the maximum allowed size"));
            }
            Ok(Becomes::Item(item, touched))
        }
    }
}

/// What an item becomes.
enum Becomes {
    /// This one, of which an update wrote to those paths.
    Item(Item, Option<Touched>),
    Nothing,
    Same,
}

/// What comes of an action.
pub(crate) struct Outcome {
    table: Arc<Table>,
    place: Key,
    /// None where there was none, and where nobody asked.
    old: Option<Item>,
    becomes: Becomes,
}

impl Outcome {
    /// Writes it.
    pub(crate) fn write(&self, tx: &mut Tx<'_>) -> Result<()> {
        if matches!(self.becomes, Becomes::Same) {
            return Ok(());
        }
        let (old, new) = self.items();
        Change { table: &self.table, place: &self.place, old, new }.carry_out(tx)
    }

    /// Takes what it consumes from its table's units.
    pub(crate) fn pay(&self, tx: &Tx<'_>) -> Result<(), Fault> {
        match throttle::is_on(tx.context) {
            true => throttle::take(tx.context, &self.table, &self.consumed(), throttle::Kind::Write),
            false => Ok(()),
        }
    }

    pub(crate) fn table(&self) -> &Arc<Table> {
        &self.table
    }

    /// The item as it was, where somebody asked, and as it is.
    pub(crate) fn items(&self) -> (Option<&Item>, Option<&Item>) {
        let old = self.old.as_ref();
        match &self.becomes {
            Becomes::Item(item, _) => (old, Some(item)),
            Becomes::Nothing => (old, None),
            Becomes::Same => (old, old),
        }
    }

    /// What it consumes.
    pub(crate) fn consumed(&self) -> Consumed {
        let (old, new) = self.items();
        capacity::written(&self.table, old, new)
    }

    /// The same as an answer shows it, where that is wanted.
    pub(crate) fn consumption(
        &self,
        wanted: Option<&api::ReturnConsumedCapacity>,
    ) -> Option<api::ConsumedCapacity> {
        if !capacity::is_wanted(wanted) {
            return None;
        }
        capacity::shown(wanted, &self.table, self.consumed())
    }

    /// The item as it was.
    pub(crate) fn into_old(self) -> Option<Item> {
        self.old
    }

    /// The same, and the paths that an update wrote to.
    pub(crate) fn into_parts(self) -> (Option<Item>, Option<Item>, Option<Touched>) {
        match self.becomes {
            Becomes::Item(item, touched) => (self.old, Some(item), touched),
            Becomes::Nothing => (self.old, None, None),
            Becomes::Same => (self.old.clone(), self.old, None),
        }
    }
}
