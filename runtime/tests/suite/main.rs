//! Functions run for real: with this machine's Python and Node.js, and as a compiled program.
//!
//! Where a test must know that a function is at work, or has ended, the function holds a connection to the test.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod bench;
mod custom;
mod environments;
mod extensions;
mod isolation;
mod java;
mod log;
#[cfg(target_os = "linux")]
mod network;
mod node;
mod python;
mod ruby;
mod streaming;
mod telemetry;
