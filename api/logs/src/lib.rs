//! The API of CloudWatch Logs: types, schemas, operations and errors, generated from `apis/logs.json`.
//!
//! Nothing here is written by hand; `services/logs/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
