//! Indexes as the API shows them.

use api_dynamodb as api;

use super::{Index, Kind, Projected};
use crate::settings;
use crate::table::{Table, key_schema};

/// The local indexes of a table.
pub(crate) fn shown_local(table: &Table) -> Option<Vec<api::LocalSecondaryIndexDescription>> {
    let shown = |index: &Index| api::LocalSecondaryIndexDescription {
        index_name: Some(index.name.clone()),
        key_schema: Some(key_schema(index.partition_parts(), index.sort_parts())),
        projection: Some(projection(index)),
        index_size_bytes: Some(0),
        item_count: Some(0),
        index_arn: Some(arn(table, index)),
    };
    let indexes: Vec<_> = table.indexes_of(Kind::Local).map(shown).collect();
    (!indexes.is_empty()).then_some(indexes)
}

/// The global indexes of a table that has that status.
pub(crate) fn shown_global(table: &Table, status: &str) -> Option<Vec<api::GlobalSecondaryIndexDescription>> {
    let shown = |index: &Index| {
        let status = match status {
            "ACTIVE" | "UPDATING" if index.is_building => "CREATING",
            "UPDATING" => "ACTIVE",
            status => status,
        };
        api::GlobalSecondaryIndexDescription {
            index_name: Some(index.name.clone()),
            key_schema: Some(key_schema(index.partition_parts(), index.sort_parts())),
            projection: Some(projection(index)),
            index_status: Some(status.into()),
            backfilling: index.is_building.then_some(true),
            provisioned_throughput: Some(settings::throughput(index.provisioned)),
            index_size_bytes: Some(0),
            item_count: Some(0),
            index_arn: Some(arn(table, index)),
            on_demand_throughput: index.on_demand.map(Into::into),
            warm_throughput: (status != "CREATING").then(|| {
                let (read, write) = settings::warm(index.warm, index.provisioned);
                api::GlobalSecondaryIndexWarmThroughputDescription {
                    read_units_per_second: Some(read),
                    write_units_per_second: Some(write),
                    status: Some("ACTIVE".into()),
                }
            }),
        }
    };
    let indexes: Vec<_> = table.indexes_of(Kind::Global).map(shown).collect();
    (!indexes.is_empty()).then_some(indexes)
}

/// What it projects.
pub(crate) fn projection(index: &Index) -> api::Projection {
    let (kind, names) = match &index.projected {
        Projected::All => ("ALL", None),
        Projected::KeysOnly => ("KEYS_ONLY", None),
        Projected::Include(names) => ("INCLUDE", Some(names.clone())),
    };
    api::Projection { projection_type: Some(kind.into()), non_key_attributes: names }
}

fn arn(table: &Table, index: &Index) -> String {
    table.place().index_arn(&index.name).to_string()
}
