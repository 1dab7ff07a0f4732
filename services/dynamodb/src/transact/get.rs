//! TransactGetItems: items of many tables as they were at one moment.

use std::collections::HashSet;
use std::sync::Arc;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use expressions::{Item, Projection};
use service::{Result, View};
use store::tuple::Key;
use wire::Fault;

use super::bill::{Bill, Kind};
use super::{cancelled_at, check_size, permit, several_on_one_item};
use crate::table::Table;
use crate::{attribute, key, read, stored, table};

/// One item that is wanted, of which nothing is known yet that its table decides.
struct Asked<'a> {
    table: &'a str,
    key: Item,
    projection: Option<Projection>,
}

impl<'a> Asked<'a> {
    fn read(get: &'a api::Get) -> Result<Self, Fault> {
        let (names, expression) =
            (get.expression_attribute_names.as_ref(), get.projection_expression.as_deref());
        let projection = read::projection(names, expression)?;
        Ok(Asked { table: &get.table_name, key: attribute::item(&get.key)?, projection })
    }
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::TransactGetItemsInput,
) -> Result<api::TransactGetItemsOutput> {
    let mut tables = input.transact_items.iter().map(|item| &*item.get.table_name);
    tables.try_for_each(|table| permit(view.context, "GetItem", table))?;
    let asked = input.transact_items.iter().map(|item| Asked::read(&item.get));
    let asked = asked.collect::<Result<Vec<_>, _>>()?;
    let places = asked.iter().map(|asked| (asked.table, &asked.key)).collect::<Vec<_>>();
    let (items, bill) = found(view, &places)?;
    let consumed_capacity = bill.by_table(input.return_consumed_capacity.as_ref());
    let responses = asked.iter().zip(items).map(|(asked, item)| {
        let item = item.map(|item| read::projected(asked.projection.as_ref(), item)).transpose()?;
        Ok(api::ItemResponse { item })
    });
    let responses = responses.collect::<Result<_>>()?;
    Ok(api::TransactGetItemsOutput { consumed_capacity, responses: Some(responses) })
}

/// The items of those keys in those tables, and what it consumes to read them.
pub(crate) fn found(view: &View<'_>, asked: &[(&str, &Item)]) -> Result<(Vec<Option<StoredItem>>, Bill)> {
    let (mut bill, mut total_bytes) = (Bill::new(Kind::Read), 0);
    let mut items = Vec::with_capacity(asked.len());
    for (table, place) in places(view, asked)? {
        let item = stored::find(&**view, &place)?;
        let size_bytes = item.as_ref().map_or(0, StoredItem::size_bytes);
        bill.add(&table, size_bytes);
        total_bytes += size_bytes;
        check_size(total_bytes)?;
        items.push(item);
    }
    bill.pay(view.context)?;
    Ok((items, bill))
}

/// Where the items stand. An empty key and an item that is named twice refuse the request; a key that does not fit its
/// table cancels the transaction, for the first such key.
fn places(view: &View<'_>, asked: &[(&str, &Item)]) -> Result<Vec<(Arc<Table>, Key)>> {
    let tables = asked.iter().map(|(table, _)| table::find(&**view, &view.scope(), table));
    let tables = tables.collect::<Result<Vec<_>>>()?;
    for ((_, wanted), table) in asked.iter().zip(&tables) {
        key::check_filled(table, wanted)?;
    }
    let (mut seen, mut first_wrong) = (HashSet::new(), None);
    let mut places = Vec::with_capacity(asked.len());
    for (index, ((_, wanted), table)) in asked.iter().zip(tables).enumerate() {
        if let Err(fault) = key::check(&table, wanted) {
            first_wrong = first_wrong.or(Some((index, fault)));
            continue;
        }
        let place = key::place(&table, wanted);
        if !seen.insert(place.clone()) {
            return Err(several_on_one_item().into());
        }
        places.push((table, place));
    }
    match first_wrong {
        None => Ok(places),
        Some((index, fault)) => Err(cancelled_at(index, asked.len(), fault).into()),
    }
}
