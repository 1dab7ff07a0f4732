//! Indexes as requests declare them, checked as AWS checks them.

use std::collections::{BTreeSet, HashSet};

use api_dynamodb as api;
use service::Random;
use wire::Fault;

use super::{Index, Kind, Projected};
use crate::definitions::{Definitions, Keys, check_two};
use crate::errors;
use crate::settings::{Billing, Units};
use crate::table::KeyPart;

/// Local indexes of a table.
const LOCAL_MAX: usize = 5;
/// Global indexes of a table.
pub(crate) const GLOBAL_MAX: usize = 20;
/// Attributes that all indexes of a table together may project by name.
const PROJECTED_MAX: usize = 100;

/// An index as a request has it.
pub(crate) struct Asked<'a> {
    pub(super) kind: Kind,
    pub(crate) name: &'a str,
    pub(super) key_schema: &'a [api::KeySchemaElement],
    pub(super) projection: &'a api::Projection,
    pub(crate) throughput: Option<&'a api::ProvisionedThroughput>,
    pub(crate) on_demand: Option<&'a api::OnDemandThroughput>,
    pub(super) warm: Option<&'a api::WarmThroughput>,
}

impl<'a> From<&'a api::LocalSecondaryIndex> for Asked<'a> {
    fn from(index: &'a api::LocalSecondaryIndex) -> Self {
        let api::LocalSecondaryIndex { index_name, key_schema, projection } = index;
        let (throughput, on_demand, warm) = Default::default();
        Asked { kind: Kind::Local, name: index_name, key_schema, projection, throughput, on_demand, warm }
    }
}

/// A global index is asked for in two shapes, with a new table and of one that is there; their members have the same names.
macro_rules! asked_as {
    ($($shape:ident)*) => {
        $(impl<'a> From<&'a api::$shape> for Asked<'a> {
            fn from(index: &'a api::$shape) -> Self {
                Asked {
                    kind: Kind::Global,
                    name: &index.index_name,
                    key_schema: &index.key_schema,
                    projection: &index.projection,
                    throughput: index.provisioned_throughput.as_ref(),
                    on_demand: index.on_demand_throughput.as_ref(),
                    warm: index.warm_throughput.as_ref(),
                }
            }
        })*
    };
}

asked_as!(GlobalSecondaryIndex CreateGlobalSecondaryIndexAction);

/// The indexes of a table that is to be made.
pub(crate) fn all(
    random: &Random,
    input: &api::CreateTableInput,
    definitions: &Definitions<'_>,
    partition: &KeyPart,
    sort: Option<&KeyPart>,
    billing: Billing,
) -> Result<Vec<Index>, Fault> {
    let lists = [
        ("Local", input.local_secondary_indexes.as_ref().map(Vec::len)),
        ("Global", input.global_secondary_indexes.as_ref().map(Vec::len)),
    ];
    if let Some((kind, _)) = lists.iter().find(|(_, count)| *count == Some(0)) {
        return Err(errors::invalid_values(format_args!("List of {kind}SecondaryIndexes is empty")));
    }
    let local = input.local_secondary_indexes.as_deref().unwrap_or_default();
    let global = input.global_secondary_indexes.as_deref().unwrap_or_default();
    for (number, index) in (1..).zip(local) {
        check_two(&index.key_schema, &format!("localSecondaryIndexes.{number}.member.keySchema"))?;
    }
    let asked: Vec<Asked<'_>> = local.iter().map(Asked::from).chain(global.iter().map(Asked::from)).collect();
    let keys = asked.iter().map(|asked| asked.keys(definitions));
    let keys = keys.collect::<Result<Vec<Keys>, _>>()?;
    let of_indexes = keys.iter().flat_map(|keys| keys.partition.iter().chain(&keys.sort));
    let used = std::iter::once(partition).chain(sort).chain(of_indexes);
    definitions.check_all_used(used.map(|part| part.name.as_str()), !asked.is_empty())?;
    let mut indexes: Vec<Index> = Vec::with_capacity(asked.len());
    for (asked, key) in asked.iter().zip(keys) {
        if asked.kind == Kind::Local {
            check_local(asked, &key, partition, sort)?;
        }
        let index = asked.index(random, key, billing)?;
        if indexes.iter().any(|other| other.name == index.name) {
            return Err(errors::invalid_values(format_args!("Duplicate index name: {}", index.name)));
        }
        indexes.push(index);
    }
    check_counts(local.len(), global.len())?;
    check_projected(&indexes)?;
    Ok(indexes)
}

fn check_counts(local: usize, global: usize) -> Result<(), Fault> {
    if local > LOCAL_MAX {
        return Err(errors::invalid_values("Number of LocalSecondaryIndexes exceeds per-table limit of 5"));
    }
    if global > GLOBAL_MAX {
        return Err(errors::invalid_values("GlobalSecondaryIndex count exceeds the per-table limit of 20"));
    }
    Ok(())
}

/// An attribute that two indexes project counts twice.
pub(crate) fn check_projected(indexes: &[Index]) -> Result<(), Fault> {
    let count = |index: &Index| match &index.projected {
        Projected::Include(names) => names.len(),
        _ => 0,
    };
    if indexes.iter().map(count).sum::<usize>() > PROJECTED_MAX {
        return Err(errors::invalid_values(format_args!(
            "Number of NonKeyAttributes in all indexes exceeds per-table limit of {PROJECTED_MAX}"
        )));
    }
    Ok(())
}

/// The partitions of a local index are the table's.
fn check_local(
    asked: &Asked<'_>,
    key: &Keys,
    partition: &KeyPart,
    sort: Option<&KeyPart>,
) -> Result<(), Fault> {
    if sort.is_none() {
        return Err(errors::invalid_values(
            "Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
        ));
    }
    if key.sort.is_empty() {
        return Err(errors::invalid_values(format_args!(
            "Index KeySchema does not have a range key for index: {}",
            asked.name
        )));
    }
    match key.partition.first().filter(|own| own.name != partition.name) {
        Some(own) => Err(errors::invalid_values(format_args!(
            "Index KeySchema does not have the same leading hash key as table KeySchema for index: {}. index hash key: {}, \
             table hash key: {}",
            asked.name, own.name, partition.name
        ))),
        None => Ok(()),
    }
}

impl Asked<'_> {
    /// Its key.
    pub(crate) fn keys(&self, definitions: &Definitions<'_>) -> Result<Keys, Fault> {
        match self.kind {
            Kind::Local => definitions.key(self.key_schema).map(Keys::from),
            Kind::Global => definitions.key_of_global(self.key_schema),
        }
    }

    /// The index, with that key.
    pub(crate) fn index(&self, random: &Random, keys: Keys, billing: Billing) -> Result<Index, Fault> {
        let projected = projected(self.projection)?;
        if self.kind == Kind::Global {
            billing.check_index(self)?;
        }
        let mut partition = keys.partition.into_iter();
        let mut sort = keys.sort.into_iter();
        Ok(Index {
            name: self.name.to_owned(),
            id: random.bytes(),
            kind: self.kind,
            partition: partition.next().ok_or_else(errors::wrong_key)?,
            sort: sort.next(),
            more_partition: partition.collect(),
            more_sort: sort.collect(),
            projected,
            provisioned: self.throughput.map(|units| (units.read_capacity_units, units.write_capacity_units)),
            on_demand: self.on_demand.map(Units::from),
            warm: self.warm.map(Units::from),
            is_building: false,
        })
    }
}

fn projected(projection: &api::Projection) -> Result<Projected, Fault> {
    let kind = projection.projection_type.as_ref().map(api::ProjectionType::as_str);
    let refused = |what: String| Err(errors::invalid_values(what));
    match (kind, &projection.non_key_attributes) {
        (None, _) => refused("Unknown ProjectionType: null".into()),
        (Some("INCLUDE"), None) => {
            refused("ProjectionType is INCLUDE, but NonKeyAttributes is not specified".into())
        }
        (Some("INCLUDE"), Some(names)) => {
            let mut seen = HashSet::new();
            if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
                return refused(format!("Duplicate element in NonKeyAttributes: {twice}"));
            }
            let sorted: BTreeSet<&String> = names.iter().collect();
            Ok(Projected::Include(sorted.into_iter().cloned().collect()))
        }
        (Some(kind), Some(_)) => {
            refused(format!("ProjectionType is {kind}, but NonKeyAttributes is specified"))
        }
        (Some("KEYS_ONLY"), None) => Ok(Projected::KeysOnly),
        (Some(_), None) => Ok(Projected::All),
    }
}
