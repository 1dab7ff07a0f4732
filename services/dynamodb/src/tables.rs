//! Tables are made, shown and deleted. A table is there at once: its status is `ACTIVE` from the first description on.

use api_dynamodb as api;
use service::{Result, Tx, View};
use store::Reads as _;
use wire::Fault;

use crate::definitions::Definitions;
use crate::index::declare;
use crate::resource_policy::Policy;
use crate::settings::{Billing, Settings, Units};
use crate::table::{Place, Table};
use crate::tags::{self, TAGGING};
use crate::{SWEEPER, backups, counts, errors, global, keys, stream, ttl};

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateTableInput) -> Result<api::CreateTableOutput> {
    let mut table = made(tx, input)?;
    let place = table.place();
    table.stream = stream::of_new(tx, &table, input.stream_specification.as_ref())?;
    tx.put_record(place.key(), &table)?;
    TAGGING.add(tx, &place.scope, &place.arn(), tags::pairs(input.tags.as_deref().unwrap_or_default()))?;
    Ok(api::CreateTableOutput { table_description: Some(table.description("CREATING")) })
}

/// The table of that request, whose record the caller writes, if its name is free.
pub(crate) fn made(tx: &Tx<'_>, input: &api::CreateTableInput) -> Result<Table> {
    check_unbuilt(input)?;
    let place = Place::of(&tx.scope(), &input.table_name);
    check_name(&place.name)?;
    let provisioned = throughput(input)?;
    let billing = Billing::of(provisioned);
    let definitions = Definitions::read(input.attribute_definitions.as_deref())?;
    let (partition, sort) = definitions.key_of_table(input.key_schema.as_deref().unwrap_or_default())?;
    let indexes = declare::all(tx.random(), input, &definitions, &partition, sort.as_ref(), billing)?;
    let policy = input.resource_policy.as_deref();
    let policy = policy.map(|document| Policy::new(document, None, tx.now.millis()));
    let table = Table {
        name: place.name.clone(),
        scope: place.scope,
        id: tx.random().bytes(),
        partition,
        sort,
        provisioned,
        protected: input.deletion_protection_enabled == Some(true),
        created_ms: tx.now.millis(),
        ttl: None,
        stream: None,
        indexes,
        policy: policy.transpose()?,
        insights: Default::default(),
        global: None,
        history: None,
        restoring: None,
        is_importing: false,
        settings: settings(input, &place.scope, billing, tx.now.millis())?,
    };
    if tx.get(&place.key())?.is_some() {
        let message = format!("Table already exists: {}", table.name);
        return Err(api::error::resource_in_use_exception(message).into());
    }
    Ok(table)
}

fn check_unbuilt(input: &api::CreateTableInput) -> Result<(), Fault> {
    errors::refuse(&[
        ("GlobalTableSourceArn", input.global_table_source_arn.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
    ])
}

fn check_name(name: &str) -> Result<(), Fault> {
    if names::is_plain(name, "_.-", 3..=255) {
        return Ok(());
    }
    Err(errors::invalid(
        "TableName must be at least 3 characters long and at most 255 characters long, and contain only a-z, A-Z, 0-9, \
         '_', '-' and '.'",
    ))
}

fn throughput(input: &api::CreateTableInput) -> Result<Option<(i64, i64)>, Fault> {
    let is_on_demand = input.billing_mode.as_ref().is_some_and(|mode| mode.as_str() == "PAY_PER_REQUEST");
    match &input.provisioned_throughput {
        Some(_) if is_on_demand => Err(errors::invalid_values(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
        )),
        None if is_on_demand => Ok(None),
        None => Err(errors::invalid_values(
            "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
        )),
        Some(units) => Ok(Some((units.read_capacity_units, units.write_capacity_units))),
    }
}

fn settings(
    input: &api::CreateTableInput,
    scope: &names::Scope,
    billing: Billing,
    now_ms: i64,
) -> Result<Settings, Fault> {
    let mut settings =
        Settings { warm: input.warm_throughput.as_ref().map(Units::from), ..Settings::default() };
    if let Some(units) = &input.on_demand_throughput {
        billing.check_on_demand(units, "")?;
        settings.on_demand = Some(units.into());
    }
    if let Some(encryption) = &input.sse_specification {
        settings.encrypt(scope, encryption)?;
    }
    if let Some(class) = &input.table_class {
        settings.classify(class, now_ms);
    }
    Ok(settings)
}

pub(crate) fn describe(view: &View<'_>, input: &api::DescribeTableInput) -> Result<api::DescribeTableOutput> {
    let place = Place::of(&view.scope(), &input.table_name);
    let table: Option<Table> = view.get_record(&place.key())?;
    let table = table.ok_or_else(|| no_table(&place))?;
    let mut shown = table.description(table.status());
    counts::show(view, &table, &mut shown)?;
    global::show(&**view, &table, &mut shown)?;
    Ok(api::DescribeTableOutput { table: Some(shown) })
}

/// Operations on tables name the table that is not there.
pub(crate) fn no_table(place: &Place) -> Fault {
    let message = format!("Requested resource not found: Table: {} not found", place.name);
    api::error::resource_not_found_exception(message)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteTableInput) -> Result<api::DeleteTableOutput> {
    let place = Place::of(&tx.scope(), &input.table_name);
    let table: Option<Table> = tx.get_record(&place.key())?;
    let mut table = table.ok_or_else(|| no_table(&place))?;
    if table.global.is_some() {
        return delete_replica(tx, &mut table);
    }
    if table.protected {
        let message = format!(
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first. Table: {}",
            table.name
        );
        return Err(errors::invalid(message).into());
    }
    if !table.is_usable() {
        let message = format!(
            "Attempt to change a resource which is still in use: Table is being created: {}",
            table.name
        );
        return Err(api::error::resource_in_use_exception(message).into());
    }
    check_unindexed(&table)?;
    discard(tx, &table)?;
    Ok(api::DeleteTableOutput { table_description: Some(table.description("DELETING")) })
}

/// A replica is deleted in its region alone, and when the others have all that was written there.
fn delete_replica(tx: &mut Tx<'_>, table: &mut Table) -> Result<api::DeleteTableOutput> {
    if !table.is_usable() {
        return Err(api::error::resource_in_use_exception(format!(
            "Attempt to change a resource which is still in use: Table: {} is being used.",
            table.name
        ))
        .into());
    }
    check_unindexed(table)?;
    global::leave(tx, table)?;
    let mut shown = table.description("DELETING");
    global::show(&**tx, table, &mut shown)?;
    Ok(api::DeleteTableOutput { table_description: Some(shown) })
}

fn check_unindexed(table: &Table) -> Result<(), Fault> {
    match table.indexes.iter().any(|index| index.is_building) {
        false => Ok(()),
        true => Err(api::error::resource_in_use_exception(
            "Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, updated, \
             or deleted.",
        )),
    }
}

/// Deletes a table with all that it has.
pub(crate) fn discard(tx: &mut Tx<'_>, table: &Table) -> Result<()> {
    tx.delete(table.place().key());
    service::tags::forget(tx, &table.scope, &table.place().arn());
    backups::bury(tx, table)?;
    for index in &table.indexes {
        SWEEPER.put(tx, &keys::entries(&table.id, &index.id));
    }
    if let Some(ttl) = &table.ttl {
        ttl::forget(tx, ttl);
    }
    stream::close(tx, table)
}
