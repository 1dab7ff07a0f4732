//! The wire formats of AWS's protocols, driven by one static schema a shape.
//!
//! A generated crate (`api/*`) brings statics of [`Shape`] and types that implement [`Decode`] or [`Encode`]; a protocol
//! brings a [`Reader`] and a [`Writer`]. They meet here, behind `dyn`, so that code grows as shapes plus protocols. Every
//! constraint of the model is checked while an input is read, in one place ([`Checks`]), and worded as AWS words it.
//!
//! This crate never opens a socket, reads a clock or knows what an operation does.

mod body;
mod cbor;
mod checks;
mod codec;
mod document;
pub mod event_stream;
mod facts;
mod fault;
mod floats;
mod json;
mod kept;
mod message;
mod neutral;
mod protocol;
mod query;
pub mod rest;
mod scalars;
mod schema;
mod timestamp;
mod xml;

pub use body::{Body, Source};
pub use checks::{Checks, Violation};
pub use codec::{
    Decode, EachEntry, EachMember, EachValue, Encode, Malformed, Members, ReadMember, Reader, Writer,
    decode_structure, decode_union,
};
pub use document::Document;
pub use facts::{BodyChecksum, ErrorFacts, Http, Operation, OperationFacts, Protocol, ServiceFacts};
pub use fault::{Beside, Fault, Faulty};
pub use json::{from_json, is_plain_in_json, to_json};
pub use kept::{Kept, keep, kept};
pub use message::{Answer, Message};
pub use neutral::{Neutral, Spelling, labels_of, pascal, position_of, with_labels};
pub use protocol::{read_document, read_input, write_document, write_fault, write_output};
pub use schema::{Constraints, Kind, Location, Member, Pattern, Shape};
pub use timestamp::{Timestamp, TimestampFormat};
