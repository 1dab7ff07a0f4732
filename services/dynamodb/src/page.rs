//! A page of a query or scan: what was read, what of it is shown, and where the next page begins.

use std::ops::Range;

use api_dynamodb as api;
use expressions::value::item_size_bytes;
use expressions::{Condition, Item, Projection, RangeCondition};
use service::{Result, View};
use store::{Direction, Reads as _, record};
use wire::Fault;

use crate::table::Table;
use crate::{attribute, errors, key};

/// What a page reads at most, in bytes.
pub(crate) const PAGE_BYTES_MAX: usize = 1 << 20;

/// What a page is to have.
pub(crate) struct Wish<'a> {
    pub(crate) table: &'a Table,
    pub(crate) range: Range<Vec<u8>>,
    pub(crate) direction: Direction,
    /// Items outside of it are not read.
    pub(crate) sort: Option<&'a RangeCondition>,
    /// Items that it does not hold for are read, and not shown.
    pub(crate) filter: Option<&'a Condition>,
    pub(crate) projection: Option<&'a Projection>,
    pub(crate) limit: Option<i32>,
    /// Items are only counted.
    pub(crate) count_only: bool,
}

/// A page.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<Item>,
    pub(crate) count: i32,
    pub(crate) scanned: i32,
    pub(crate) size_bytes: usize,
    pub(crate) last: Option<Item>,
}

/// Whether items are only counted; checks that the choice fits the parameter that says what of them is shown, if one does.
pub(crate) fn counts_only(
    select: Option<&api::Select>,
    projecting: Option<&'static str>,
) -> Result<bool, Fault> {
    let refused = |parameter: &str, choice: &str| {
        Err(errors::invalid(format!("Cannot specify the {parameter} when choosing to get {choice}")))
    };
    match (select.map(api::Select::as_str), projecting) {
        (Some("COUNT"), Some(parameter)) => refused(parameter, "only the Count"),
        (Some("ALL_ATTRIBUTES"), Some(parameter)) => refused(parameter, "ALL_ATTRIBUTES"),
        (Some("ALL_PROJECTED_ATTRIBUTES"), _) => {
            Err(errors::invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"))
        }
        (Some("SPECIFIC_ATTRIBUTES"), None) => Err(errors::invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        )),
        (select, _) => Ok(select == Some("COUNT")),
    }
}

/// Starts a range behind the key where the last page ended; a key that is not in the range is refused as `outside`.
pub(crate) fn start_after(
    table: &Table,
    range: &mut Range<Vec<u8>>,
    direction: Direction,
    start: Option<&std::collections::BTreeMap<String, api::AttributeValue>>,
    outside: &str,
) -> Result<(), Fault> {
    let Some(start) = start else { return Ok(()) };
    let start = attribute::item(start)?;
    key::check(table, &start).map_err(|_| {
        errors::invalid(
            "The provided starting key is invalid: The provided key element does not match the schema",
        )
    })?;
    let mut place: Vec<u8> = key::place(table, &start).into();
    if !range.contains(&place) {
        return Err(errors::invalid(outside));
    }
    match direction {
        Direction::Forward => {
            place.push(0);
            range.start = place;
        }
        Direction::Backward => range.end = place,
    }
    Ok(())
}

impl Page {
    pub(crate) fn read(view: &View<'_>, wish: &Wish<'_>) -> Result<Self> {
        let mut page = Page::default();
        let limit = wish.limit.unwrap_or(i32::MAX);
        for entry in view.scan(wish.range.clone(), wish.direction) {
            let item: Item = record::decode(&entry?.1)?;
            let sort = wish.table.sort.as_ref().and_then(|part| item.get(&part.name));
            if let (Some(condition), Some(value)) = (wish.sort, sort)
                && !condition.holds(value)
            {
                continue;
            }
            page.scanned += 1;
            page.size_bytes += item_size_bytes(&item);
            let is_full = page.scanned >= limit || page.size_bytes >= PAGE_BYTES_MAX;
            page.last = is_full.then(|| key::of(wish.table, &item));
            if wish.filter.is_none_or(|filter| filter.holds(&item)) {
                page.count += 1;
                if !wish.count_only {
                    page.items.push(match wish.projection {
                        Some(projection) => projection.project(&item),
                        None => item,
                    });
                }
            }
            if is_full {
                break;
            }
        }
        Ok(page)
    }
}
