//! Whole machines, driven from outside: what comes of them, and their histories event by event.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on ends")]

mod drive;
mod errors;
mod fields;
mod histories;
mod limits;
mod maps;
mod properties;
mod redrives;
mod tasks;
