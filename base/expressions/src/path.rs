//! Document paths: where in an item a value stands. Never a placeholder: names are resolved.

use std::fmt;

use crate::value::{Item, Value};

/// A step from a value to one inside it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// To the value of that name in a map.
    Name(String),
    /// To the element of that index in a list, the first of which is 0.
    Index(usize),
}

/// A document path, ordered by attribute and then step by step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    attribute: String,
    steps: Vec<Step>,
}

/// How two paths stand in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clash {
    /// One is the other, or leads to it.
    Overlap,
    /// One takes a value for a map, the other takes it for a list.
    Conflict,
}

impl Path {
    /// The path that goes these steps from an attribute.
    pub fn new(attribute: String, steps: Vec<Step>) -> Self {
        Self { attribute, steps }
    }

    /// The top-level attribute that the path begins with.
    pub fn attribute(&self) -> &str {
        &self.attribute
    }

    /// The steps into the attribute's value; none when the path is the attribute itself.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The value at the path.
    pub fn find<'i>(&self, item: &'i Item) -> Option<&'i Value> {
        self.steps.iter().try_fold(item.get(&self.attribute)?, |value, step| child(value, step))
    }

    fn clash(&self, other: &Self) -> Option<Clash> {
        if self.attribute != other.attribute {
            return None;
        }
        for pair in self.steps.iter().zip(&other.steps) {
            match pair {
                (Step::Name(left), Step::Name(right)) if left == right => {}
                (Step::Index(left), Step::Index(right)) if left == right => {}
                (Step::Name(_), Step::Name(_)) | (Step::Index(_), Step::Index(_)) => return None,
                _ => return Some(Clash::Conflict),
            }
        }
        Some(Clash::Overlap)
    }
}

/// The value one step inside a value.
pub(crate) fn child<'i>(value: &'i Value, step: &Step) -> Option<&'i Value> {
    match (value, step) {
        (Value::M(map), Step::Name(name)) => map.get(name),
        (Value::L(list), Step::Index(index)) => list.get(*index),
        _ => None,
    }
}

/// As messages show paths: `[attribute, name, [index]]`.
impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{}", self.attribute)?;
        for step in &self.steps {
            match step {
                Step::Name(name) => write!(formatter, ", {name}")?,
                Step::Index(index) => write!(formatter, ", [{index}]")?,
            }
        }
        formatter.write_str("]")
    }
}

/// Checks that no two of the paths overlap or conflict.
pub(crate) fn check_apart(paths: &[&Path]) -> Result<(), String> {
    // Paths that clash have a clash between neighbours once sorted, so the search for the first pair in the order
    // of the expression is only made when there is one.
    let mut sorted = paths.to_vec();
    sorted.sort_unstable();
    if sorted.windows(2).all(|pair| pair[0].clash(pair[1]).is_none()) {
        return Ok(());
    }
    let first = |clash, what| {
        let pairs =
            paths.iter().enumerate().flat_map(|(at, two)| paths[..at].iter().map(move |one| (one, two)));
        let mut pairs = pairs.filter(|(one, two)| one.clash(two) == Some(clash));
        pairs.next().map_or(Ok(()), |(one, two)| {
            Err(format!(
                "Two document paths {what} with each other; must remove or rewrite one of these paths; path one: \
                 {one}, path two: {two}"
            ))
        })
    };
    first(Clash::Overlap, "overlap")?;
    first(Clash::Conflict, "conflict")
}
