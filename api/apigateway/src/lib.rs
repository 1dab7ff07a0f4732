//! The API of API Gateway: types, schemas, operations and errors, generated from `apis/apigateway.json`.
//!
//! Nothing here is written by hand; `services/apigateway/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
