//! DynamoDB's values and its whole expression language.
//!
//! A request's expressions are read through its [`Names`] and then applied to items:
//!
//! ```
//! use std::collections::BTreeMap;
//! use cloudlet_expressions::{Error, Item, Names, Value};
//!
//! fn count_up(item: &mut Item) -> Result<bool, Error> {
//!     let values = BTreeMap::from([(":one".to_owned(), Value::N(1.into()))]);
//!     let mut names = Names::new(None, Some(values))?;
//!     let condition = names.condition("ConditionExpression", "attribute_exists(visits)")?;
//!     let update = names.update("SET visits = visits + :one")?;
//!     names.finish()?;
//!     if !condition.holds(item) {
//!         return Ok(false);
//!     }
//!     update.apply(item)?;
//!     Ok(true)
//! }
//!
//! let mut item = Item::from([("visits".to_owned(), Value::N(41.into()))]);
//! assert_eq!(count_up(&mut item), Ok(true));
//! assert_eq!(item["visits"], Value::N(42.into()));
//! ```
//!
//! Pure: it never reads a store, a clock or a wire format. Follows "Using expressions in DynamoDB" of the developer
//! guide; every refusal is an [`Error`] with the message of DynamoDB's `ValidationException`.

mod ast;
mod build;
mod condition;
mod error;
mod key_condition;
pub mod legacy;
mod lexer;
mod names;
pub mod number;
mod parser;
mod path;
mod projection;
mod reserved;
mod resolve;
pub mod stored;
mod update;
pub mod value;

pub use ast::Comparator;
pub use build::{Assigned, Operand, Term, Updates};
pub use condition::Condition;
pub use error::Error;
pub use key_condition::{CompositeCondition, KeyAttribute, KeyCondition, KeyConditions, RangeCondition};
pub use names::Names;
pub use number::Number;
pub use path::{Path, Step};
pub use projection::Projection;
pub use update::{Touched, Update};
pub use value::{Item, Type, Value};
