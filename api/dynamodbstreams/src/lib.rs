//! The API of DynamoDB Streams: types, schemas, operations and errors, generated from `apis/dynamodbstreams.json`.
//!
//! Nothing here is written by hand; `services/dynamodb/src/dynamodbstreams/operations.txt` says for which operations there
//! are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
