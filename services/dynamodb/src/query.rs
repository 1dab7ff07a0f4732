//! Query: a partition, or a range of it.

use std::ops::Range;

use api_dynamodb as api;
use expressions::{Condition, RangeCondition, Value};
use service::{Result, View};
use store::Direction;

use crate::page::{self, Page, Wish};
use crate::table::{KeyPart, Table};
use crate::terms::{self, Terms};
use crate::{attribute, capacity, errors, key, keys, table};

/// Why a starting key is refused that the key condition does not reach.
const OUTSIDE: &str = "The provided starting key is outside query boundaries based on provided conditions";

pub(crate) fn query(view: &View<'_>, input: &api::QueryInput) -> Result<api::QueryOutput> {
    errors::refuse(&[("IndexName", input.index_name.is_some())])?;
    let (conditions, terms) = terms::of_query(input)?;
    let projecting =
        terms::projecting(input.projection_expression.as_deref(), input.attributes_to_get.as_deref());
    let count_only = page::counts_only(input.select.as_ref(), projecting)?;
    let table = table::find(&**view, &view.scope(), &input.table_name)?;
    let sort = table.sort.as_ref().map(KeyPart::attribute);
    let condition = conditions.for_key(table.partition.attribute(), sort).map_err(errors::of_expression)?;
    terms.check(&table)?;
    let Terms { filter, projection } = terms;
    check_filter(&table, filter.as_ref(), input.query_filter.is_some())?;
    let is_forward = input.scan_index_forward.unwrap_or(true);
    let direction = if is_forward { Direction::Forward } else { Direction::Backward };
    let mut range = range(&table, &condition.partition, condition.sort.as_ref());
    page::start_after(&table, &mut range, direction, input.exclusive_start_key.as_ref(), OUTSIDE)?;
    let page = Page::read(
        view,
        &Wish {
            table: &table,
            range,
            direction,
            sort: condition.sort.as_ref(),
            filter: filter.as_ref(),
            projection: projection.as_ref(),
            limit: input.limit,
            count_only,
        },
    )?;
    let consistent = input.consistent_read == Some(true);
    let wanted = input.return_consumed_capacity.as_ref();
    Ok(api::QueryOutput {
        items: (!count_only).then(|| page.items.into_iter().map(attribute::shown).collect()),
        count: Some(page.count),
        scanned_count: Some(page.scanned),
        last_evaluated_key: page.last.map(attribute::shown),
        consumed_capacity: capacity::shown(wanted, &table, capacity::read_units(page.size_bytes, consistent)),
    })
}

/// What the key decides, no filter may.
fn check_filter(table: &Table, filter: Option<&Condition>, is_legacy: bool) -> Result<()> {
    let paths = filter.map(Condition::paths).unwrap_or_default();
    let is_filtered = |part: &&KeyPart| paths.iter().any(|path| path.attribute() == part.name);
    match table.key_parts().find(is_filtered) {
        Some(part) => {
            let what = if is_legacy { "QueryFilter" } else { "Filter Expression" };
            let rule = "can only contain non-primary key attributes: Primary key attribute";
            Err(errors::invalid(format!("{what} {rule}: {}", part.name)).into())
        }
        None => Ok(()),
    }
}

/// Where the items of a partition stand that can satisfy the condition; its exact bounds are checked on each.
fn range(table: &Table, partition: &Value, sort: Option<&RangeCondition>) -> Range<Vec<u8>> {
    let partition = keys::partition(&table.id, &key::bytes(partition));
    if table.sort.is_none() {
        let start: Vec<u8> = partition.into();
        let mut end = start.clone();
        end.push(0);
        return start..end;
    }
    let mut range = partition.prefix_range();
    let from = |value: &Value| Vec::from(partition.clone().bytes(key::bytes(value)));
    let behind = |value: &Value| {
        let mut end = from(value);
        end.push(0);
        end
    };
    match sort {
        None => {}
        Some(RangeCondition::Eq(value)) => range = from(value)..behind(value),
        Some(RangeCondition::Lt(value) | RangeCondition::Le(value)) => range.end = behind(value),
        Some(RangeCondition::Gt(value) | RangeCondition::Ge(value)) => range.start = from(value),
        Some(RangeCondition::Between(least, greatest)) => range = from(least)..behind(greatest),
        Some(RangeCondition::BeginsWith(value)) => {
            range.start = from(value);
            range.end = behind_prefix(from(value));
        }
    }
    range
}

/// The least key behind all whose value begins like this one's.
fn behind_prefix(mut key: Vec<u8>) -> Vec<u8> {
    // Without the end of the value, and with the last byte that can be one greater.
    key.pop();
    while key.pop_if(|last| *last == 0xff).is_some() {}
    if let Some(last) = key.last_mut() {
        *last += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use store::tuple::Key;

    use super::behind_prefix;

    #[test]
    fn every_value_that_begins_alike_is_before_the_bound() {
        let key = |bytes: &[u8]| Vec::from(Key::new().bytes(bytes));
        for prefix in [&b"a"[..], b"a\xff", b"a\xff\xff", b"a\x00", b"\xff"] {
            let bound = behind_prefix(key(prefix));
            for more in [&b""[..], b"\x00", b"x", b"\xff\xff\xff\xff"] {
                assert!(key(&[prefix, more].concat()) < bound, "{prefix:?} {more:?}");
            }
        }
        assert!(behind_prefix(key(b"a")) <= key(b"b"));
    }
}
