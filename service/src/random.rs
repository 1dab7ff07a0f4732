//! The one source of chance. Seeded, it repeats itself.

use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A source of random bytes.
#[derive(Debug, Default)]
pub struct Random(Option<Mutex<StdRng>>);

impl Random {
    /// The same bytes in the same order, every time.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Random(Some(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Fresh bytes, fit for secrets unless seeded.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Some(seeded) => seeded.lock().fill_bytes(&mut bytes),
            None => rand::rng().fill_bytes(&mut bytes),
        }
        bytes
    }

    /// A fresh identifier: a version 4 UUID.
    #[must_use]
    pub fn uuid(&self) -> String {
        names::ids::uuid(self.bytes())
    }
}
