//! Requests of web clients as functions see them, and what functions answer, as HTTP.
//!
//! HTTP APIs and function URLs speak the same payload formats. Never here: who may call which function, and calling it.

mod event;
mod outcome;

pub use event::{Place, Request, Signer};
pub use outcome::{answer, described, failure};
