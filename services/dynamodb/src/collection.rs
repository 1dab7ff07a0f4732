//! Item collections: the items of a partition with their entries in local indexes.
//!
//! A collection may be of any size here; AWS refuses one of more than 10 GB. Its size is not kept, so that the estimate is
//! always the least range that AWS shows.

use std::collections::BTreeMap;

use api_dynamodb as api;

use crate::index::Kind;
use crate::table::Table;

/// Whether a request asks for metrics.
pub(crate) fn is_wanted(wanted: Option<&api::ReturnItemCollectionMetrics>) -> bool {
    wanted.is_some_and(|wanted| wanted.as_str() == "SIZE")
}

/// The metrics of an item's collection, where they are wanted and the table has collections.
pub(crate) fn metrics(
    wanted: Option<&api::ReturnItemCollectionMetrics>,
    table: &Table,
    key: &BTreeMap<String, api::AttributeValue>,
) -> Option<api::ItemCollectionMetrics> {
    if !is_wanted(wanted) || table.indexes_of(Kind::Local).next().is_none() {
        return None;
    }
    let name = &table.partition.name;
    let partition = BTreeMap::from([(name.clone(), key.get(name)?.clone())]);
    Some(api::ItemCollectionMetrics {
        item_collection_key: Some(partition),
        size_estimate_range_gb: Some(vec![0.0, 1.0]),
    })
}
