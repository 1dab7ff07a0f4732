//! Answers that are given again: a client that repeats a request, because it did not see the answer, names it by the same
//! token, and must get the first answer without a second effect.
//!
//! A record is written in the transaction of the request's effect, so both are there or none. Whether a request with a
//! known token is the same request (`IdempotentParameterMismatch`, where it is not) the caller decides by its
//! fingerprint. Records that have expired are forgotten as new ones come: there is nothing to do while nothing comes.

use serde::{Deserialize, Serialize};
use store::tuple::{Key, Parts};
use store::{Bytes, Reads, Transaction};
use wire::Timestamp;

use crate::Result;

/// Records that a new one forgets at most: more than one, so that they become fewer after a burst.
const FORGOTTEN_AT_ONCE: usize = 2;

/// The answers of one kind of request of a service.
///
/// | key | value |
/// |---|---|
/// | `service, "answer", name, of, token` | the record of an [`Remembered`] and of when it expires |
/// | `service, "answer expires", name, when (ms), of, token` | nothing |
#[derive(Clone, Copy, Debug)]
pub struct Idempotency {
    service: &'static str,
    name: &'static str,
    lifetime_ms: i64,
}

/// What was answered to a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// What the request was: a hash of it, or all of it.
    pub fingerprint: Bytes,
    /// What was answered, or whatever makes the answer again.
    pub answer: Bytes,
}

#[derive(Serialize, Deserialize)]
struct Record {
    expires_ms: i64,
    answer: Remembered,
}

#[cfg(test)]
layouts::stays!(stored_answer: Record);

impl Idempotency {
    /// Answers that are remembered for so long.
    #[must_use]
    pub const fn new(service: &'static str, name: &'static str, lifetime_ms: i64) -> Self {
        Idempotency { service, name, lifetime_ms }
    }

    /// What was answered to this token of `of`, whom tokens belong to: an account, a table, a queue. In a transaction,
    /// the same token in another one makes this one run again.
    ///
    /// # Errors
    /// The store's.
    pub fn get(
        &self,
        reads: &impl Reads,
        now: Timestamp,
        of: &str,
        token: &str,
    ) -> Result<Option<Remembered>> {
        let record = reads.get_record::<Record>(&self.key(of, token))?;
        Ok(record.filter(|record| record.expires_ms > now.millis()).map(|record| record.answer))
    }

    /// Remembers what is answered to this token.
    ///
    /// # Errors
    /// The store's.
    pub fn put(
        &self,
        tx: &mut Transaction,
        now: Timestamp,
        of: &str,
        token: &str,
        answer: Remembered,
    ) -> Result<()> {
        let expiries = self.expiries();
        self.forget(tx, now, &expiries)?;
        let expires_ms = now.millis().saturating_add(self.lifetime_ms);
        tx.put_record(self.key(of, token), &Record { expires_ms, answer })?;
        tx.put(expiries.i64(expires_ms).str(of).str(token), Vec::new());
        Ok(())
    }

    /// Forgets some that have expired.
    fn forget(&self, tx: &mut Transaction, now: Timestamp, expiries: &Key) -> Result<()> {
        let oldest = tx.scan_head(expiries.prefix_range()).take(FORGOTTEN_AT_ONCE);
        for (key, _) in oldest.collect::<Result<Vec<_>, _>>()? {
            let mut parts = Parts::new(key.get(expiries.len()..).unwrap_or_default());
            if parts.i64()? > now.millis() {
                break;
            }
            tx.delete(&*key);
            // Unless the token was used again after it had expired.
            let record = self.key(&parts.str()?, &parts.str()?);
            if tx.get_record::<Record>(&record)?.is_some_and(|record| record.expires_ms <= now.millis()) {
                tx.delete(&record);
            }
        }
        Ok(())
    }

    fn key(&self, of: &str, token: &str) -> Key {
        Key::new().str(self.service).str("answer").str(self.name).str(of).str(token)
    }

    fn expiries(&self) -> Key {
        Key::new().str(self.service).str("answer expires").str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use store::{Direction, Options, Store};

    use super::*;

    const ANSWERS: Idempotency = Idempotency::new("s", "requests", 1000);

    fn answer(text: &'static str) -> Remembered {
        Remembered { fingerprint: Bytes::from_static(b"hash"), answer: text.into() }
    }

    /// What a service does: the first answer again, or a new one.
    fn ask(store: &Store, now_ms: i64, token: &str, text: &'static str) -> Remembered {
        let asked = store.transact_now(|tx| {
            if let Some(before) = ANSWERS.get(tx, Timestamp(now_ms), "account", token)? {
                return Ok(before);
            }
            ANSWERS.put(tx, Timestamp(now_ms), "account", token, answer(text))?;
            Ok::<_, crate::Error>(answer(text))
        });
        asked.unwrap()
    }

    fn records(store: &Store) -> usize {
        store.snapshot().scan(Key::new().prefix_range(), Direction::Forward).count()
    }

    #[test]
    fn the_first_answer_is_given_again_until_it_expires() {
        let store = Store::open(Options::memory()).unwrap();
        assert_eq!(ask(&store, 0, "t", "first"), answer("first"));
        assert_eq!(ask(&store, 999, "t", "second"), answer("first"));
        assert_eq!(ask(&store, 999, "other", "second"), answer("second"));
        assert_eq!(ask(&store, 1000, "t", "third"), answer("third"));
        // The expiry of the first record must not take the third answer along.
        assert_eq!(ask(&store, 1500, "more", "x"), answer("x"));
        assert_eq!(ask(&store, 1999, "t", "fourth"), answer("third"));
    }

    #[test]
    fn what_expired_is_forgotten_as_more_comes() {
        let store = Store::open(Options::memory()).unwrap();
        let tokens: Vec<_> = (0..100).map(|number| number.to_string()).collect();
        for (now_ms, token) in (0..).zip(&tokens) {
            ask(&store, now_ms, token, "");
        }
        assert_eq!(records(&store), 200);
        for (now_ms, token) in (5000..).zip(&tokens) {
            ask(&store, now_ms, &format!("later {token}"), "");
        }
        assert_eq!(records(&store), 200, "those of before are gone");
    }

    #[test]
    fn one_of_two_at_once_gets_the_answer_of_the_other() {
        let store = Store::open(Options::memory()).unwrap();
        let answers: Vec<Remembered> = std::thread::scope(|scope| {
            let ask = |text| {
                scope.spawn({
                    let store = &store;
                    move || ask(store, 0, "t", text)
                })
            };
            [ask("one"), ask("two"), ask("three")].into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
}
