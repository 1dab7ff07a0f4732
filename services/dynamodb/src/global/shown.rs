//! Replicas as the API shows them. What one has for itself is what it has otherwise than the table that is asked.

use api_dynamodb as api;
use service::Result;
use store::Reads;

use super::siblings;
use crate::index::{Index, Kind};
use crate::settings::{self, Units};
use crate::table::Table;

/// The version of global tables that this is.
const VERSION: &str = "2019.11.21";

/// Adds the other replicas to the description of a table.
pub(crate) fn show(reads: &impl Reads, table: &Table, shown: &mut api::TableDescription) -> Result<()> {
    if table.global.is_none() {
        return Ok(());
    }
    let others = siblings(reads, table)?;
    shown.global_table_version = Some(VERSION.into());
    shown.replicas = Some(others.iter().map(|other| replica(table, other)).collect());
    Ok(())
}

fn replica(table: &Table, other: &Table) -> api::ReplicaDescription {
    let (read, write) = settings::warm(other.settings.warm, other.provisioned);
    api::ReplicaDescription {
        region_name: Some(other.scope.region.to_string()),
        replica_status: Some(other.status().into()),
        kms_master_key_id: other.settings.encryption_key.clone(),
        provisioned_throughput_override: read_override(table.provisioned, other.provisioned),
        on_demand_throughput_override: cap_override(table.settings.on_demand, other.settings.on_demand),
        warm_throughput: Some(api::TableWarmThroughputDescription {
            read_units_per_second: Some(read),
            write_units_per_second: Some(write),
            status: Some("ACTIVE".into()),
        }),
        global_secondary_indexes: indexes(table, other),
        replica_table_class_summary: other.settings.class_summary(),
        ..api::ReplicaDescription::default()
    }
}

fn indexes(table: &Table, other: &Table) -> Option<Vec<api::ReplicaGlobalSecondaryIndexDescription>> {
    let shown = |index: &Index| {
        let here = table.index(&index.name);
        let (read, write) = settings::warm(index.warm, index.provisioned);
        api::ReplicaGlobalSecondaryIndexDescription {
            index_name: Some(index.name.clone()),
            provisioned_throughput_override: read_override(
                here.and_then(|it| it.provisioned),
                index.provisioned,
            ),
            on_demand_throughput_override: cap_override(here.and_then(|it| it.on_demand), index.on_demand),
            warm_throughput: Some(api::GlobalSecondaryIndexWarmThroughputDescription {
                read_units_per_second: Some(read),
                write_units_per_second: Some(write),
                status: Some("ACTIVE".into()),
            }),
        }
    };
    let indexes: Vec<_> = other.indexes_of(Kind::Global).map(shown).collect();
    (!indexes.is_empty()).then_some(indexes)
}

fn read_override(
    here: Option<(i64, i64)>,
    there: Option<(i64, i64)>,
) -> Option<api::ProvisionedThroughputOverride> {
    let units = |provisioned: Option<(i64, i64)>| provisioned.map(|(read, _)| read);
    let read_capacity_units = units(there).filter(|_| units(here) != units(there))?;
    Some(api::ProvisionedThroughputOverride { read_capacity_units: Some(read_capacity_units) })
}

fn cap_override(here: Option<Units>, there: Option<Units>) -> Option<api::OnDemandThroughputOverride> {
    let units = |units: Option<Units>| units.and_then(|units| units.read);
    let max_read_request_units = units(there).filter(|_| units(here) != units(there))?;
    Some(api::OnDemandThroughputOverride { max_read_request_units: Some(max_read_request_units) })
}
