//! JSON: bodies of awsJson 1.0 and 1.1, and of restJson1.

mod lexer;
mod reader;
mod writer;

pub(crate) use reader::{JsonReader, whole};
pub(crate) use writer::JsonWriter;
pub use writer::is_plain_in_json;

#[cfg(test)]
mod tests;
