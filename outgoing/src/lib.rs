//! Requests that leave this machine, or at least this process: HTTP and HTTPS to whoever a user named, and e-mail.
//!
//! Everything has a limit: of time, and of what an answer may be. Redirects are answers like any other: nobody is followed
//! to where the user did not send us.

mod credentials;
mod mail;
mod web;

pub use mail::{Mailer, NoMailer};
pub use web::{Address, Answer, Client, Error};
