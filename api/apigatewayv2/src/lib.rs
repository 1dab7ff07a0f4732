//! The API of API Gateway v2: types, schemas, operations and errors, generated from `apis/apigatewayv2.json`.
//!
//! Nothing here is written by hand; `services/apigatewayv2/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
