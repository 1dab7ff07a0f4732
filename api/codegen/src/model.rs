//! The part of an API that code is made for, and the Rust name of everything in it.

use std::collections::BTreeMap;

use crate::facts::{Facts, Member, Operation, Shape};
use crate::names::{Taken, pascal, shouting, snake};
use crate::reach::{Reach, Uses};
use crate::{Error, Written};

/// The part of an API that code is made for.
pub(crate) struct Model<'a> {
    pub(crate) facts: &'a Facts,
    /// The written operations, by name.
    pub(crate) operations: BTreeMap<&'a str, &'a Operation>,
    /// The errors that they name.
    pub(crate) errors: Vec<&'a str>,
    /// The shapes that the service keeps in its records.
    pub(crate) kept: Vec<&'a str>,
    /// Type aliases: what operations call a type that has another name.
    pub(crate) aliases: Vec<(String, String)>,
    /// Shapes whose types the crate has beside the code.
    by_hand: &'a [&'a str],
    reach: Reach<'a>,
    types: BTreeMap<&'a str, String>,
    statics: BTreeMap<&'a str, String>,
}

/// A side of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Input,
    Output,
}

impl Side {
    pub(crate) const BOTH: [Side; 2] = [Side::Input, Side::Output];

    /// The shape of this side of an operation.
    pub(crate) fn of(self, operation: &Operation) -> Option<&str> {
        match self {
            Side::Input => operation.input.as_deref(),
            Side::Output => operation.output.as_deref(),
        }
    }

    /// `SendMessageInput`.
    pub(crate) fn type_name(self, operation: &str) -> String {
        let side = match self {
            Side::Input => "Input",
            Side::Output => "Output",
        };
        format!("{}{side}", pascal(operation))
    }
}

impl<'a> Model<'a> {
    /// Takes what the written operations need from the facts.
    pub(crate) fn new(facts: &'a Facts, written: &Written, by_hand: &'a [&'a str]) -> Result<Self, Error> {
        if let Some(unknown) = written.operations().find(|name| !facts.operations.contains_key(*name)) {
            return Err(Error::Written(format!("{} has no operation {unknown}", facts.service_id)));
        }
        if let Some(unknown) = written.kept().find(|name| !facts.shapes.contains_key(*name)) {
            return Err(Error::Written(format!("{} has no shape {unknown}", facts.service_id)));
        }
        let kept: Vec<&str> =
            facts.shapes.keys().map(String::as_str).filter(|name| written.keeps(name)).collect();
        let operations: BTreeMap<_, _> = facts
            .operations
            .iter()
            .filter(|(name, _)| written.contains(name))
            .map(|(name, operation)| (name.as_str(), operation))
            .collect();
        let errors = errors_of(&operations);
        let inputs = operations.values().filter_map(|operation| operation.input.as_deref());
        let outputs = operations.values().filter_map(|operation| operation.output.as_deref());
        let detailed = errors.iter().copied().filter(|name| facts.shapes.get(*name).is_some_and(is_detailed));
        let reach = Reach::new(facts, inputs, outputs.chain(detailed), &kept);
        let mut taken = Taken::default();
        let statics = reach.names().map(|name| (name, taken.take(shouting(name)))).collect();
        let (aliases, types) = (Vec::new(), BTreeMap::new());
        let mut model = Model { facts, operations, errors, kept, aliases, by_hand, reach, types, statics };
        model.name_types();
        Ok(model)
    }

    /// A shape at the top of one operation alone is called after it; any other keeps its name, and operations that have
    /// it at their top get aliases.
    fn name_types(&mut self) {
        let mut taken = Taken::default();
        let mut tops: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, operation) in &self.operations {
            taken.take(pascal(name));
            for side in Side::BOTH {
                let type_name = taken.take(side.type_name(name));
                if let Some(shape) = side.of(operation) {
                    tops.entry(shape).or_default().push(type_name);
                }
            }
        }
        for name in self.reach.names() {
            let roles = tops.remove(name).unwrap_or_default();
            let own = pascal(name);
            let type_name = match roles.as_slice() {
                [only] if !self.reach.uses(name).nested => only.clone(),
                // The shape is called like one of its roles already.
                [..] if roles.contains(&own) => own,
                [..] if taken.contains(&own) => taken.take(format!("{own}Shape")),
                [..] => taken.take(own),
            };
            let aliases = roles.into_iter().filter(|role| *role != type_name);
            self.aliases.extend(aliases.map(|role| (role, type_name.clone())));
            self.types.insert(name, type_name);
        }
    }

    /// The shapes that code is needed for, by name, each with what it is needed for.
    pub(crate) fn shapes(&self) -> impl Iterator<Item = (&'a str, &'a Shape, Uses)> {
        self.reach
            .names()
            .filter_map(|name| Some((name, self.facts.shapes.get(name)?, self.reach.uses(name))))
    }

    /// The shapes that become types, by name: those whose values are read or written.
    pub(crate) fn typed(&self) -> impl Iterator<Item = (&'a str, &'a Shape, Uses)> {
        self.shapes().filter(|(name, _, uses)| (uses.read || uses.written) && !self.is_by_hand(name))
    }

    /// Whether the type of a shape is written by hand.
    pub(crate) fn is_by_hand(&self, shape: &str) -> bool {
        self.by_hand.contains(&shape)
    }

    /// A shape, when there is one of that name.
    pub(crate) fn shape(&self, name: &str) -> Option<&'a Shape> {
        self.facts.shapes.get(name)
    }

    /// The type of a shape that becomes a type of its own.
    pub(crate) fn type_name(&self, shape: &str) -> &str {
        self.types.get(shape).map_or("", String::as_str)
    }

    /// The static of a shape, in the module of schemas.
    pub(crate) fn static_name(&self, shape: &str) -> &str {
        self.statics.get(shape).map_or("", String::as_str)
    }

    /// Whether the text of a value of this shape must not be shown: it is sensitive, or holds what is. Structures see to
    /// that themselves.
    pub(crate) fn hides(&self, shape: &str) -> bool {
        let Some(shape) = self.shape(shape) else { return false };
        let inside = || shape.member.iter().chain(&shape.value).any(|inside| self.hides(&inside.shape));
        shape.sensitive || (!shape.is_structure() && inside())
    }
}

/// The errors of some operations, each once, by name.
fn errors_of<'a>(operations: &BTreeMap<&str, &'a Operation>) -> Vec<&'a str> {
    let mut errors: Vec<&str> =
        operations.values().flat_map(|operation| operation.errors.iter().map(String::as_str)).collect();
    errors.sort_unstable();
    errors.dedup();
    errors
}

/// Whether an error says more than a message.
pub(crate) fn is_detailed(error: &Shape) -> bool {
    error.members.iter().any(|member| !member.name.eq_ignore_ascii_case("message"))
}

/// The fields or variants of a shape's members, in order, each name once.
pub(crate) fn member_names(shape: &Shape, name: fn(&str) -> String) -> Vec<String> {
    let mut taken = Taken::default();
    shape.members.iter().map(|member| taken.take(name(&member.name))).collect()
}

/// The field of each member.
pub(crate) fn fields(shape: &Shape) -> impl Iterator<Item = (&Member, String)> {
    shape.members.iter().zip(member_names(shape, snake))
}
