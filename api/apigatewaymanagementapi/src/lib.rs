//! The API of ApiGatewayManagementApi: types, schemas, operations and errors, generated from `apis/apigatewaymanagementapi.json`.
//!
//! Nothing here is written by hand; `services/apigatewaymanagementapi/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
