//! Event patterns: which JSON documents somebody wants.
//!
//! One language with a few dialects: filter policies of SNS and filters of Lambda's event sources today, rules of EventBridge
//! in time. A pattern is read once into conditions that are ready to be asked; what it refuses it says in AWS's words.
//!
//! Follows "Amazon SNS subscription filter policies" in the SNS developer guide. It knows nothing of where documents come
//! from, and writes none.

mod condition;
mod pattern;
mod wildcard;

pub use pattern::Pattern;
pub use wildcard::matches_pieces;

/// What a service allows in its patterns.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Whether objects may stand in objects.
    pub nests: bool,
    /// Keys of the outermost object.
    pub keys_max: usize,
    /// The product, over all lists of values, of their lengths and of how deep they stand.
    pub combinations_max: usize,
    /// Wildcards of the whole pattern.
    pub wildcards_max: usize,
}

impl Dialect {
    /// Filter policies of SNS on message attributes.
    pub const SNS_ATTRIBUTES: Dialect =
        Dialect { nests: false, keys_max: 5, combinations_max: 150, wildcards_max: 100 };
    /// Filter policies of SNS on message bodies.
    pub const SNS_BODY: Dialect = Dialect { nests: true, ..Dialect::SNS_ATTRIBUTES };
    /// Filters of Lambda's event sources, whose length alone is limited.
    pub const EVENT_SOURCES: Dialect =
        Dialect { nests: true, keys_max: usize::MAX, combinations_max: usize::MAX, wildcards_max: 100 };
}

/// Why a text is no pattern, in AWS's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Error(String);

impl Error {
    fn new(why: impl Into<String>) -> Self {
        Error(why.into())
    }
}

#[cfg(test)]
mod tests;
