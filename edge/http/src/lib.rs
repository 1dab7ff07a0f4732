//! The door: HTTP/1.1 and HTTP/2, plain and TLS on one port, from bytes to a typed operation and back.
//!
//! [`Door`] is a request's way in one readable list; [`Server`] accepts connections and hands it requests. The door finds
//! out which service and operation is meant, who calls, and nothing else: it never knows what an operation does.

mod bare_refusals;
mod body;
mod content;
mod control;
mod cross_origin;
mod door;
mod host;
mod identify;
mod identity;
mod inlet;
mod lanes;
mod path_parameter;
mod response;
mod server;
mod tls;
mod together;
mod upgrade;

pub use control::{AfterReset, Control};
pub use door::{Door, Limits, Origin};
pub use identity::Auth;
pub use server::{BindError, Server};
pub use tls::{Tls, TlsError};
