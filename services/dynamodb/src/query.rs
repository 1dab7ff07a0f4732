//! Query: a partition, or a range of it.

use std::ops::Range;

use api_dynamodb as api;
use expressions::{CompositeCondition, Condition, KeyConditions, RangeCondition, Value};
use service::{Result, View};
use store::Direction;

use crate::page::{self, Page, Wish};
use crate::source::Source;
use crate::table::KeyPart;
use crate::terms::{self, Terms};
use crate::{attribute, capacity, errors, key, table, throttle};

/// Why a starting key is refused that the key condition does not reach.
const OUTSIDE: &str = "The provided starting key is outside query boundaries based on provided conditions";

pub(crate) fn query(view: &View<'_>, input: &api::QueryInput) -> Result<api::QueryOutput> {
    let (conditions, terms) = terms::of_query(input)?;
    let projecting =
        terms::projecting(input.projection_expression.as_deref(), input.attributes_to_get.as_deref());
    let count_only = page::counts_only(input.select.as_ref(), projecting)?;
    let table = table::find(&**view, &view.scope(), &input.table_name)?;
    let consistent = input.consistent_read == Some(true);
    let source = Source::find(&table, input.index_name.as_deref(), consistent)?;
    let condition = of_source(source, conditions).map_err(errors::of_expression)?;
    terms.check(&source)?;
    let Terms { filter, projection } = terms;
    check_filter(source, filter.as_ref(), input.query_filter.is_some())?;
    source.check_filter(filter.as_ref())?;
    let is_forward = input.scan_index_forward.unwrap_or(true);
    let direction = if is_forward { Direction::Forward } else { Direction::Backward };
    let mut range = range(source, &condition);
    let sorts: Vec<&KeyPart> = source.sort_parts();
    page::start_after(source, &mut range, direction, input.exclusive_start_key.as_ref(), OUTSIDE)?;
    let page = Page::read(
        view,
        &Wish {
            source,
            range,
            direction,
            sort: condition.last.as_ref().zip(sorts.get(condition.sort.len()).copied()),
            filter: filter.as_ref(),
            projection: projection.as_ref(),
            limit: input.limit,
            count_only,
            needs_items: source.needs_items(input.select.as_ref(), terms::attributes(projection.as_ref()))?,
            consistent,
        },
    )?;
    let wanted = input.return_consumed_capacity.as_ref();
    let consumed = capacity::read(&source, page.size_bytes, page.fetched_units, consistent);
    throttle::take(view.context, &table, &consumed, throttle::Kind::Read)?;
    Ok(api::QueryOutput {
        items: (!count_only).then(|| page.items.into_iter().map(api::AttributeMap::from).collect()),
        count: Some(page.count),
        scanned_count: Some(page.scanned),
        last_evaluated_key: page.last.map(attribute::key),
        consumed_capacity: capacity::shown(wanted, &table, consumed),
    })
}

/// The conditions as ones on the key of a table or index.
fn of_source(
    source: Source<'_>,
    conditions: KeyConditions,
) -> Result<CompositeCondition, expressions::Error> {
    match source.index {
        Some(index) if index.is_composite() => {
            let partition: Vec<_> = index.partition_parts().map(KeyPart::attribute).collect();
            let sort: Vec<_> = index.sort_parts().map(KeyPart::attribute).collect();
            conditions.for_composite(&partition, &sort)
        }
        _ => {
            let sort = source.sort().map(KeyPart::attribute);
            conditions.for_key(source.partition().attribute(), sort).map(CompositeCondition::from)
        }
    }
}

/// What the key decides, no filter may.
fn check_filter(source: Source<'_>, filter: Option<&Condition>, is_legacy: bool) -> Result<()> {
    let paths = filter.map(Condition::paths).unwrap_or_default();
    let is_filtered = |part: &&KeyPart| paths.iter().any(|path| path.attribute() == part.name);
    match source.own_parts().into_iter().find(is_filtered) {
        Some(part) => {
            let what = if is_legacy { "QueryFilter" } else { "Filter Expression" };
            let rule = "can only contain non-primary key attributes: Primary key attribute";
            Err(errors::invalid(format!("{what} {rule}: {}", part.name)).into())
        }
        None => Ok(()),
    }
}

/// Where the items of a partition stand that can satisfy the condition; it is asked again of each.
fn range(source: Source<'_>, condition: &CompositeCondition) -> Range<Vec<u8>> {
    let values = condition.partition.iter().map(key::bytes).collect();
    let partition = source.partition_at(&key::joined(values));
    let partition = condition.sort.iter().fold(partition, |at, value| at.bytes(key::bytes(value)));
    let from = |value: &Value| Vec::from(partition.clone().bytes(key::bytes(value)));
    let behind = |value: &Value| behind_all(from(value));
    let whole = Vec::from(&partition)..behind_all(Vec::from(&partition));
    match &condition.last {
        None => whole,
        Some(RangeCondition::Eq(value)) => from(value)..behind(value),
        Some(RangeCondition::Lt(value)) => whole.start..from(value),
        Some(RangeCondition::Le(value)) => whole.start..behind(value),
        Some(RangeCondition::Gt(value)) => behind(value)..whole.end,
        Some(RangeCondition::Ge(value)) => from(value)..whole.end,
        Some(RangeCondition::Between(least, greatest)) => from(least)..behind(greatest),
        Some(RangeCondition::BeginsWith(value)) => from(value)..behind_prefix(from(value)),
    }
}

/// The least key behind this one and all that have more parts.
fn behind_all(mut key: Vec<u8>) -> Vec<u8> {
    // No part begins with it.
    key.push(0xff);
    key
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
