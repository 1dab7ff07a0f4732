//! Global indexes of a table that is there: made, changed, deleted.

use api_dynamodb as api;
use service::{Result, Tx};
use wire::Fault;

use super::declare::{Asked, GLOBAL_MAX, check_projected};
use super::{Kind, backfill};
use crate::definitions::Definitions;
use crate::settings::{Billing, Units, check_throughput_changes};
use crate::table::Table;
use crate::{SWEEPER, errors, keys};

/// What is to become of an index.
#[derive(Clone, Copy)]
pub(crate) enum Action<'a> {
    Create(&'a api::CreateGlobalSecondaryIndexAction),
    Update(&'a api::UpdateGlobalSecondaryIndexAction),
    Delete(&'a str),
}

impl<'a> Action<'a> {
    /// The actions of a request, each on another index.
    pub(crate) fn read_all(updates: &'a [api::GlobalSecondaryIndexUpdate]) -> Result<Vec<Self>, Fault> {
        let mut actions: Vec<Self> = Vec::new();
        for update in updates {
            let action = Self::read(update)?;
            if actions.iter().any(|other| other.name() == action.name()) {
                return Err(errors::invalid_values(format_args!(
                    "Only one global secondary index update per index is allowed simultaneously. Index: {}",
                    action.name()
                )));
            }
            actions.push(action);
        }
        Ok(actions)
    }

    fn read(update: &'a api::GlobalSecondaryIndexUpdate) -> Result<Self, Fault> {
        match (&update.create, &update.update, &update.delete) {
            (Some(create), None, None) => Ok(Action::Create(create)),
            (None, Some(update), None) => Ok(Action::Update(update)),
            (None, None, Some(delete)) => Ok(Action::Delete(&delete.index_name)),
            (None, None, None) => Err(errors::invalid_values(
                "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
                 GlobalSecondaryIndexUpdate.Delete must not be null",
            )),
            _ => Err(errors::invalid_values(
                "Only one global secondary index action is allowed per GlobalSecondaryIndexUpdate object",
            )),
        }
    }

    pub(crate) fn name(&self) -> &'a str {
        match self {
            Action::Create(create) => &create.index_name,
            Action::Update(update) => &update.index_name,
            Action::Delete(name) => name,
        }
    }

    /// Whether it makes an index or deletes one, of which there is one at a time.
    pub(crate) fn is_online(&self) -> bool {
        !matches!(self, Action::Update(_))
    }

    /// The provisioned throughput that it gives to an index.
    pub(crate) fn throughput(&self) -> Option<&'a api::ProvisionedThroughput> {
        match self {
            Action::Update(update) => update.provisioned_throughput.as_ref(),
            _ => None,
        }
    }

    /// What the index's status is while it happens.
    pub(crate) fn status(&self) -> &'static str {
        match self {
            Action::Create(_) => "CREATING",
            Action::Update(_) => "UPDATING",
            Action::Delete(_) => "DELETING",
        }
    }
}

/// Refuses to make or delete an index while another one is made.
pub(crate) fn check_online(table: &Table, actions: &[Action<'_>]) -> Result<(), Fault> {
    let online: Vec<_> = actions.iter().filter(|action| action.is_online()).collect();
    let other = |action: &&Action<'_>| {
        table.indexes.iter().any(|index| index.is_building && index.name != action.name())
    };
    if online.len() > 1 || online.into_iter().any(|action| other(&action)) {
        return Err(api::error::limit_exceeded_exception(
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
        ));
    }
    Ok(())
}

/// Carries one out. The table's record is written by the caller.
pub(crate) fn carry_out(
    tx: &mut Tx<'_>,
    table: &mut Table,
    action: Action<'_>,
    definitions: Option<&[api::AttributeDefinition]>,
    billing: Billing,
) -> Result<()> {
    match action {
        Action::Create(create) => make(tx, table, &Asked::from(create), definitions, billing),
        Action::Update(update) => Ok(change(table, update, billing)?),
        Action::Delete(name) => {
            let at = position(table, name)?;
            let index = table.indexes.remove(at);
            SWEEPER.put(tx, &keys::entries(&table.id, &index.id));
            Ok(())
        }
    }
}

fn position(table: &Table, name: &str) -> Result<usize, Fault> {
    let found = table.indexes.iter().position(|index| index.is_global() && index.name == name);
    found.ok_or_else(|| {
        let message = format!("Requested resource not found: Index {name} for table {}", table.name);
        api::error::resource_not_found_exception(message)
    })
}

fn make(
    tx: &mut Tx<'_>,
    table: &mut Table,
    asked: &Asked<'_>,
    definitions: Option<&[api::AttributeDefinition]>,
    billing: Billing,
) -> Result<()> {
    let name = asked.name;
    if table.index(name).is_some() {
        return Err(errors::invalid("Attempting to create an index which already exists").into());
    }
    if table.indexes_of(Kind::Global).count() >= GLOBAL_MAX {
        return Err(api::error::limit_exceeded_exception(
            "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
        )
        .into());
    }
    let Some(more) = definitions.filter(|definitions| !definitions.is_empty()) else {
        let what = format!("AttributeDefinitions is not specified for index: {name}");
        return Err(errors::invalid_values(what).into());
    };
    if billing == Billing::Provisioned && asked.throughput.is_none() {
        return Err(errors::invalid_values(format_args!(
            "Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: {name}"
        ))
        .into());
    }
    Definitions::read(Some(more))?;
    let mut all = table.definitions();
    let is_new = |new: &&api::AttributeDefinition| {
        table.definitions().iter().all(|known| known.attribute_name != new.attribute_name)
    };
    all.extend(more.iter().filter(is_new).cloned());
    let key = asked.keys(&Definitions::read(Some(&all))?)?;
    let mut index = asked.index(tx.random(), key, billing)?;
    index.is_building = true;
    backfill::begin(tx, table, &index)?;
    table.indexes.push(index);
    Ok(check_projected(&table.indexes)?)
}

fn change(
    table: &mut Table,
    update: &api::UpdateGlobalSecondaryIndexAction,
    billing: Billing,
) -> Result<(), Fault> {
    let at = position(table, &update.index_name)?;
    let index = &mut table.indexes[at];
    if let Some(units) = &update.provisioned_throughput {
        if billing == Billing::OnDemand {
            return Err(errors::invalid_values(format_args!(
                "The only Updates for index: {} when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, \
                 WarmThroughput",
                index.name
            )));
        }
        let wanted = (units.read_capacity_units, units.write_capacity_units);
        check_throughput_changes(index.provisioned, wanted, &format!("index {}", index.name))?;
        index.provisioned = Some(wanted);
    }
    if let Some(units) = &update.on_demand_throughput {
        billing.check_on_demand(units, &format!(" for index: {}", index.name))?;
        index.on_demand = Some(index.on_demand.unwrap_or_default().with(units.into()));
    }
    if let Some(units) = &update.warm_throughput {
        let whose = format!("index {}", index.name);
        index.warm = Some(Units::warmer(index.warm, index.provisioned, units, &whose)?);
    }
    Ok(())
}
