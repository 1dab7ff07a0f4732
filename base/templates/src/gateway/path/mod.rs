//! JSONPath as API Gateway's `$input` takes it: the dialect of Jayway's library, on values of the language.
//!
//! It is written here, because the crates that there are follow RFC 9535, which refuses what templates contain (`$.x-y`,
//! `$.list.length()`, a path without its `$`), and work on values of their own: what a template gets must be values that
//! it can change. A path that names one place finds that, or nothing; one that may find several finds a list.

mod filter;
mod read;

use std::sync::Arc;

use crate::error::Thrown;
use crate::value::{Heap, Value};
use filter::Filter;

/// How long a path may be.
const PATH_BYTES_MAX: usize = 4096;

/// What a path finds, if it finds anything.
pub(super) fn find(path: &str, root: &Value, heap: &mut Heap) -> Result<Option<Value>, Thrown> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Thrown::new(format!("a path has more than {PATH_BYTES_MAX} bytes")));
    }
    heap.work(path.len() / 8)?;
    find_read(&read::path(path)?, root, root, heap)
}

fn find_read(path: &[Segment], from: &Value, root: &Value, heap: &mut Heap) -> Result<Option<Value>, Thrown> {
    let mut found = vec![from.clone()];
    for segment in path {
        found = segment.apply(found, root, heap)?;
    }
    if path.iter().all(Segment::is_definite) {
        return Ok(found.into_iter().next());
    }
    heap.json_list(found).map(Some)
}

/// A step of a path.
#[derive(Debug)]
enum Segment {
    Names(Vec<Arc<str>>),
    Indexes(Vec<i64>),
    All,
    /// From, to and by how many.
    Slice(Option<i64>, Option<i64>, i64),
    Filter(Filter),
    /// Everything in what was found, and that itself.
    Descent,
    /// How many members there are.
    Length,
}

impl Segment {
    fn is_definite(&self) -> bool {
        match self {
            Segment::Names(names) => names.len() == 1,
            Segment::Indexes(indexes) => indexes.len() == 1,
            Segment::Length => true,
            Segment::All | Segment::Slice(..) | Segment::Filter(_) | Segment::Descent => false,
        }
    }

    fn apply(&self, values: Vec<Value>, root: &Value, heap: &mut Heap) -> Result<Vec<Value>, Thrown> {
        let mut found = Vec::new();
        for value in values {
            let before = found.len();
            self.apply_to(&value, root, heap, &mut found)?;
            heap.work(1)?;
            heap.spend_values(found.len() - before)?;
        }
        Ok(found)
    }

    fn apply_to(
        &self,
        value: &Value,
        root: &Value,
        heap: &mut Heap,
        found: &mut Vec<Value>,
    ) -> Result<(), Thrown> {
        match (self, value) {
            (Segment::Names(names), Value::Map(map)) => {
                found.extend(names.iter().filter_map(|name| heap.member(*map, name)).cloned());
            }
            (Segment::Indexes(indexes), Value::List(list)) => {
                let items = heap.items(*list);
                let places = indexes.iter().filter_map(|index| place(*index, items.len()));
                found.extend(places.filter_map(|place| items.get(place)).cloned());
            }
            (Segment::All, _) => found.extend(members(value, heap)?),
            (Segment::Slice(from, to, by), Value::List(list)) => {
                let items = heap.items(*list);
                let bound =
                    |index: i64| place(index, items.len()).unwrap_or(if index < 0 { 0 } else { items.len() });
                let (from, to) = (from.map_or(0, bound), to.map_or(items.len(), bound));
                let by = usize::try_from(*by).unwrap_or(1).max(1);
                found.extend(items.get(from..to).into_iter().flatten().step_by(by).cloned());
            }
            (Segment::Filter(filter), Value::List(_)) => {
                for member in members(value, heap)? {
                    if filter.holds(&member, root, heap)? {
                        found.push(member);
                    }
                }
            }
            (Segment::Filter(filter), Value::Map(_)) if filter.holds(value, root, heap)? => {
                found.push(value.clone())
            }
            (Segment::Descent, _) => descend(value, heap, found)?,
            (Segment::Length, Value::List(list)) => found.push(Value::count(heap.items(*list).len())),
            (Segment::Length, Value::Map(map)) => {
                found.push(Value::count(heap.members(*map).map_or(0, |members| members.len())));
            }
            _ => {}
        }
        Ok(())
    }
}

/// The place of an index, which counts from the end if it is negative.
fn place(index: i64, count: usize) -> Option<usize> {
    let distance = usize::try_from(index.unsigned_abs()).ok()?;
    if index < 0 { count.checked_sub(distance) } else { Some(distance).filter(|place| *place < count) }
}

fn members(value: &Value, heap: &Heap) -> Result<Vec<Value>, Thrown> {
    let members: Vec<Value> = match value {
        Value::List(list) => heap.items(*list).to_vec(),
        Value::Map(map) => heap.members(*map).into_iter().flatten().map(|(_, value)| value.clone()).collect(),
        _ => Vec::new(),
    };
    heap.work(members.len())?;
    Ok(members)
}

/// In the order of the text. A value that a template made to contain itself has no end, and is given up with its steps.
fn descend(value: &Value, heap: &mut Heap, found: &mut Vec<Value>) -> Result<(), Thrown> {
    let mut waiting = vec![value.clone()];
    while let Some(value) = waiting.pop() {
        heap.work(1)?;
        waiting.extend(members(&value, heap)?.into_iter().rev());
        found.push(value);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
