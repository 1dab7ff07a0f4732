//! A table's record.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_dynamodb as api;
use expressions::{KeyAttribute, Type};
use names::{Arn, Scope, ids};
use serde::{Deserialize, Serialize};
use service::Result;
use store::Reads;
use store::tuple::Key;
use wire::Timestamp;

use crate::backups::Restoring;
use crate::backups::history::History;
use crate::errors;
use crate::global::Global;
use crate::index::{self, Index};
use crate::insights::Insights;
use crate::keys::{self, Id};
use crate::resource_policy::Policy;
use crate::settings::{self, Billing, Settings};
use crate::stream::Streaming;
use crate::ttl::Ttl;

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) scope: Scope,
    pub(crate) name: String,
    pub(crate) id: Id,
    pub(crate) partition: KeyPart,
    pub(crate) sort: Option<KeyPart>,
    /// Read and write units per second, when they are provisioned.
    pub(crate) provisioned: Option<(i64, i64)>,
    pub(crate) protected: bool,
    pub(crate) created_ms: i64,
    #[serde(default)]
    pub(crate) ttl: Option<Ttl>,
    #[serde(default)]
    pub(crate) stream: Option<Streaming>,
    /// In the order in which they were made.
    #[serde(default)]
    pub(crate) indexes: Vec<Index>,
    #[serde(default)]
    pub(crate) settings: Settings,
    #[serde(default)]
    pub(crate) policy: Option<Policy>,
    #[serde(default)]
    pub(crate) insights: Insights,
    #[serde(default)]
    pub(crate) global: Option<Global>,
    /// While what its items were is kept.
    #[serde(default)]
    pub(crate) history: Option<History>,
    /// While its items are restored.
    #[serde(default)]
    pub(crate) restoring: Option<Restoring>,
    /// While its items are imported.
    #[serde(default)]
    pub(crate) is_importing: bool,
}

#[cfg(test)]
layouts::stays!(stored_table: Table);

/// An attribute of the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyPart {
    pub(crate) name: String,
    /// `S`, `N` or `B`.
    pub(crate) kind: String,
}

/// Where a table is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) scope: Scope,
    pub(crate) name: String,
}

impl Place {
    /// By a name, or by an ARN.
    pub(crate) fn of(scope: &Scope, table: &str) -> Self {
        let arn = table.parse::<Arn>().ok().filter(|arn| arn.service() == "dynamodb");
        let named = arn.as_ref().and_then(|arn| Some((arn.scope()?, arn.resource().strip_prefix("table/")?)));
        let (scope, name) = named.unwrap_or((*scope, table));
        Place { scope, name: name.to_owned() }
    }

    pub(crate) fn arn(&self) -> Arn {
        Arn::in_scope("dynamodb", &self.scope, format_args!("table/{}", self.name))
    }

    pub(crate) fn index_arn(&self, index: &str) -> Arn {
        Arn::in_scope("dynamodb", &self.scope, format_args!("table/{}/index/{index}", self.name))
    }

    pub(crate) fn key(&self) -> Key {
        keys::tables(&self.scope).str(&self.name)
    }
}

/// The table of that name or ARN, if it is ready to be used.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, table: &str) -> Result<Arc<Table>> {
    let found: Option<Arc<Table>> = reads.get_shared(&Place::of(scope, table).key())?;
    Ok(found.filter(|table| table.is_usable()).ok_or_else(errors::no_table)?)
}

impl KeyPart {
    pub(crate) fn attribute(&self) -> KeyAttribute<'_> {
        KeyAttribute { name: &self.name, kind: Type::from_name(&self.kind).unwrap_or(Type::S) }
    }
}

impl Table {
    pub(crate) fn place(&self) -> Place {
        Place { scope: self.scope, name: self.name.clone() }
    }

    pub(crate) fn billing(&self) -> Billing {
        Billing::of(self.provisioned)
    }

    /// Whether something follows from changes of its items, which needs to know what they were.
    pub(crate) fn follows_items(&self) -> bool {
        !self.indexes.is_empty()
            || self.ttl.is_some()
            || self.global.is_some()
            || self.history.is_some()
            || self.stream.as_ref().is_some_and(|stream| stream.is_open)
    }

    /// The attributes of the key.
    pub(crate) fn key_parts(&self) -> impl Iterator<Item = &KeyPart> {
        std::iter::once(&self.partition).chain(&self.sort)
    }

    /// The attributes of its key and of its indexes' keys, by name.
    pub(crate) fn definitions(&self) -> Vec<api::AttributeDefinition> {
        let parts = self.key_parts().chain(self.indexes.iter().flat_map(Index::key_parts));
        let kinds: BTreeMap<&str, &str> =
            parts.map(|part| (part.name.as_str(), part.kind.as_str())).collect();
        let definition = |(name, kind): (&str, &str)| api::AttributeDefinition {
            attribute_name: name.to_owned(),
            attribute_type: kind.into(),
        };
        kinds.into_iter().map(definition).collect()
    }

    fn billing_summary(&self) -> Option<api::BillingModeSummary> {
        let since_ms = self.settings.on_demand_since_ms;
        let mode = match (self.provisioned, since_ms) {
            (None, _) => "PAY_PER_REQUEST",
            (Some(_), Some(_)) => "PROVISIONED",
            (Some(_), None) => return None,
        };
        Some(api::BillingModeSummary {
            billing_mode: Some(mode.into()),
            last_update_to_pay_per_request_date_time: Some(Timestamp(since_ms.unwrap_or(self.created_ms))),
        })
    }

    /// As the API shows it.
    pub(crate) fn description(&self, status: &str) -> api::TableDescription {
        let mut shown = api::TableDescription {
            attribute_definitions: Some(self.definitions()),
            table_name: Some(self.name.clone()),
            key_schema: Some(key_schema([&self.partition], &self.sort)),
            table_status: Some(status.into()),
            creation_date_time: Some(Timestamp(self.created_ms)),
            provisioned_throughput: Some(settings::throughput(self.provisioned)),
            table_size_bytes: Some(0),
            item_count: Some(0),
            table_arn: Some(self.place().arn().to_string()),
            table_id: Some(ids::uuid(self.id)),
            billing_mode_summary: self.billing_summary(),
            local_secondary_indexes: index::shown_local(self),
            global_secondary_indexes: index::shown_global(self, status),
            deletion_protection_enabled: Some(self.protected),
            stream_specification: self.stream.as_ref().and_then(Streaming::specification),
            latest_stream_arn: self.stream.as_ref().map(|it| it.arn(&self.scope, &self.name).to_string()),
            latest_stream_label: self.stream.as_ref().map(|it| it.label.clone()),
            restore_summary: self.restoring.as_ref().map(Restoring::summary),
            ..api::TableDescription::default()
        };
        self.settings.show(&mut shown, self.provisioned);
        shown
    }
}

/// A key, as the API shows it.
pub(crate) fn key_schema<'a>(
    partition: impl IntoIterator<Item = &'a KeyPart>,
    sort: impl IntoIterator<Item = &'a KeyPart>,
) -> Vec<api::KeySchemaElement> {
    let element = |part: &KeyPart, kind: &str| api::KeySchemaElement {
        attribute_name: part.name.clone(),
        key_type: kind.into(),
    };
    let partition = partition.into_iter().map(|part| element(part, "HASH"));
    partition.chain(sort.into_iter().map(|part| element(part, "RANGE"))).collect()
}
