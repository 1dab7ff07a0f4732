//! UpdateTable: streams alone.
//!
//! Never here: units, indexes, protection and whatever else of a table can be changed, which is refused by name.

use api_dynamodb as api;
use service::{Result, Tx};
use store::Reads as _;

use crate::table::{Place, Table};
use crate::{errors, stream, tables};

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateTableInput) -> Result<api::UpdateTableOutput> {
    errors::refuse(&[
        ("BillingMode", input.billing_mode.is_some()),
        ("ProvisionedThroughput", input.provisioned_throughput.is_some()),
        ("GlobalSecondaryIndexUpdates", input.global_secondary_index_updates.is_some()),
        ("SSESpecification", input.sse_specification.is_some()),
        ("ReplicaUpdates", input.replica_updates.is_some()),
        ("TableClass", input.table_class.is_some()),
        ("DeletionProtectionEnabled", input.deletion_protection_enabled.is_some()),
        ("MultiRegionConsistency", input.multi_region_consistency.is_some()),
        ("GlobalTableWitnessUpdates", input.global_table_witness_updates.is_some()),
        ("OnDemandThroughput", input.on_demand_throughput.is_some()),
        ("WarmThroughput", input.warm_throughput.is_some()),
        ("GlobalTableSettingsReplicationMode", input.global_table_settings_replication_mode.is_some()),
    ])?;
    let place = Place::of(&tx.scope(), &input.table_name);
    let table: Option<Table> = tx.get_record(&place.key())?;
    let mut table = table.ok_or_else(|| tables::no_table(&place))?;
    let wanted = input.stream_specification.as_ref();
    let wanted = wanted.ok_or_else(|| errors::invalid("At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"))?;
    stream::change(tx, &mut table, wanted)?;
    tx.put_record(place.key(), &table)?;
    Ok(api::UpdateTableOutput { table_description: Some(table.description("UPDATING")) })
}
