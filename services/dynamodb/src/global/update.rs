//! UpdateTable with ReplicaUpdates. Each region may be asked for changes in all.

use api_dynamodb as api;
use names::Region;
use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::request::Action;
use super::{State, check_settled, in_use, join, leave, show, sibling};
use crate::settings::{Billing, Managed, Units};
use crate::table::{Place, Table};
use crate::{errors, stream, tables};

/// What somebody must be allowed to do with a replica to make it.
const TO_CREATE: &[&str] = &[
    "CreateTable",
    "CreateTableReplica",
    "DescribeTable",
    "Query",
    "Scan",
    "GetItem",
    "PutItem",
    "UpdateItem",
    "DeleteItem",
    "BatchWriteItem",
];
/// And to delete it.
const TO_DELETE: &[&str] = &["DeleteTable", "DeleteTableReplica"];

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateTableInput) -> Result<api::UpdateTableOutput> {
    let place = Place::of(&tx.scope(), &input.table_name);
    check_alone(input)?;
    let updates = input.replica_updates.as_deref().unwrap_or_default();
    let actions = Action::read_all(&place.scope, updates)?;
    let table: Option<Table> = tx.get_record(&place.key())?;
    let mut table = table.ok_or_else(|| tables::no_table(&place))?;
    check_state(&table)?;
    // Their effect shows later, in descriptions.
    let mut shown = table.description("UPDATING");
    show(&**tx, &table, &mut shown)?;
    for action in &actions {
        match *action {
            Action::Create(region, create) => {
                make(tx, &mut table, region, create)?;
                let replicas = shown.replicas.take().unwrap_or_default();
                shown = table.description("UPDATING");
                show(&**tx, &table, &mut shown)?;
                shown.replicas = Some(replicas);
            }
            Action::Update(region, update) => change(tx, &table, region, update)?,
            Action::Delete(region) => {
                let mut replica = member(tx, &table, region)?;
                permit(tx, &replica.place(), TO_DELETE)?;
                leave::begin(tx, &mut replica)?;
            }
        }
    }
    Ok(api::UpdateTableOutput { table_description: Some(shown) })
}

/// Nothing else is changed in the same request.
fn check_alone(input: &api::UpdateTableInput) -> Result<(), Fault> {
    let api::UpdateTableInput { table_name, replica_updates, multi_region_consistency, .. } = input;
    let alone = api::UpdateTableInput {
        table_name: table_name.clone(),
        replica_updates: replica_updates.clone(),
        multi_region_consistency: multi_region_consistency.clone(),
        ..api::UpdateTableInput::default()
    };
    match *input == alone {
        true => Ok(()),
        false => {
            Err(errors::invalid_values("Replica modification must be the only operation in the request"))
        }
    }
}

fn check_state(table: &Table) -> Result<(), Fault> {
    match table.global.as_ref().map(|global| &global.state) {
        None | Some(State::Active) => Ok(()),
        Some(State::Deleting) => Err(in_use()),
        Some(State::Creating { .. }) => Err(errors::invalid(format!(
            "Create/Update/Delete of replica is not allowed while the replica is being added to table with name: {} in region \
             {}.",
            table.name, table.scope.region
        ))),
    }
}

fn permit(tx: &Tx<'_>, place: &Place, actions: &[&'static str]) -> Result<(), Fault> {
    actions.iter().try_for_each(|action| tx.context.permit(&api::FACTS, action, &|| vec![place.arn()]))
}

/// The replica in a region, which is to be one.
fn member(tx: &Tx<'_>, table: &Table, region: Region) -> Result<Table> {
    let found = sibling(&**tx, table, region)?.filter(|_| table.global.is_some());
    let found = found.ok_or_else(|| {
        errors::invalid(format!(
            "Update global table operation failed because one or more replicas were not part of the global table. Please retry \
             the request without these replicas: [{region}]."
        ))
    })?;
    Ok(Table::clone(&found))
}

fn make(
    tx: &mut Tx<'_>,
    table: &mut Table,
    region: Region,
    create: &api::CreateReplicationGroupMemberAction,
) -> Result<()> {
    let place = table.place_in(region);
    permit(tx, &place, TO_CREATE)?;
    let there: Option<Table> = tx.get_record(&place.key())?;
    if let Some(there) = there {
        return match there.global.map(|global| global.state) {
            Some(State::Creating { .. }) => Err(in_use().into()),
            _ => Err(errors::invalid(format!(
                "Failed to create a the new replica of table with name: \u{2018}{}\u{2019} because one or more replicas \
                 already existed as tables.",
                table.name
            ))
            .into()),
        };
    }
    check_settled(&**tx, table)?;
    if table.indexes.iter().any(|index| index.is_building) {
        return Err(in_use().into());
    }
    check_capacity(table)?;
    stream::ensure(tx, table)?;
    let mut replica = join::begin(tx, table, region)?;
    let now_ms = tx.now.millis();
    encrypt(&mut replica, table, region, create.kms_master_key_id.as_deref())?;
    if let Some(class) = &create.table_class_override {
        replica.settings.classify(class, now_ms);
    }
    if let Some(units) = &create.on_demand_throughput_override {
        cap(&mut replica.settings.on_demand, units);
    }
    for asked in create.global_secondary_indexes.iter().flatten() {
        let index = replica.indexes.iter_mut().find(|index| index.name == asked.index_name);
        if let (Some(index), Some(units)) = (index, &asked.on_demand_throughput_override) {
            cap(&mut index.on_demand, units);
        }
    }
    tx.put_record(place.key(), &replica)?;
    tell_others(tx, table, region)?;
    Ok(tx.put_record(table.place().key(), table)?)
}

/// The replicas that are there come to know the new one.
fn tell_others(tx: &mut Tx<'_>, table: &Table, region: Region) -> Result<()> {
    let known = table.global.iter().flat_map(|global| &global.replicas);
    let others: Vec<Region> = known.map(|replica| replica.region).filter(|other| *other != region).collect();
    for other in others {
        let Some(other) = sibling(&**tx, table, other)? else { continue };
        let mut other = Table::clone(&other);
        if let Some(global) = &mut other.global {
            global.replicas.push(super::Replica { region, sourced_ms: None });
        }
        tx.put_record(other.place().key(), &other)?;
    }
    Ok(())
}

/// Nothing scales here what is provisioned, and without that AWS makes no replica.
fn check_capacity(table: &Table) -> Result<(), Fault> {
    match table.billing() {
        Billing::OnDemand => Ok(()),
        Billing::Provisioned => {
            Err(errors::invalid("Table write capacity should either be Pay-Per-Request or AutoScaled."))
        }
    }
}

fn without_key() -> Fault {
    errors::invalid_values("KMSMasterKeyId must be specified for each replica.")
}

/// Gives a replica its key. All replicas have keys of one kind.
fn encrypt(replica: &mut Table, table: &Table, region: Region, key: Option<&str>) -> Result<(), Fault> {
    let managed = table.settings.managed();
    let is_alias = key.is_some_and(|key| key.ends_with("alias/aws/dynamodb"));
    match (managed, key) {
        (Managed::Service, None) => return Ok(()),
        (Managed::Service, Some(_)) | (Managed::User, None) => return Err(without_key()),
        (Managed::User, Some(_)) if !is_alias => {}
        (Managed::Aws, key) if key.is_none() || is_alias => {}
        _ => {
            return Err(errors::invalid_values(
                "All replica keys must either be Customer Managed CMK or AWS Managed CMK.",
            ));
        }
    }
    if let Some(arn) = key.and_then(|key| key.parse::<names::Arn>().ok())
        && let Some(scope) = arn.scope().filter(|scope| scope.region != region)
    {
        return Err(errors::invalid(format!(
            "KMS validation error for region {region}: com.amazonaws.services.kms.model.NotFoundException: Invalid arn {}",
            scope.region
        )));
    }
    let asked = api::SseSpecification {
        enabled: Some(true),
        kms_master_key_id: key.map(str::to_owned),
        ..api::SseSpecification::default()
    };
    replica.settings.encrypt(&replica.scope, &asked)
}

fn cap(units: &mut Option<Units>, asked: &api::OnDemandThroughputOverride) {
    let asked = Units { read: asked.max_read_request_units, write: None };
    *units = Some(units.unwrap_or_default().with(asked));
}

/// Changes what a replica has for itself.
fn change(
    tx: &mut Tx<'_>,
    table: &Table,
    region: Region,
    update: &api::UpdateReplicationGroupMemberAction,
) -> Result<()> {
    let mut replica = member(tx, table, region)?;
    check_settled(&**tx, table)?;
    if update.kms_master_key_id.is_some() {
        return Err(without_key().into());
    }
    let billing = replica.billing();
    let (provisioned, on_demand) = (&mut replica.provisioned, &mut replica.settings.on_demand);
    let units =
        (update.provisioned_throughput_override.as_ref(), update.on_demand_throughput_override.as_ref());
    limit(billing, (provisioned, on_demand), units)?;
    for asked in update.global_secondary_indexes.iter().flatten() {
        let index =
            replica.indexes.iter_mut().find(|index| index.is_global() && index.name == asked.index_name);
        if let Some(index) = index {
            let units = (
                asked.provisioned_throughput_override.as_ref(),
                asked.on_demand_throughput_override.as_ref(),
            );
            limit(billing, (&mut index.provisioned, &mut index.on_demand), units)?;
        }
    }
    if let Some(class) = &update.table_class_override {
        replica.settings.classify(class, tx.now.millis());
    }
    Ok(tx.put_record(replica.place().key(), &replica)?)
}

/// Changes the throughput of a replica, or of an index there. Writes have the same everywhere.
fn limit(
    billing: Billing,
    (provisioned, on_demand): (&mut Option<(i64, i64)>, &mut Option<Units>),
    (units, capped): (Option<&api::ProvisionedThroughputOverride>, Option<&api::OnDemandThroughputOverride>),
) -> Result<(), Fault> {
    if let Some(read) = units.and_then(|units| units.read_capacity_units) {
        let (_, write) = provisioned.filter(|_| billing == Billing::Provisioned).ok_or_else(|| {
            errors::invalid(
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
            )
        })?;
        *provisioned = Some((read, write));
    }
    if let Some(units) = capped {
        if billing == Billing::Provisioned {
            return Err(errors::invalid(
                "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED",
            ));
        }
        cap(on_demand, units);
    }
    Ok(())
}
