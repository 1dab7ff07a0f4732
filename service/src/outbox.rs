//! The outbox: e-mails, text messages and push notifications, which nobody can receive on this machine, for a person to read;
//! e-mails go on to a mail server as well, where the user named one.
//!
//! | key | value |
//! |---|---|
//! | `"outbox", "letter", sent at (ms), id` | [`Letter`] |
//! | `"outbox", "mail", due at (ms), nonce` | a letter on its way to the mail server (see [`Jobs`]) |

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use store::tuple::Key;
use store::{Direction, Reads, Store, Transaction, record};

use crate::{Cloud, Jobs, Result, Tx, Verdict};

/// Letters on their way to the mail server.
const MAIL: Jobs = Jobs::new("outbox", "mail", 4);
/// How long the first retry waits; each further one waits twice as long, and the last one a day and more.
const RETRY_MS: i64 = 10_000;
const RETRIES_MAX: u32 = 14;
/// Letters that one transaction deletes.
const PIECE: usize = 1000;

/// By what a letter would reach its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Carrier {
    /// E-mail.
    Email,
    /// A text message.
    Sms,
    /// A notification of a phone or a browser.
    Push,
}

/// A message for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// When it was sent, in milliseconds.
    pub sent_ms: i64,
    /// The service that sent it.
    pub service: String,
    /// By what.
    pub carrier: Carrier,
    /// Who it says that it is from.
    pub from: String,
    /// Whom it is for: an e-mail address, a phone number, or the ARN of a device.
    pub to: String,
    /// What it is about.
    pub subject: Option<String>,
    /// What it says.
    pub text: String,
}

#[cfg(test)]
layouts::stays!(stored_letter: Letter);

/// A letter that a mail server is to have.
#[derive(Serialize, Deserialize)]
struct Mail {
    letter: Letter,
    failures: u32,
}

#[cfg(test)]
layouts::stays!(stored_mail: Mail);

impl Letter {
    /// Puts it into the outbox. What has the same moment and `id` takes its place: a letter that is sent again is there once.
    ///
    /// # Errors
    /// When it cannot be a record.
    pub fn send(&self, tx: &mut Tx<'_>, id: &str) -> Result<()> {
        tx.put_record(letters().i64(self.sent_ms).str(id), self)?;
        if self.carrier == Carrier::Email && tx.context.cloud.outside.mailer.is_some() {
            let (now_ms, nonce) = (tx.now.millis(), tx.random().bytes());
            MAIL.put(tx, now_ms, &nonce, &Mail { letter: self.clone(), failures: 0 })?;
        }
        Ok(())
    }

    /// The newest letters, oldest first; only those to somebody, if that is given.
    ///
    /// # Errors
    /// The store's.
    pub fn newest(reads: &impl Reads, to: Option<&str>, count: usize) -> Result<Vec<Letter>> {
        let entries = reads.scan(letters().prefix_range(), Direction::Backward);
        let letters = entries.map(|entry| Ok(record::decode::<Letter>(&entry?.1)?));
        let is_wanted = |letter: &Result<Letter>| {
            letter.as_ref().map_or(true, |letter| to.is_none_or(|to| letter.to == to))
        };
        let mut found = letters.filter(is_wanted).take(count).collect::<Result<Vec<_>>>()?;
        found.reverse();
        Ok(found)
    }

    /// Empties the outbox, at once as far as anybody sees.
    ///
    /// # Errors
    /// The store's.
    pub fn clear(store: &Store) -> Result<()> {
        loop {
            let left = store.transact_now(|tx: &mut Transaction| {
                let entries = tx.scan(letters().prefix_range(), Direction::Forward).take(PIECE);
                let keys = entries.map(|entry| Ok(entry?.0)).collect::<Result<Vec<_>>>()?;
                keys.iter().for_each(|key| tx.delete(key.to_vec()));
                Ok::<_, crate::Error>(keys.len())
            })?;
            if left < PIECE {
                return Ok(());
            }
        }
    }
}

/// Takes e-mails to the mail server. One service lists it as its work, for all.
///
/// # Errors
/// The store's.
pub async fn carry_mail(cloud: Arc<Cloud>) -> Result<()> {
    MAIL.run(cloud, carry).await
}

async fn carry(cloud: Arc<Cloud>, mail: Mail) -> Result<Verdict<Mail>> {
    let Mail { letter, failures } = mail;
    // Whoever started without a mail server does not want old letters to leave.
    let Some(mailer) = &cloud.outside.mailer else { return Ok(Verdict::Done) };
    let subject = letter.subject.as_deref().unwrap_or_default();
    let Err(error) = mailer.send(&letter.from, &letter.to, subject, &letter.text).await else {
        return Ok(Verdict::Done);
    };
    if failures == RETRIES_MAX {
        tracing::warn!(%error, "the mail server does not take a letter, which stays in the outbox");
        return Ok(Verdict::Done);
    }
    tracing::info!(%error, "a letter is offered to the mail server again later");
    let due_ms = cloud.clock.now().millis() + (RETRY_MS << failures);
    Ok(Verdict::Again(Mail { letter, failures: failures + 1 }, due_ms))
}

fn letters() -> Key {
    Key::new().str("outbox").str("letter")
}
