//! The API of DynamoDB: types, schemas, operations and errors, generated from `apis/dynamodb.json`.
//!
//! By hand there are values and items alone, which nearly every request has: [`AttributeValue`] as it comes in, and
//! [`AttributeMap`] as it goes out. `services/dynamodb/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

mod items;
mod values;

pub use items::AttributeMap;
pub use values::AttributeValue;

include!(concat!(env!("OUT_DIR"), "/api.rs"));

#[cfg(test)]
mod tests;
