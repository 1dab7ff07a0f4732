//! The frame of every service: what an operation is given, and how it is called.
//!
//! A service is a [`Service`]: its facts, one line for each operation that is written, and its background work. The
//! frame decodes, asks whether the caller may, opens the transaction, waits until the commit is durable, and counts and
//! logs. An operation is a function from (transaction or context, typed input) to a typed output or an [`Error`].
//!
//! The frame never knows what an operation does, and never sees HTTP beyond the codecs of `wire`.

mod access;
mod address;
mod by_name;
mod caller;
mod clock;
mod context;
mod credentials;
mod cross_origin;
mod directory;
pub mod domains;
mod error;
mod exchange;
mod form;
mod guard;
mod idempotency;
mod jobs;
mod key_use;
mod lease;
mod lines;
mod memory;
mod message_to;
mod metrics;
mod news;
mod not_built;
mod operation;
mod outbox;
mod outside;
mod pages;
mod passage;
mod payload;
mod random;
mod record;
mod rising;
mod scoped;
mod sequence;
mod service;
mod sockets;
#[cfg(test)]
mod stored;
mod sweep;
pub mod tags;
pub mod throttle;
mod timers;
mod upgrade;
mod visit;
mod work;

pub use access::{Access, Authorizer, Conditions, Everyone};
pub use address::{Address, AddressOf, Regions};
pub use by_name::{ByName, PAYLOAD_TOO_LARGE};
pub use caller::{Caller, Principal, PrincipalKind, Signed, SignedBy};
pub use clock::{Clock, ClockState};
pub use context::{Cloud, Context, Tx, View};
pub use credentials::{Credential, PrincipalRecord, Signatory};
pub use cross_origin::{CrossOrigin, CrossOriginOf};
pub use directory::Directory;
pub use error::{Error, Result};
pub use exchange::Exchange;
pub use form::{Form, FormFile};
pub use guard::{Denial, Listed, ListsOf, OwnerOf, PolicyOf};
pub use idempotency::{Idempotency, Remembered};
pub use jobs::{JobLanes, Jobs, Verdict};
pub use key_use::{Judging, KeyUse, KeyVerdict};
pub use lease::{Asked, Held, Lease};
pub use lines::{Lines, log_group_in};
pub use memory::Memory;
pub use message_to::{MessageTo, Sent};
pub use metrics::{Metrics, Sample};
pub use news::news;
pub use not_built::{not_built, refuse};
pub use operation::{Effect, Handler, Output};
pub use outbox::{Carrier, Letter, carry_mail};
pub use outside::Outside;
pub use pages::{Page, Pages};
pub use passage::{Passage, PassageOf};
pub use payload::whole_payload;
pub use random::Random;
pub use rising::{rising, rising_text};
pub use scoped::{scope_and_name, scoped};
pub use sequence::Sequence;
pub use service::Service;
pub use sockets::{Entry, NotTaken, Opened, Order, Socket, Sockets};
pub use sweep::Sweeper;
pub use timers::Timers;
pub use upgrade::{Duplex, Stopping, Upgrade, Wire};
pub use visit::Visit;
pub use work::Workers;
