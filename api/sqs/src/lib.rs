//! The API of SQS: types, schemas, operations and errors, generated from `apis/sqs.json`.
//!
//! Nothing here is written by hand; `services/sqs/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
