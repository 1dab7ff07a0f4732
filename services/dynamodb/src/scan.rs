//! Scan: a whole table, or one of several segments of it.

use std::ops::Range;

use api_dynamodb as api;
use service::{Result, View};
use store::Direction;
use wire::Fault;

use crate::page::{self, Page, Wish};
use crate::source::Source;
use crate::terms::{self, Terms};
use crate::{attribute, capacity, errors, table, throttle};

/// Why a starting key of another segment is refused.
const OUTSIDE: &str = "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment.";

pub(crate) fn scan(view: &View<'_>, input: &api::ScanInput) -> Result<api::ScanOutput> {
    let terms = terms::of_scan(input)?;
    let projecting =
        terms::projecting(input.projection_expression.as_deref(), input.attributes_to_get.as_deref());
    let count_only = page::counts_only(input.select.as_ref(), projecting)?;
    let segment = segment(input.segment, input.total_segments)?;
    let table = table::find(&**view, &view.scope(), &input.table_name)?;
    let consistent = input.consistent_read == Some(true);
    let source = Source::find(&table, input.index_name.as_deref(), consistent)?;
    terms.check(&source)?;
    let Terms { filter, projection } = terms;
    let mut range = range(source, segment);
    page::start_after(source, &mut range, Direction::Forward, input.exclusive_start_key.as_ref(), OUTSIDE)?;
    let page = Page::read(
        view,
        &Wish {
            source,
            range,
            direction: Direction::Forward,
            sort: None,
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
    Ok(api::ScanOutput {
        items: (!count_only).then(|| page.items.into_iter().map(api::AttributeMap::from).collect()),
        count: Some(page.count),
        scanned_count: Some(page.scanned),
        last_evaluated_key: page.last.map(attribute::key),
        consumed_capacity: capacity::shown(wanted, &table, consumed),
    })
}

/// Which segment of how many.
fn segment(segment: Option<i32>, total: Option<i32>) -> Result<(u64, u64), Fault> {
    let of = |value: i32| u64::try_from(value).unwrap_or_default();
    match (segment, total) {
        (None, None) => Ok((0, 1)),
        (Some(segment), Some(total)) if segment < total => Ok((of(segment), of(total).max(1))),
        (Some(segment), Some(total)) => Err(errors::invalid(format!(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not \
             less than TotalSegments: {total}"
        ))),
        (Some(_), None) => Err(errors::invalid(
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
        )),
        (None, Some(_)) => Err(errors::invalid(
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
        )),
    }
}

/// The items whose hashes are in the segment.
fn range(source: Source<'_>, (segment, total): (u64, u64)) -> Range<Vec<u8>> {
    let whole = source.whole();
    let first_hash = |segment: u64| (u128::from(segment) << 64) / u128::from(total);
    let at = |segment: u64| {
        let hash = u64::try_from(first_hash(segment)).unwrap_or(u64::MAX);
        Vec::from(source.hash(hash.to_be_bytes()))
    };
    let start = if segment == 0 { whole.start } else { at(segment) };
    let end = if segment + 1 == total { whole.end } else { at(segment + 1) };
    start..end
}
