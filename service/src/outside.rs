//! How this process meets what is not part of it: the address at which others reach it, the web, and e-mail.

use std::sync::Arc;

use outgoing::{Client, Mailer};

/// The world outside.
pub struct Outside {
    /// The address of this process for those who want TLS: `https://localhost:4566`. Without TLS it is the other one.
    pub secure_endpoint: Arc<str>,
    /// Requests to the web.
    pub web: Client,
    /// The way to a mail server, where the user named one.
    pub mailer: Option<Mailer>,
}

impl Outside {
    /// A process at that address, without a mail server.
    #[must_use]
    pub fn at(secure_endpoint: Arc<str>) -> Self {
        Outside { secure_endpoint, web: Client::new(), mailer: None }
    }
}
