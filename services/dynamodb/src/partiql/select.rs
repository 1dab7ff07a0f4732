//! SELECT: one item, some ranges of partitions, or everything.

use std::ops::Range;

use api_dynamodb as api;
use expressions::stored::StoredItem;
use expressions::{Condition, Item, Path};
use partiql::{Expr, Meaning, Order, Projection, Select};
use service::{Result, View};
use store::Direction;
use wire::Fault;

use super::plan::{Branch, Keys, column};
use super::projected::lacking;
use super::token::{Position, Tokens};
use super::{Prepared, refused};
use crate::capacity::Consumed;
use crate::index::Index;
use crate::page::{PAGE_BYTES_MAX, Page, Wish};
use crate::source::Source;
use crate::table::Table;
use crate::{attribute, capacity, errors, key, stored, table, throttle};

pub(super) fn execute(
    view: &View<'_>,
    prepared: &Prepared,
    wanted: &Select,
    input: &api::ExecuteStatementInput,
) -> Result<api::ExecuteStatementOutput> {
    let columns = Columns::of(&wanted.projection)?;
    let meaning = prepared.meaning()?;
    let filter = wanted.filter.as_ref().map(|filter| meaning.condition(filter));
    let filter = filter.transpose().map_err(refused)?;
    let table = table::find(&**view, &view.scope(), &wanted.source.table)?;
    let consistent = input.consistent_read == Some(true);
    let source = source(&table, wanted.source.index.as_deref(), consistent)?;
    let plan = Plan::of(source, wanted, meaning)?;
    let needs_items = columns.need_items(source)?;
    let tokens = Tokens::of(view, prepared);
    let position = tokens.open(input.next_token.as_deref())?;
    let mut reading = Reading {
        items: Vec::new(),
        consumed: Consumed::default(),
        left: input.limit,
        bytes: 0,
        needs_items,
        consistent,
    };
    let (next, last) = reading.run(view, &plan, filter.as_ref(), position)?;
    throttle::take(view.context, &table, &reading.consumed, throttle::Kind::Read)?;
    let wanted = input.return_consumed_capacity.as_ref();
    let items = reading.items.into_iter().map(|item| columns.shown(item)).collect::<Result<_>>()?;
    Ok(api::ExecuteStatementOutput {
        items: Some(items),
        next_token: next.map(|next| tokens.seal(&next)),
        last_evaluated_key: last.map(attribute::key),
        consumed_capacity: capacity::shown(wanted, &table, reading.consumed),
    })
}

/// What is read. PartiQL refuses an index in other words than Query does.
fn source<'a>(table: &'a Table, index: Option<&str>, consistent: bool) -> Result<Source<'a>, Fault> {
    match index.map(|index| table.index(index)) {
        Some(None) => Err(errors::invalid("The table does not have the specified index")),
        Some(Some(index)) if index.is_global() && consistent => {
            Err(errors::invalid("Strongly consistent read is not supported on Global Secondary Indexes"))
        }
        found => {
            let is_composite = found.flatten().is_some_and(Index::is_composite);
            errors::refuse(&[("a statement on an index with several attributes of a key", is_composite)])?;
            Source::find(table, index, consistent)
        }
    }
}

/// What is shown of items: all, or the values at paths, by what those end in.
pub(super) struct Columns(Option<Vec<(String, Path)>>);

impl Columns {
    pub(super) fn of(projection: &Projection) -> Result<Self, Fault> {
        let Projection::Paths(paths) = projection else { return Ok(Columns(None)) };
        let mut columns: Vec<(String, Path)> = Vec::with_capacity(paths.len());
        for path in paths {
            let name = column(path);
            if columns.iter().any(|(known, _)| *known == name) {
                return Err(errors::invalid(format!("Duplicate identifiers in select clause: {name}")));
            }
            columns.push((name, path.clone()));
        }
        Ok(Columns(Some(columns)))
    }

    /// Whether they are not all in an index, so that each item is read from the table too.
    fn need_items(&self, source: Source<'_>) -> Result<bool, Fault> {
        let (Columns(Some(columns)), Some(index)) = (self, source.index) else { return Ok(false) };
        let attributes = columns.iter().map(|(_, path)| path.attribute());
        let lacking: Vec<_> =
            attributes.filter(|attribute| !index.projects(source.table, attribute)).collect();
        if index.is_global() && !lacking.is_empty() {
            return Err(errors::invalid_values(format_args!(
                "Global secondary index {} does not project [{}]",
                index.name,
                lacking.join(", ")
            )));
        }
        Ok(!lacking.is_empty())
    }

    pub(super) fn shown(&self, item: StoredItem) -> Result<api::AttributeMap> {
        let Columns(Some(columns)) = self else { return Ok(item.into()) };
        let item = stored::item(&item)?;
        let found = columns.iter().filter_map(|(name, path)| Some((name.clone(), path.find(&item)?.clone())));
        Ok(found.collect::<Item>().into())
    }
}

/// The key of a table, for plans.
pub(super) fn keys_of(table: &Table) -> Keys<'_> {
    Keys { partition: &table.partition, sort: table.sort.as_ref() }
}

/// What is read, in which order.
struct Plan<'a> {
    source: Source<'a>,
    reads: Vec<Read>,
    direction: Direction,
}

/// One read.
struct Read {
    range: Range<Vec<u8>>,
    /// One item is there at most, so nothing goes on behind it.
    is_single: bool,
}

impl<'a> Plan<'a> {
    fn of(source: Source<'a>, wanted: &Select, meaning: Meaning<'_>) -> Result<Self, Fault> {
        let keys = Keys { partition: source.partition(), sort: source.sort() };
        let branches = wanted.filter.as_ref().map(|filter| keys.branches(meaning, filter));
        let mut branches = branches.transpose().map_err(refused)?.flatten();
        let direction = match (&wanted.order[..], &mut branches) {
            ([], _) => Direction::Forward,
            (order, branches) => sort(keys, order, wanted.filter.is_some(), branches.as_mut())?,
        };
        let reads = match branches {
            None => vec![Read { range: source.whole(), is_single: false }],
            Some(branches) => {
                check_filter(source, keys, wanted.filter.as_ref())?;
                branches.iter().map(|branch| Read::of(source, branch)).collect()
            }
        };
        Ok(Plan { source, reads, direction })
    }
}

/// Where the key of an index is set, the rest of the condition must be in the index too.
fn check_filter(source: Source<'_>, keys: Keys<'_>, filter: Option<&Expr>) -> Result<(), Fault> {
    let (Some(index), Some(filter)) = (source.index, filter) else { return Ok(()) };
    let lacking = lacking(keys, filter, &|attribute| index.projects(source.table, attribute));
    if lacking.is_empty() {
        return Ok(());
    }
    Err(errors::invalid_values(format_args!(
        "Secondary index {} does not project one or more filter attributes: [{}]",
        index.name,
        lacking.join(", ")
    )))
}

impl Read {
    fn of(source: Source<'_>, branch: &Branch) -> Self {
        let range = branch.sort.within(&source.partition_at(&key::bytes(&branch.partition)));
        let is_one = source.sort().is_none() || branch.sort.is_only();
        Read { range, is_single: is_one && source.index.is_none() }
    }
}

/// Brings the reads into the order that is wanted.
fn sort(
    keys: Keys<'_>,
    order: &[Order],
    has_filter: bool,
    branches: Option<&mut Vec<Branch>>,
) -> Result<Direction, Fault> {
    if !has_filter {
        return Err(errors::invalid("Must have WHERE clause in the statement when using ORDER BY clause."));
    }
    let branches = branches.ok_or_else(|| {
        errors::invalid(
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        )
    })?;
    let (mut by_partition, mut by_sort) = (None, None);
    for Order { by, is_descending } in order {
        let is = |name: &str| by.steps().is_empty() && by.attribute() == name;
        if is(&keys.partition.name) {
            by_partition = Some(*is_descending);
        } else if keys.sort.is_some_and(|part| is(&part.name)) {
            by_sort = Some(*is_descending);
        } else {
            let name = by.attribute();
            return Err(errors::invalid(format!(
                "Variable reference {name} in ORDER BY clause must be part of the primary key"
            )));
        }
    }
    let is_one = branches.iter().all(|branch| branch.partition == branches[0].partition);
    if by_partition.is_none() && !is_one {
        return Err(errors::invalid(
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ));
    }
    let is_backward = by_sort.unwrap_or_default();
    branches.sort_by(|one, other| {
        let partitions = key::bytes(&one.partition).cmp(&key::bytes(&other.partition));
        let sorts = one.sort.start().cmp(other.sort.start());
        let turned = |order: std::cmp::Ordering, is_turned| if is_turned { order.reverse() } else { order };
        turned(partitions, by_partition.unwrap_or_default()).then(turned(sorts, is_backward))
    });
    Ok(if is_backward { Direction::Backward } else { Direction::Forward })
}

/// What has been read so far.
struct Reading {
    items: Vec<StoredItem>,
    consumed: Consumed,
    /// How many items may still be read.
    left: Option<i32>,
    bytes: usize,
    needs_items: bool,
    consistent: bool,
}

impl Reading {
    /// Reads on from a position, as much as a page has: where the next one goes on, and the key of the last item.
    fn run(
        &mut self,
        view: &View<'_>,
        plan: &Plan<'_>,
        filter: Option<&Condition>,
        position: Position,
    ) -> Result<(Option<Position>, Option<Item>)> {
        let mut behind = position.behind;
        for (number, read) in plan.reads.iter().enumerate().skip(position.read) {
            if self.left == Some(0) || self.bytes >= PAGE_BYTES_MAX {
                return Ok((Some(Position { read: number, behind: None }), None));
            }
            let range = rest(&read.range, plan.direction, behind.take())?;
            let wish = Wish {
                source: plan.source,
                range,
                direction: plan.direction,
                sort: None,
                filter,
                projection: None,
                limit: self.left,
                count_only: false,
                needs_items: self.needs_items,
                consistent: self.consistent,
            };
            let page = Page::read(view, &wish)?;
            let Page { size_bytes, fetched_units, .. } = page;
            self.consumed += capacity::read(&plan.source, size_bytes, fetched_units, self.consistent);
            self.left = self.left.map(|left| left - page.scanned);
            self.bytes += page.size_bytes;
            self.items.extend(page.items);
            if let Some(last) = page.last.filter(|_| !read.is_single) {
                let place = Vec::from(plan.source.place(&last)?);
                return Ok((Some(Position { read: number, behind: Some(place) }), Some(last)));
            }
        }
        Ok((None, None))
    }
}

/// What is left of a range behind a place.
fn rest(
    range: &Range<Vec<u8>>,
    direction: Direction,
    behind: Option<Vec<u8>>,
) -> Result<Range<Vec<u8>>, Fault> {
    let Some(mut place) = behind else { return Ok(range.clone()) };
    if !range.contains(&place) {
        return Err(errors::invalid("Invalid NextToken"));
    }
    Ok(match direction {
        Direction::Forward => {
            place.push(0);
            place..range.end.clone()
        }
        Direction::Backward => range.start.clone()..place,
    })
}
