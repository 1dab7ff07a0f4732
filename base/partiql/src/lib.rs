//! PartiQL, as DynamoDB speaks it.
//!
//! A text is [parsed](parse) into a [`Statement`], which knows no table and no values of parameters. With those
//! ([`Meaning`]) its conditions, updates and values become the ones of `base/expressions`, which alone looks at items:
//!
//! ```
//! use expressions::{Item, Value};
//! use cloudlet_partiql::{Meaning, Statement, parse};
//!
//! fn is_wanted(text: &str, parameters: &[Value], item: &Item) -> Result<bool, cloudlet_partiql::Error> {
//!     let (statement, count) = parse(text)?;
//!     let meaning = Meaning::of(parameters, count)?;
//!     let Statement::Select(select) = statement else { return Ok(false) };
//!     let filter = select.filter.map(|filter| meaning.condition(&filter)).transpose()?;
//!     Ok(filter.is_none_or(|filter| filter.holds(item)))
//! }
//!
//! let item = Item::from([("rank".to_owned(), Value::N(7.into()))]);
//! let text = "SELECT * FROM \"ships\" WHERE rank BETWEEN 5 AND ?";
//! assert_eq!(is_wanted(text, &[Value::N(9.into())], &item), Ok(true));
//! ```
//!
//! Pure: never reads a store, a clock or a wire format. Follows "PartiQL - a SQL-compatible query language for Amazon
//! DynamoDB" of the developer guide; every refusal is an [`Error`] with the message of DynamoDB's `ValidationException`.

mod ast;
mod error;
mod lexer;
mod meaning;
mod parser;
mod print;
mod words;

pub use ast::{
    At, Change, Delete, Expr, Insert, Kind, Operator, Order, Projection, Returning, Select, Source,
    Statement, Update,
};
pub use error::Error;
pub use meaning::Meaning;
pub use parser::parse;
