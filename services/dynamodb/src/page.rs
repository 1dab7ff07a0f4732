//! A page of a query or scan: what was read, what of it is shown, and where the next page begins.

use std::ops::Range;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use expressions::{Condition, Item, Projection, RangeCondition};
use service::{Result, View};
use store::{Direction, Reads as _};
use wire::Fault;

use crate::source::Source;
use crate::table::KeyPart;
use crate::{attribute, capacity, errors, key, stored};

/// What a page reads at most, in bytes.
pub(crate) const PAGE_BYTES_MAX: usize = 1 << 20;

/// What a page is to have.
pub(crate) struct Wish<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) range: Range<Vec<u8>>,
    pub(crate) direction: Direction,
    /// Items outside of it are not read.
    pub(crate) sort: Option<(&'a RangeCondition, &'a KeyPart)>,
    /// Items that it does not hold for are read, and not shown.
    pub(crate) filter: Option<&'a Condition>,
    pub(crate) projection: Option<&'a Projection>,
    pub(crate) limit: Option<i32>,
    /// Items are only counted.
    pub(crate) count_only: bool,
    /// Each item of an index is read from the table too.
    pub(crate) needs_items: bool,
    pub(crate) consistent: bool,
}

/// A page.
#[derive(Default)]
pub(crate) struct Page {
    pub(crate) items: Vec<StoredItem>,
    pub(crate) count: i32,
    pub(crate) scanned: i32,
    pub(crate) size_bytes: usize,
    /// Read units of what was read from the table besides an index.
    pub(crate) fetched_units: f64,
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
        (Some("ALL_PROJECTED_ATTRIBUTES"), Some(parameter)) => refused(parameter, "ALL_PROJECTED_ATTRIBUTES"),
        (Some("SPECIFIC_ATTRIBUTES"), None) => Err(errors::invalid(
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
        )),
        (select, _) => Ok(select == Some("COUNT")),
    }
}

/// Starts a range behind the key where the last page ended; a key that is not in the range is refused as `outside`.
pub(crate) fn start_after(
    source: Source<'_>,
    range: &mut Range<Vec<u8>>,
    direction: Direction,
    start: Option<&std::collections::BTreeMap<String, api::AttributeValue>>,
    outside: &str,
) -> Result<(), Fault> {
    let Some(start) = start else { return Ok(()) };
    let start = attribute::item(start)?;
    let place = source.place(&start).map_err(|fault| match source.index {
        None => errors::invalid(
            "The provided starting key is invalid: The provided key element does not match the schema",
        ),
        Some(_) => fault,
    })?;
    let mut place: Vec<u8> = place.into();
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
            let mut item = stored::read(&entry?.1)?;
            if is_outside(wish, &item)? {
                continue;
            }
            page.scanned += 1;
            page.size_bytes += item.size_bytes();
            let is_full = page.scanned >= limit || page.size_bytes >= PAGE_BYTES_MAX;
            if is_full {
                page.last = Some(wish.source.key_of(&stored::item(&item)?));
            }
            if wish.needs_items {
                item = page.fetch(view, wish, item)?;
            }
            page.show(wish, item)?;
            if is_full {
                break;
            }
        }
        Ok(page)
    }

    /// The whole item of an entry.
    fn fetch(&mut self, view: &View<'_>, wish: &Wish<'_>, entry: StoredItem) -> Result<StoredItem> {
        let place = key::place(wish.source.table, &stored::item(&entry)?);
        let item = stored::find(&**view, &place)?.unwrap_or(entry);
        self.fetched_units += capacity::read_units(item.size_bytes(), wish.consistent);
        Ok(item)
    }

    /// Takes in what is to be shown of an item that was read, if something is. Without terms nobody takes it apart.
    fn show(&mut self, wish: &Wish<'_>, item: StoredItem) -> Result<()> {
        let is_whole = wish.filter.is_none() && (wish.projection.is_none() || wish.count_only);
        let parts = if is_whole { None } else { Some(stored::item(&item)?) };
        let holds = |filter: &Condition| parts.as_ref().is_some_and(|item| filter.holds(item));
        if !wish.filter.is_none_or(holds) {
            return Ok(());
        }
        self.count += 1;
        if !wish.count_only {
            self.items.push(match (wish.projection, parts) {
                (Some(projection), Some(parts)) => StoredItem::of(&projection.project(&parts)),
                _ => item,
            });
        }
        Ok(())
    }
}

/// Whether an item stands in the range, and not in the condition: numbers and binaries of other lengths may.
fn is_outside(wish: &Wish<'_>, item: &StoredItem) -> Result<bool> {
    let Some((condition, part)) = wish.sort else { return Ok(false) };
    let value = stored::attribute(item, &part.name)?;
    Ok(value.is_some_and(|value| !condition.holds(&value)))
}
