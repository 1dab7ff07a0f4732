//! Signing keys, derived and kept: four HMACs a day and scope instead of four a request. Decides nothing; an entry is
//! only ever found again with the same secret.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use foldhash::quality::RandomState;
use parking_lot::Mutex;
use ring::hmac;

use crate::{Secret, TERMINATOR};

const SHARDS: usize = 16;

/// A bounded cache of signing keys, shared by all requests.
pub struct DayKeys {
    shards: [Mutex<HashMap<u64, Entry>>; SHARDS],
    shard_entries_max: usize,
    hasher: RandomState,
}

struct Entry {
    access_key_id: Box<str>,
    day: Box<str>,
    region: Box<str>,
    service: Box<str>,
    secret: Secret,
    key: Arc<hmac::Key>,
}

impl Entry {
    fn is(&self, access_key_id: &str, scope: [&str; 3], secret: &Secret) -> bool {
        *self.access_key_id == *access_key_id
            && [&*self.day, &*self.region, &*self.service] == scope
            && self.secret == *secret
    }
}

impl DayKeys {
    /// A cache of at most about so many keys; some 500 bytes each.
    pub fn new(entries_max: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            shard_entries_max: (entries_max / SHARDS).max(1),
            hasher: RandomState::default(),
        }
    }

    /// The signing key of this secret for a day (`YYYYMMDD`), region and service.
    pub fn get(
        &self,
        access_key_id: &str,
        secret: &Secret,
        day: &str,
        region: &str,
        service: &str,
    ) -> Arc<hmac::Key> {
        let scope = [day, region, service];
        let hash = self.hasher.hash_one((access_key_id, scope));
        let shard = &self.shards[hash as usize % SHARDS];
        if let Some(entry) = shard.lock().get(&hash)
            && entry.is(access_key_id, scope, secret)
        {
            return Arc::clone(&entry.key);
        }
        let key = Arc::new(derive(secret, day, region, service));
        let [day, region, service] = scope.map(Into::into);
        let entry =
            Entry { access_key_id: access_key_id.into(), day, region, service, secret: secret.clone(), key };
        self.keep(hash, entry)
    }

    fn keep(&self, hash: u64, entry: Entry) -> Arc<hmac::Key> {
        let mut shard = self.shards[hash as usize % SHARDS].lock();
        if shard.len() >= self.shard_entries_max && !shard.contains_key(&hash) {
            // Yesterday's keys first. Should all be of one day, starting over costs four HMACs for each that returns.
            shard.retain(|_, kept| kept.day == entry.day);
            if shard.len() >= self.shard_entries_max {
                shard.clear();
            }
        }
        let key = Arc::clone(&entry.key);
        shard.insert(hash, entry);
        key
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
    }
}

impl Default for DayKeys {
    fn default() -> Self {
        Self::new(4096)
    }
}

impl fmt::Debug for DayKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DayKeys")
    }
}

/// Derives a signing key: "Create a signed AWS API request", step 4.
pub(crate) fn derive(secret: &Secret, day: &str, region: &str, service: &str) -> hmac::Key {
    let start = format!("AWS4{}", secret.reveal());
    let steps = [day, region, service, TERMINATOR];
    steps.iter().fold(hmac::Key::new(hmac::HMAC_SHA256, start.as_bytes()), |key, step| {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, step.as_bytes()).as_ref())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(key: &hmac::Key) -> Vec<u8> {
        hmac::sign(key, b"text").as_ref().to_vec()
    }

    #[test]
    fn it_stays_bounded_and_right() {
        let keys = DayKeys::new(64);
        let secret = Secret::new("s");
        for number in 0..1000 {
            let region = format!("eu-west-{number}");
            let kept = keys.get("AKIA", &secret, "20260101", &region, "sqs");
            assert_eq!(signed(&kept), signed(&derive(&secret, "20260101", &region, "sqs")));
        }
        assert!(keys.len() <= 64);
    }

    #[test]
    fn a_changed_secret_is_not_served_the_old_key() {
        let keys = DayKeys::new(64);
        let get = |secret: &str| keys.get("AKIA", &Secret::new(secret), "20260101", "us-east-1", "sqs");
        let before = signed(&get("one"));
        assert_ne!(signed(&get("two")), before);
        assert_eq!(signed(&get("one")), before);
    }
}
