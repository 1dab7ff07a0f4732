//! The table that a restore makes: what it has of its source, and what the request overrides.
//!
//! It has the keys, the indexes, the throughput and the encryption of its source. What belongs to the use of a table (its
//! stream, its time to live, its tags, its policy, its class, its protection) it begins without.

use api_dynamodb as api;
use service::{Random, Result, Tx};
use store::Reads;
use wire::Fault;

use super::{Restoring, errors};
use crate::index::{self, Index, Kind};
use crate::settings::{Billing, Settings};
use crate::table::{Place, Table, key_schema};

/// What a request says of the table.
pub(super) struct Overrides<'a> {
    pub(super) billing: Option<&'a api::BillingMode>,
    pub(super) global: Option<&'a [api::GlobalSecondaryIndex]>,
    pub(super) local: Option<&'a [api::LocalSecondaryIndex]>,
    pub(super) provisioned: Option<&'a api::ProvisionedThroughput>,
    pub(super) on_demand: Option<&'a api::OnDemandThroughput>,
    pub(super) encryption: Option<&'a api::SseSpecification>,
}

/// What a request says of the table; the members have the same names in both requests that restore.
macro_rules! overrides {
    ($input:expr) => {
        $crate::backups::restored::Overrides {
            billing: $input.billing_mode_override.as_ref(),
            global: $input.global_secondary_index_override.as_deref(),
            local: $input.local_secondary_index_override.as_deref(),
            provisioned: $input.provisioned_throughput_override.as_ref(),
            on_demand: $input.on_demand_throughput_override.as_ref(),
            encryption: $input.sse_specification_override.as_ref(),
        }
    };
}
pub(super) use overrides;

/// Refuses the name of a table that is there.
pub(super) fn check_free(reads: &impl Reads, place: &Place) -> Result<()> {
    let Some(table) = reads.get_record::<Table>(&place.key())? else { return Ok(()) };
    let name = &table.name;
    Err(match table.restoring.map(|restoring| restoring.backup_arn) {
        None => api::error::table_already_exists_exception(format!("Table already exists: {name}")),
        Some(Some(arn)) => api::error::table_in_use_exception(format!(
            "Table: {name} is already being restored from backup: {arn}"
        )),
        Some(None) => api::error::table_in_use_exception(format!("Table: {name} is already being restored")),
    }
    .into())
}

/// The table, without its items.
pub(super) fn restored(
    tx: &Tx<'_>,
    source: &Table,
    place: &Place,
    overrides: &Overrides<'_>,
    restoring: Restoring,
) -> Result<Table, Fault> {
    let billing = overrides.billing(source)?;
    let provisioned = match billing {
        Billing::OnDemand => None,
        Billing::Provisioned => overrides.provisioned.map(units).or(source.provisioned),
    };
    let indexes = overrides.indexes(tx.random(), source, billing)?;
    let mut settings = Settings {
        on_demand: source.settings.on_demand.filter(|_| billing == Billing::OnDemand),
        encryption_key: source.settings.encryption_key.clone(),
        ..Settings::default()
    };
    if let Some(units) = overrides.on_demand {
        settings.on_demand = Some(units.into());
    }
    if let Some(encryption) = overrides.encryption {
        settings.encrypt(&place.scope, encryption)?;
    }
    Ok(Table {
        scope: place.scope,
        name: place.name.clone(),
        id: tx.random().bytes(),
        partition: source.partition.clone(),
        sort: source.sort.clone(),
        provisioned,
        protected: false,
        created_ms: tx.now.millis(),
        ttl: None,
        stream: None,
        indexes,
        settings,
        policy: None,
        insights: Default::default(),
        global: None,
        history: None,
        restoring: Some(restoring),
        is_importing: false,
    })
}

fn units(units: &api::ProvisionedThroughput) -> (i64, i64) {
    (units.read_capacity_units, units.write_capacity_units)
}

impl Overrides<'_> {
    /// How the table is billed, if all throughput that is given fits that.
    fn billing(&self, source: &Table) -> Result<Billing, Fault> {
        let was = source.billing();
        let billing = match self.billing.map(api::BillingMode::as_str) {
            Some("PAY_PER_REQUEST") => Billing::OnDemand,
            Some(_) => Billing::Provisioned,
            None => was,
        };
        match (billing, self.provisioned) {
            (Billing::OnDemand, Some(_)) if self.billing.is_some() => {
                return Err(errors::invalid_request(
                    "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
                ));
            }
            (Billing::OnDemand, Some(_)) => {
                return Err(errors::invalid_request(
                    "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
                ));
            }
            (Billing::Provisioned, None) if was == Billing::OnDemand => {
                return Err(errors::invalid_request(
                    "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
                ));
            }
            _ => {}
        }
        let limits = self
            .on_demand
            .map(|units| [("Read", units.max_read_request_units), ("Write", units.max_write_request_units)]);
        for (kind, units) in limits.into_iter().flatten() {
            let Some(units) = units else { continue };
            if billing == Billing::Provisioned {
                return Err(errors::invalid_request(format_args!(
                    "Cannot override Max{kind}RequestUnits for OnDemandThroughput unless BillingModeOverride is \
                     PAY_PER_REQUEST"
                )));
            }
            if units < 1 && units != -1 {
                return Err(errors::invalid_request(format_args!(
                    "Requested Max{kind}RequestUnits for OnDemandThroughput is outside of valid range"
                )));
            }
        }
        Ok(billing)
    }

    /// The indexes: those of the source, or of these the ones that the request names.
    fn indexes(&self, random: &Random, source: &Table, billing: Billing) -> Result<Vec<Index>, Fault> {
        let mut indexes: Vec<Index> = Vec::new();
        match self.local {
            None => indexes.extend(source.indexes_of(Kind::Local).cloned()),
            Some(asked) => {
                for api::LocalSecondaryIndex { index_name, key_schema, projection } in asked {
                    indexes.push(named(source, Kind::Local, index_name, key_schema, projection)?);
                }
            }
        }
        match self.global {
            None => indexes.extend(source.indexes_of(Kind::Global).cloned()),
            Some(asked) => {
                for asked in asked {
                    let api::GlobalSecondaryIndex { index_name, key_schema, projection, .. } = asked;
                    let index = named(source, Kind::Global, index_name, key_schema, projection)?;
                    indexes.push(throttled(index, asked));
                }
            }
        }
        for at in 0..indexes.len() {
            let (before, rest) = indexes.split_at_mut(at);
            let Some(index) = rest.first_mut() else { continue };
            if before.iter().any(|other| other.name == index.name) {
                return Err(crate::errors::invalid_values(format_args!(
                    "Duplicate index name: {}",
                    index.name
                )));
            }
            (index.id, index.is_building) = (random.bytes(), false);
            bill(index, self, billing)?;
        }
        Ok(indexes)
    }
}

/// The index of the source that has that key and projects that, under its new name.
fn named(
    source: &Table,
    kind: Kind,
    name: &str,
    schema: &[api::KeySchemaElement],
    projection: &api::Projection,
) -> Result<Index, Fault> {
    let mut projection = projection.clone();
    projection.non_key_attributes.iter_mut().for_each(|names| names.sort());
    let is_it = |index: &&Index| {
        key_schema(index.partition_parts(), index.sort_parts()) == schema
            && index::projection(index) == projection
    };
    let found = source.indexes_of(kind).find(is_it);
    let found = found.ok_or_else(|| {
        errors::invalid_request(format_args!(
            "Index {name} does not match a secondary index that existed in the source table and cannot be created during \
             the restore operation"
        ))
    })?;
    Ok(Index { name: name.to_owned(), ..found.clone() })
}

/// With the throughput that is asked for.
fn throttled(index: Index, asked: &api::GlobalSecondaryIndex) -> Index {
    Index {
        provisioned: asked.provisioned_throughput.as_ref().map(units).or(index.provisioned),
        on_demand: asked.on_demand_throughput.as_ref().map(Into::into).or(index.on_demand),
        ..index
    }
}

/// Lets the throughput of an index be what the table's billing has.
fn bill(index: &mut Index, overrides: &Overrides<'_>, billing: Billing) -> Result<(), Fault> {
    index.warm = None;
    let is_given = |asked: &api::GlobalSecondaryIndex| {
        asked.index_name == index.name && asked.provisioned_throughput.is_some()
    };
    match billing {
        Billing::OnDemand if overrides.global.is_some_and(|all| all.iter().any(is_given)) => {
            return Err(errors::invalid_request(format_args!(
                "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST for index {}",
                index.name
            )));
        }
        Billing::OnDemand => index.provisioned = None,
        Billing::Provisioned if index.is_global() && index.provisioned.is_none() => {
            return Err(errors::invalid_request(format_args!(
                "Must specify provisioned throughput for index {}",
                index.name
            )));
        }
        Billing::Provisioned => index.on_demand = None,
    }
    Ok(())
}
