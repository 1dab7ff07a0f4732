//! WebSocket APIs on the way of a connection: it is let in, messages take routes and may be answered, and it ends.
//!
//! A connection is alive as long as this process: what others send it comes through [`service::Sockets`]. Never here: HTTP APIs,
//! and how APIs are changed but for what their documents must be ([`checks`]).

mod authorize;
mod call;
pub(crate) mod checks;
mod connect;
mod event;
mod function;
mod hear;
mod integrate;
mod key;
mod notes;
mod plan;
mod refusal;
mod respond;
pub(crate) mod select;
mod service;
mod talk;
mod validate;
mod web;

pub(crate) use connect::answer;
pub(crate) use plan::Plan;
