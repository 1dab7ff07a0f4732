//! DynamoDB's values and its whole expression language.
//!
//! Pure: it never reads a store, a clock or a wire format. Follows "Using expressions in DynamoDB" of the developer
//! guide; every refusal is an [`Error`] with the message of DynamoDB's `ValidationException`.

mod error;
pub mod number;
pub mod value;

pub use error::Error;
pub use number::Number;
pub use value::{Item, Type, Value};
