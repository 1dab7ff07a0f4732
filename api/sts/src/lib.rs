//! The API of STS: types, schemas, operations and errors, generated from `apis/sts.json`.
//!
//! Nothing here is written by hand; `services/sts/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
