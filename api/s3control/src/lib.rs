//! The API of S3 Control: types, schemas, operations and errors, generated from `apis/s3control.json`.
//!
//! Nothing here is written by hand; `services/s3/src/s3control/operations.txt` says for which operations there are types.
#![allow(missing_docs, clippy::all, clippy::pedantic)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
