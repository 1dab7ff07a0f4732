//! UpdateTable: settings of a table that is there, and its global indexes. Its answer shows what is on its way; the next
//! description shows it done, but for an index that is filled.

use api_dynamodb as api;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use crate::index::update::{self, Action};
use crate::settings::{Billing, Units, check_throughput_changes};
use crate::table::{Place, Table};
use crate::{errors, global, stream, tables};

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateTableInput) -> Result<api::UpdateTableOutput> {
    check_unbuilt(input)?;
    if input.replica_updates.is_some() {
        return global::update(tx, input);
    }
    check_request(input)?;
    let actions = Action::read_all(input.global_secondary_index_updates.as_deref().unwrap_or_default())?;
    check_alone(input, &actions)?;
    let place = Place::of(&tx.scope(), &input.table_name);
    let table: Option<Table> = tx.get_record(&place.key())?;
    let mut table = table.filter(Table::is_usable).ok_or_else(|| tables::no_table(&place))?;
    let before = table.clone();
    update::check_online(&table, &actions)?;
    let now_ms = tx.now.millis();
    let billing = bill(&mut table, input, &actions, now_ms)?;
    set(&mut table, input, billing, now_ms)?;
    if let Some(wanted) = &input.stream_specification {
        stream::change(tx, &mut table, wanted)?;
    }
    let definitions = input.attribute_definitions.as_deref();
    let is_deletion = |action: &&Action<'_>| matches!(action, Action::Delete(_));
    for action in actions.iter().filter(|action| !is_deletion(action)) {
        update::carry_out(tx, &mut table, *action, definitions, billing)?;
    }
    let mut shown = table.description(status(input, &actions));
    for index in shown.global_secondary_indexes.iter_mut().flatten() {
        let name = index.index_name.as_deref();
        if let Some(action) = actions.iter().find(|action| Some(action.name()) == name) {
            index.index_status = Some(action.status().into());
            // Its resources come first.
            index.backfilling = matches!(action, Action::Create(_)).then_some(false);
        }
    }
    // Deleted indexes are shown once more.
    for action in actions.iter().filter(is_deletion) {
        update::carry_out(tx, &mut table, *action, definitions, billing)?;
    }
    tx.put_record(place.key(), &table)?;
    if table.global.is_some() {
        global::check_settled(&**tx, &before)?;
        global::mirror_settings(tx, &before, &table)?;
        global::show(&**tx, &before, &mut shown)?;
    }
    Ok(api::UpdateTableOutput { table_description: Some(shown) })
}

fn check_unbuilt(input: &api::UpdateTableInput) -> Result<(), Fault> {
    let consistency = input.multi_region_consistency.as_ref();
    errors::refuse(&[
        ("MultiRegionConsistency", consistency.is_some_and(|wanted| wanted.as_str() != "EVENTUAL")),
        ("GlobalTableWitnessUpdates", input.global_table_witness_updates.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
    ])
}

/// What the request says by itself.
fn check_request(input: &api::UpdateTableInput) -> Result<(), Fault> {
    let indexes = input.global_secondary_index_updates.as_deref();
    let changes_settings = input.provisioned_throughput.is_some()
        || input.billing_mode.is_some()
        || input.sse_specification.is_some()
        || input.stream_specification.is_some()
        || input.deletion_protection_enabled.is_some()
        || input.on_demand_throughput.is_some()
        || input.warm_throughput.is_some()
        || input.table_class.is_some();
    match indexes {
        Some([]) if changes_settings => {
            return Err(errors::invalid_values("List of GlobalSecondaryIndexUpdates is empty"));
        }
        None | Some([]) if !changes_settings => {
            return Err(errors::invalid(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates, \
                 SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, \
                 DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required",
            ));
        }
        _ => {}
    }
    match (input.billing_mode.as_ref().map(api::BillingMode::as_str), &input.provisioned_throughput) {
        (Some("PROVISIONED"), None) => Err(errors::invalid_values(
            "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        )),
        (Some("PAY_PER_REQUEST"), Some(_)) => Err(on_demand_has_none()),
        _ => Ok(()),
    }
}

fn on_demand_has_none() -> Fault {
    errors::invalid_values(
        "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
    )
}

/// Who makes or deletes an index does little else in the same request.
fn check_alone(input: &api::UpdateTableInput, actions: &[Action<'_>]) -> Result<(), Fault> {
    if !actions.iter().any(Action::is_online) {
        return Ok(());
    }
    let only = |what: &str| format!("{what} modification must be the only operation in the request");
    let others = [
        (
            input.provisioned_throughput.is_some() && input.billing_mode.is_none(),
            "You cannot create or delete index while updating table IOPS".to_owned(),
        ),
        (
            input.stream_specification.is_some(),
            "You cannot create or delete index while changing stream status".to_owned(),
        ),
        (input.deletion_protection_enabled.is_some(), only("DeletionProtection")),
        (input.sse_specification.is_some(), only("Server-Side Encryption")),
        (input.table_class.is_some(), only("TableClass")),
        (
            input.warm_throughput.is_some(),
            "Create global secondary index cannot be specified when updating WarmThroughput".to_owned(),
        ),
    ];
    match others.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, why)) => Err(errors::invalid_values(why)),
        None => Ok(()),
    }
}

/// Changes how the table is billed, and its throughput.
fn bill(
    table: &mut Table,
    input: &api::UpdateTableInput,
    actions: &[Action<'_>],
    now_ms: i64,
) -> Result<Billing, Fault> {
    let was = table.billing();
    let mode = input.billing_mode.as_ref().map(api::BillingMode::as_str);
    let billing = match mode {
        Some("PAY_PER_REQUEST") => Billing::OnDemand,
        Some(_) => Billing::Provisioned,
        None => was,
    };
    if billing != was {
        if billing == Billing::Provisioned {
            check_indexes_provisioned(table, actions)?;
        } else {
            table.settings.on_demand_since_ms = Some(now_ms);
        }
        // A table that was made with this mode has no other record of when.
        table.settings.on_demand_since_ms.get_or_insert(table.created_ms);
        table.settings.on_demand = None;
        table.provisioned = None;
        for index in &mut table.indexes {
            (index.provisioned, index.on_demand) = (None, None);
        }
    }
    if let Some(units) = &input.provisioned_throughput {
        if billing == Billing::OnDemand {
            return Err(on_demand_has_none());
        }
        let wanted = (units.read_capacity_units, units.write_capacity_units);
        check_throughput_changes(table.provisioned, wanted, "the table")?;
        if let Some((read, write)) = table.provisioned {
            if wanted.0 > read || wanted.1 > write {
                table.settings.increased_ms = Some(now_ms);
            }
            if wanted.0 < read || wanted.1 < write {
                table.settings.decreased_ms = Some(now_ms);
            }
        }
        table.provisioned = Some(wanted);
    }
    Ok(billing)
}

fn check_indexes_provisioned(table: &Table, actions: &[Action<'_>]) -> Result<(), Fault> {
    let is_given = |name: &str| {
        actions.iter().any(|action| {
            action.name() == name && (action.throughput().is_some() || matches!(action, Action::Delete(_)))
        })
    };
    let global = table.indexes.iter().filter(|index| index.is_global());
    let missing: Vec<&str> = global.map(|index| index.name.as_str()).filter(|name| !is_given(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(errors::invalid_values(format_args!(
        "ProvisionedThroughput must be specified for index: {}",
        missing.join(",")
    )))
}

/// Changes the other settings.
fn set(table: &mut Table, input: &api::UpdateTableInput, billing: Billing, now_ms: i64) -> Result<(), Fault> {
    if let Some(units) = &input.on_demand_throughput {
        billing.check_on_demand(units, "")?;
        let units = table.settings.on_demand.unwrap_or_default().with(units.into());
        table.settings.on_demand = Some(units);
    }
    if let Some(units) = &input.warm_throughput {
        table.settings.warm = Some(Units::warmer(table.settings.warm, table.provisioned, units, "table")?);
    }
    if let Some(encryption) = &input.sse_specification {
        table.settings.encrypt(&table.scope, encryption)?;
    }
    if let Some(class) = &input.table_class {
        table.settings.classify(class, now_ms);
    }
    table.protected = input.deletion_protection_enabled.unwrap_or(table.protected);
    Ok(())
}

/// The table's status while it happens: updates of indexes alone do not touch it.
fn status(input: &api::UpdateTableInput, actions: &[Action<'_>]) -> &'static str {
    let touches_table = input.provisioned_throughput.is_some()
        || input.billing_mode.is_some()
        || input.sse_specification.is_some()
        || input.stream_specification.is_some()
        || input.deletion_protection_enabled.is_some()
        || input.table_class.is_some()
        || actions.iter().any(Action::is_online);
    if touches_table { "UPDATING" } else { "ACTIVE" }
}
