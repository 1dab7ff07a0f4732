//! BatchGetItem and BatchWriteItem: many items of many tables by their keys.
//!
//! A batch of writes is one transaction here, which is more than AWS promises.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use expressions::{Item, Projection};
use service::{Error, Result, Tx, View};
use store::tuple::Key;
use wire::Fault;

use crate::action::{Action, Step};
use crate::capacity::Consumed;
use crate::guard::Guard;
use crate::table::Table;
use crate::{attribute, capacity, collection, errors, key, legacy, read, stored, table, throttle};

/// Items that one call reads.
const READS_MAX: usize = 100;
/// Items that one call writes.
const WRITES_MAX: usize = 25;
/// What one call reads, or writes.
const BATCH_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Items as the API shows them.
type Shown = Vec<api::AttributeMap>;
/// Keys of items.
type Keys = Vec<BTreeMap<String, api::AttributeValue>>;

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
    let parameter = |is: fn(&api::KeysAndAttributes) -> bool| input.request_items.values().any(is);
    legacy::check_apart(
        &[("ProjectionExpression", parameter(|wish| wish.projection_expression.is_some()))],
        &[("AttributesToGet", parameter(|wish| wish.attributes_to_get.is_some()))],
    )?;
    let wishes = input.request_items.iter().map(|(name, wish)| Wish::read(name, wish));
    let wishes = wishes.collect::<Result<Vec<_>, _>>()?;
    let tables = wishes.iter().map(|wish| table::find(&**view, &view.scope(), wish.name));
    let tables = tables.collect::<Result<Vec<_>>>()?;
    let places = wishes.iter().zip(&tables).map(|(wish, table)| wish.places(table));
    let places = places.collect::<Result<Vec<_>, _>>()?;
    let mut rest = Rest { bytes: BATCH_BYTES_MAX, refused: None, is_begun: false };
    let (mut responses, mut left, mut capacities) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    for ((wish, table), places) in wishes.iter().zip(&tables).zip(places) {
        let (shown, units, unread) = wish.look(view, table, &places, &mut rest)?;
        responses.insert(wish.name.to_owned(), shown);
        if !unread.is_empty() {
            left.insert(wish.name.to_owned(), api::KeysAndAttributes { keys: unread, ..wish.asked.clone() });
        }
        capacities.extend(capacity::shown(input.return_consumed_capacity.as_ref(), table, units));
    }
    rest.check()?;
    Ok(api::BatchGetItemOutput {
        responses: Some(responses),
        unprocessed_keys: Some(left),
        consumed_capacity: (!capacities.is_empty()).then_some(capacities),
    })
}

/// What is left to a batch.
struct Rest {
    bytes: usize,
    /// Why something was not done: there were no units left.
    refused: Option<Fault>,
    /// Whether something was done.
    is_begun: bool,
}

impl Rest {
    /// A batch of which nothing could be done is refused.
    fn check(self) -> Result<(), Fault> {
        match self.refused {
            Some(fault) if !self.is_begun => Err(fault),
            _ => Ok(()),
        }
    }
}

/// What is wanted of one table.
struct Wish<'a> {
    name: &'a str,
    asked: &'a api::KeysAndAttributes,
    keys: Vec<Item>,
    projection: Option<Projection>,
}

impl<'a> Wish<'a> {
    fn read(name: &'a str, asked: &'a api::KeysAndAttributes) -> Result<Self, Fault> {
        let projection = read::wanted(
            asked.expression_attribute_names.as_ref(),
            asked.projection_expression.as_deref(),
            asked.attributes_to_get.as_deref(),
        )?;
        let keys = asked.keys.iter().map(attribute::item).collect::<Result<Vec<_>, _>>()?;
        Ok(Wish { name, asked, keys, projection })
    }

    /// The places of its items.
    fn places(&self, table: &Table) -> Result<Vec<Key>, Fault> {
        key::check_scalars(table, read::paths(self.projection.as_ref()))?;
        let mut seen = HashSet::new();
        let places = self.keys.iter().map(|wanted| {
            key::check(table, wanted)?;
            let place = key::place(table, wanted);
            if seen.insert(place.clone()) { Ok(place) } else { Err(duplicates()) }
        });
        places.collect()
    }

    /// The items that are there, the capacity, and the keys for which there was no room any more.
    fn look(
        &self,
        view: &View<'_>,
        table: &Table,
        places: &[Key],
        rest: &mut Rest,
    ) -> Result<(Shown, f64, Keys)> {
        let consistent = self.asked.consistent_read == Some(true);
        let (mut shown, mut units, mut unread) = (Vec::new(), 0.0, Vec::new());
        for (place, asked) in places.iter().zip(&self.asked.keys) {
            let item = stored::find(&**view, place)?;
            let size_bytes = item.as_ref().map_or(0, StoredItem::size_bytes);
            if size_bytes > rest.bytes {
                rest.bytes = 0;
                unread.push(asked.clone());
                continue;
            }
            let its_units = capacity::read_units(size_bytes, consistent);
            if let Err(fault) = throttle::take(view.context, table, &its_units.into(), throttle::Kind::Read) {
                rest.refused.get_or_insert(fault);
                unread.push(asked.clone());
                continue;
            }
            rest.is_begun = true;
            rest.bytes -= size_bytes;
            units += its_units;
            let projection = self.projection.as_ref();
            shown.extend(item.map(|item| read::projected(projection, item)).transpose()?);
        }
        Ok((shown, units, unread))
    }
}

pub(crate) fn write(tx: &mut Tx<'_>, input: &api::BatchWriteItemInput) -> Result<api::BatchWriteItemOutput> {
    let count: usize = input.request_items.values().map(Vec::len).sum();
    if count > WRITES_MAX {
        return Err(too_many("BatchWriteItem").into());
    }
    let actions = input.request_items.values().flatten().map(action).collect::<Result<Vec<_>, _>>()?;
    let tables = input.request_items.keys().map(|name| table::find(&**tx, &tx.scope(), name));
    let tables = tables.collect::<Result<Vec<_>>>()?;
    let (mut actions, mut places) = (actions.into_iter(), HashSet::new());
    let wanted = input.return_consumed_capacity.as_ref();
    let (mut capacities, mut left) = (Vec::new(), BTreeMap::new());
    let mut rest = Rest { bytes: BATCH_BYTES_MAX, refused: None, is_begun: false };
    for (table, (name, requests)) in tables.iter().zip(&input.request_items) {
        let (mut units, mut undone) = (Consumed::default(), Vec::new());
        for (action, request) in actions.by_ref().take(requests.len()).zip(requests) {
            // Batches have one word for every key that does not fit.
            key::check(table, &key::of(table, action.item()))?;
            let step = Step::new(Arc::clone(table), action, Guard::default())?;
            if !places.insert(step.place().clone()) {
                return Err(duplicates().into());
            }
            let outcome = match step.carry_out(tx, capacity::is_wanted(wanted)) {
                Err(Error::Fault(fault)) if throttle::is_refusal(&fault) => {
                    rest.refused.get_or_insert(fault);
                    undone.push(request.clone());
                    continue;
                }
                outcome => outcome?,
            };
            rest.is_begun = true;
            if capacity::is_wanted(wanted) {
                units += outcome.consumed();
            }
        }
        capacities.extend(capacity::shown(wanted, table, units));
        if !undone.is_empty() {
            left.insert(name.clone(), undone);
        }
    }
    rest.check()?;
    Ok(api::BatchWriteItemOutput {
        unprocessed_items: Some(left),
        item_collection_metrics: collections(input, &tables),
        consumed_capacity: (!capacities.is_empty()).then_some(capacities),
    })
}

/// The metrics of all items' collections, by their tables.
fn collections(
    input: &api::BatchWriteItemInput,
    tables: &[Arc<Table>],
) -> Option<BTreeMap<String, Vec<api::ItemCollectionMetrics>>> {
    let wanted = input.return_item_collection_metrics.as_ref();
    let of_table = |((name, requests), table): ((&String, &Vec<api::WriteRequest>), &Arc<Table>)| {
        let metrics = requests.iter().filter_map(|request| {
            let put = request.put_request.as_ref().map(|put| &put.item);
            let key = put.or(request.delete_request.as_ref().map(|delete| &delete.key))?;
            collection::metrics(wanted, table, key)
        });
        let metrics: Vec<_> = metrics.collect();
        (!metrics.is_empty()).then(|| (name.clone(), metrics))
    };
    let collections: BTreeMap<_, _> = input.request_items.iter().zip(tables).filter_map(of_table).collect();
    (!collections.is_empty()).then_some(collections)
}

fn action(request: &api::WriteRequest) -> Result<Action, Fault> {
    match (&request.put_request, &request.delete_request) {
        (Some(put), None) => Action::put(attribute::item(&put.item)?),
        (None, Some(delete)) => Ok(Action::Delete(attribute::item(&delete.key)?)),
        _ => Err(attribute::ambiguous()),
    }
}
