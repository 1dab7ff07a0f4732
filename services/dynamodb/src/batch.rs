//! BatchGetItem and BatchWriteItem: many items of many tables by their keys.
//!
//! A batch of writes is one transaction here, which is more than AWS promises.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use api_dynamodb as api;
use expressions::value::item_size_bytes;
use expressions::{Item, Projection};
use service::{Result, Tx, View};
use store::Reads as _;
use wire::Fault;

use crate::action::{Action, Step};
use crate::guard::Guard;
use crate::table::Table;
use crate::{attribute, capacity, errors, key, read, table};

/// Items that one call reads.
const READS_MAX: usize = 100;
/// Items that one call writes.
const WRITES_MAX: usize = 25;
/// What one call reads, or writes.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Items as the API shows them.
type Shown = Vec<BTreeMap<String, api::AttributeValue>>;

fn too_many(operation: &str) -> Fault {
    errors::invalid(format!("Too many items requested for the {operation} call"))
}

fn duplicates() -> Fault {
    errors::invalid("Provided list of item keys contains duplicates")
}

pub(crate) fn get(view: &View<'_>, input: &api::BatchGetItemInput) -> Result<api::BatchGetItemOutput> {
    let count: usize = input.request_items.values().map(|wish| wish.keys.len()).sum();
    if count > READS_MAX {
        return Err(too_many("BatchGetItem").into());
    }
    let wishes = input.request_items.iter().map(|(name, wish)| Wish::read(view, name, wish));
    let wishes = wishes.collect::<Result<Vec<_>>>()?;
    let mut rest_bytes = BATCH_BYTES_MAX;
    let (mut responses, mut left, mut capacities) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for wish in wishes {
        let (shown, units, unread) = wish.look(view, &mut rest_bytes)?;
        responses.insert(wish.name.to_owned(), shown);
        if !unread.is_empty() {
            left.insert(wish.name.to_owned(), api::KeysAndAttributes { keys: unread, ..wish.asked.clone() });
        }
        capacities.extend(capacity::shown(input.return_consumed_capacity.as_ref(), &wish.table, units));
    }
    Ok(api::BatchGetItemOutput {
        responses: Some(responses),
        unprocessed_keys: Some(left),
        consumed_capacity: (!capacities.is_empty()).then_some(capacities),
    })
}

/// What is wanted of one table.
struct Wish<'a> {
    name: &'a str,
    asked: &'a api::KeysAndAttributes,
    table: Arc<Table>,
    keys: Vec<Item>,
    projection: Option<Projection>,
}

impl<'a> Wish<'a> {
    fn read(view: &View<'_>, name: &'a str, asked: &'a api::KeysAndAttributes) -> Result<Self> {
        errors::refuse(&[("AttributesToGet", asked.attributes_to_get.is_some())])?;
        let projection = read::projection(
            asked.expression_attribute_names.as_ref(),
            asked.projection_expression.as_deref(),
        )?;
        let table = table::find(&**view, &view.scope(), name)?;
        let keys = asked.keys.iter().map(attribute::item).collect::<Result<Vec<_>, _>>()?;
        let mut places = HashSet::new();
        for wanted in &keys {
            key::check(&table, wanted)?;
            if !places.insert(key::place(&table, wanted)) {
                return Err(duplicates().into());
            }
        }
        Ok(Wish { name, asked, table, keys, projection })
    }

    /// The items that are there, the capacity, and the keys for which there was no room any more.
    fn look(&self, view: &View<'_>, rest_bytes: &mut usize) -> Result<(Shown, f64, Shown)> {
        let consistent = self.asked.consistent_read == Some(true);
        let (mut shown, mut units, mut unread) = (Vec::new(), 0.0, Vec::new());
        for (wanted, asked) in self.keys.iter().zip(&self.asked.keys) {
            let item: Option<Item> = view.get_record(&key::place(&self.table, wanted))?;
            let size_bytes = item.as_ref().map_or(0, item_size_bytes);
            if size_bytes > *rest_bytes {
                *rest_bytes = 0;
                unread.push(asked.clone());
                continue;
            }
            *rest_bytes -= size_bytes;
            units += capacity::read_units(size_bytes, consistent);
            shown.extend(item.map(|item| attribute::shown(read::projected(self.projection.as_ref(), item))));
        }
        Ok((shown, units, unread))
    }
}

pub(crate) fn write(tx: &mut Tx<'_>, input: &api::BatchWriteItemInput) -> Result<api::BatchWriteItemOutput> {
    let count: usize = input.request_items.values().map(Vec::len).sum();
    if count > WRITES_MAX {
        return Err(too_many("BatchWriteItem").into());
    }
    let needs_old = capacity::is_wanted(input.return_consumed_capacity.as_ref());
    let mut capacities = Vec::new();
    for (name, requests) in &input.request_items {
        let table = table::find(&**tx, &tx.scope(), name)?;
        let mut places = HashSet::new();
        let mut units = 0.0;
        for request in requests {
            let step = Step::new(Arc::clone(&table), of_request(&table, request)?, Guard::default())?;
            if !places.insert(step.place().clone()) {
                return Err(duplicates().into());
            }
            units += capacity::write_units(step.carry_out(tx, needs_old)?.size_bytes());
        }
        capacities.extend(capacity::shown(input.return_consumed_capacity.as_ref(), &table, units));
    }
    Ok(api::BatchWriteItemOutput {
        unprocessed_items: Some(BTreeMap::new()),
        item_collection_metrics: None,
        consumed_capacity: (!capacities.is_empty()).then_some(capacities),
    })
}

fn of_request(table: &Table, request: &api::WriteRequest) -> Result<Action, Fault> {
    match (&request.put_request, &request.delete_request) {
        (Some(put), None) => {
            let item = attribute::item(&put.item)?;
            // Batches have one word for every key that does not fit.
            key::check(table, &key::of(table, &item))?;
            Ok(Action::Put(item))
        }
        (None, Some(delete)) => Ok(Action::Delete(attribute::item(&delete.key)?)),
        _ => Err(attribute::ambiguous()),
    }
}
