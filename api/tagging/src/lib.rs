//! The API of Resource Groups Tagging API: types, schemas, operations and errors, generated from `apis/tagging.json`.
//!
//! Nothing here is written by hand; `services/tagging/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
