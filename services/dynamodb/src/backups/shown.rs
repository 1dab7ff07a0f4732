//! Backups as the API shows them.

use api_dynamodb as api;
use names::ids;
use wire::Timestamp;

use super::{Backup, Kind};
use crate::index::{self, Index, Kind as IndexKind};
use crate::settings::Billing;
use crate::stream::Streaming;
use crate::table::{Table, key_schema};

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::User => "USER",
            Kind::System => "SYSTEM",
        }
    }
}

impl Backup {
    /// The backup itself.
    pub(super) fn details(&self, status: &str) -> api::BackupDetails {
        api::BackupDetails {
            backup_arn: self.arn().to_string(),
            backup_name: self.name.clone(),
            backup_size_bytes: Some(self.items_bytes),
            backup_status: status.into(),
            backup_type: self.kind.name().into(),
            backup_creation_date_time: Timestamp(self.created_ms),
            backup_expiry_date_time: self.expires_ms.map(Timestamp),
        }
    }

    /// With the table as it was.
    pub(super) fn description(&self, status: &str) -> api::BackupDescription {
        api::BackupDescription {
            backup_details: Some(self.details(status)),
            source_table_details: Some(self.table_details()),
            source_table_feature_details: Some(match self.kind {
                Kind::User => features(&self.table),
                Kind::System => api::SourceTableFeatureDetails::default(),
            }),
        }
    }

    /// A line of a list.
    pub(super) fn summary(&self) -> api::BackupSummary {
        api::BackupSummary {
            table_name: Some(self.table.name.clone()),
            table_id: Some(ids::uuid(self.table.id)),
            table_arn: Some(self.table.place().arn().to_string()),
            backup_arn: Some(self.arn().to_string()),
            backup_name: Some(self.name.clone()),
            backup_creation_date_time: Some(Timestamp(self.created_ms)),
            backup_expiry_date_time: self.expires_ms.map(Timestamp),
            backup_status: Some(self.status().into()),
            backup_type: Some(self.kind.name().into()),
            backup_size_bytes: Some(self.items_bytes),
        }
    }

    fn table_details(&self) -> api::SourceTableDetails {
        let table = &self.table;
        let billing_mode = match table.billing() {
            Billing::OnDemand => "PAY_PER_REQUEST",
            Billing::Provisioned => "PROVISIONED",
        };
        api::SourceTableDetails {
            table_name: table.name.clone(),
            table_id: ids::uuid(table.id),
            table_arn: Some(table.place().arn().to_string()),
            table_size_bytes: Some(self.items_bytes),
            key_schema: key_schema([&table.partition], &table.sort),
            table_creation_date_time: Timestamp(table.created_ms),
            provisioned_throughput: throughput(table.provisioned),
            on_demand_throughput: table.settings.on_demand.map(Into::into),
            item_count: Some(self.items),
            billing_mode: Some(billing_mode.into()),
        }
    }
}

fn throughput(provisioned: Option<(i64, i64)>) -> api::ProvisionedThroughput {
    let (read_capacity_units, write_capacity_units) = provisioned.unwrap_or_default();
    api::ProvisionedThroughput { read_capacity_units, write_capacity_units }
}

/// What of the table is not its items; of each, only what it has.
fn features(table: &Table) -> api::SourceTableFeatureDetails {
    let local = |index: &Index| api::LocalSecondaryIndexInfo {
        index_name: Some(index.name.clone()),
        key_schema: Some(key_schema(index.partition_parts(), index.sort_parts())),
        projection: Some(index::projection(index)),
    };
    let global = |index: &Index| api::GlobalSecondaryIndexInfo {
        index_name: Some(index.name.clone()),
        key_schema: Some(key_schema(index.partition_parts(), index.sort_parts())),
        projection: Some(index::projection(index)),
        provisioned_throughput: Some(throughput(index.provisioned)),
        on_demand_throughput: index.on_demand.map(Into::into),
    };
    let mut described = api::TableDescription::default();
    table.settings.show(&mut described, table.provisioned);
    api::SourceTableFeatureDetails {
        local_secondary_indexes: some(table.indexes_of(IndexKind::Local).map(local).collect()),
        global_secondary_indexes: some(table.indexes_of(IndexKind::Global).map(global).collect()),
        stream_description: table.stream.as_ref().and_then(Streaming::specification),
        time_to_live_description: table.ttl.as_ref().map(|ttl| api::TimeToLiveDescription {
            time_to_live_status: Some("ENABLED".into()),
            attribute_name: Some(ttl.attribute.clone()),
        }),
        sse_description: described.sse_description,
    }
}

fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}
