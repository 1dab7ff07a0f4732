//! Turns facts into Rust: types, schemas, operations.
