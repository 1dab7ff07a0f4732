//! E-mail by way of a mail server that the user names.

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};

/// A way to a mail server.
#[derive(Clone)]
pub struct Mailer(AsyncSmtpTransport<Tokio1Executor>);

/// Why there is no way to a mail server, or why it did not take a message.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NoMailer(String);

impl Mailer {
    /// To the server at that URL: `smtp://host:port`, `smtps://user:password@host`, with `?tls=required` to begin TLS first.
    ///
    /// # Errors
    /// When the URL is something else.
    pub fn new(url: &str) -> Result<Self, NoMailer> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|error| refused(&error))?;
        Ok(Mailer(builder.build()))
    }

    /// Hands over a text. `from` and `to` may have names: `Trips <no-reply@example.com>`.
    ///
    /// # Errors
    /// When an address is none, or the server did not take it.
    pub async fn send(&self, from: &str, to: &str, subject: &str, text: &str) -> Result<(), NoMailer> {
        let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| refused(&error));
        let message = Message::builder()
            .from(mailbox(from)?)
            .to(mailbox(to)?)
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned())
            .map_err(|error| refused(&error))?;
        self.0.send(message).await.map(drop).map_err(|error| refused(&error))
    }
}

fn refused(error: &dyn std::error::Error) -> NoMailer {
    NoMailer(error.to_string())
}
