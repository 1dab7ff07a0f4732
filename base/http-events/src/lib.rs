//! Requests of web clients as functions see them, and what functions answer, as HTTP.
//!
//! HTTP APIs and function URLs speak the same payload formats. Never here: who may call which function, and calling it.

mod event;
mod outcome;
mod place;
mod variables;

pub use event::Request;
pub use outcome::{answer, described, failure};
pub use place::{Place, Signer};
pub use variables::replaced;
