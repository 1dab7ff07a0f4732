//! Projections: the part of an item that some document paths select.
//!
//! Follows "Projection expressions" of the developer guide. Never fails on an item: paths that lead nowhere select
//! nothing.

use std::collections::BTreeMap;

use crate::path::{Path, Step, child};
use crate::value::{Item, Value};

/// Document paths that select a part of an item.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// Sorted, so that paths with a common beginning stand together and elements of lists come in their order.
    paths: Vec<Path>,
}

impl Projection {
    /// A projection to paths of which none leads to another one.
    pub(crate) fn new(mut paths: Vec<Path>) -> Self {
        paths.sort_unstable();
        Self { paths }
    }

    /// A projection to whole attributes, such as the ones of a secondary index.
    pub fn of_attributes<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        let mut projection =
            Self::new(names.into_iter().map(|name| Path::new(name.into(), Vec::new())).collect());
        projection.paths.dedup();
        projection
    }

    /// The paths, sorted.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The selected part of the item. Selected elements of a list close up and keep their order; a map or list of
    /// which nothing is selected is left out.
    pub fn project(&self, item: &Item) -> Item {
        let groups = self.paths.chunk_by(|left, right| left.attribute() == right.attribute());
        let selected = groups.filter_map(|group| {
            let name = group.first()?.attribute();
            let steps: Vec<&[Step]> = group.iter().map(Path::steps).collect();
            Some((name.to_owned(), select(item.get(name)?, &steps)?))
        });
        selected.collect()
    }
}

/// The part of a value that sorted steps select; without steps, all of it.
fn select(value: &Value, steps: &[&[Step]]) -> Option<Value> {
    if steps.iter().any(|steps| steps.is_empty()) {
        return Some(value.clone());
    }
    let groups = steps.chunk_by(|left, right| left.first() == right.first());
    let selected = groups.filter_map(|group| {
        let step = group.first()?.first()?;
        let rest: Vec<&[Step]> = group.iter().map(|steps| &steps[1..]).collect();
        Some((step, select(child(value, step)?, &rest)?))
    });
    match value {
        Value::M(_) => {
            let name = |step: &Step| match step {
                Step::Name(name) => Some(name.clone()),
                Step::Index(_) => None,
            };
            let map: BTreeMap<String, Value> =
                selected.filter_map(|(step, value)| Some((name(step)?, value))).collect();
            (!map.is_empty()).then_some(Value::M(map))
        }
        Value::L(_) => {
            let list: Vec<Value> = selected.map(|(_, value)| value).collect();
            (!list.is_empty()).then_some(Value::L(list))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
