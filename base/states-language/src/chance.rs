//! Chance, from a number that is given from outside: the same number, the same chances.
//!
//! Never asks the system for randomness. The generator is SplitMix64.

use std::cell::Cell;

/// A source of numbers that depend on their seed alone.
#[derive(Debug)]
pub(crate) struct Chance(Cell<u64>);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Chance(Cell::new(seed))
    }

    /// The next number.
    pub(crate) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// The next number from 0 up to 1, which it never is.
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
    pub(crate) fn fraction(&self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The next number of these, where there are any.
    pub(crate) fn between(&self, start: i64, end: i64) -> i64 {
        let span = i128::from(end) - i128::from(start);
        if span <= 0 {
            return start;
        }
        let offset = i128::from(self.next()) % span;
        i64::try_from(i128::from(start) + offset).unwrap_or(start)
    }

    /// A random UUID, of version 4.
    pub(crate) fn uuid(&self) -> String {
        let bits = (u128::from(self.next()) << 64) | u128::from(self.next());
        let bits = (bits & !(0xF << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
        let text = format!("{bits:032x}");
        format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_decides() {
        let (one, other) = (Chance::new(7), Chance::new(7));
        assert_eq!(one.uuid(), other.uuid());
        assert_ne!(one.uuid(), Chance::new(8).uuid());
        let uuid = one.uuid();
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"), "{uuid}");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        let chance = Chance::new(1);
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&chance.fraction()));
            assert!((-3..4).contains(&chance.between(-3, 4)));
        }
        assert_eq!(chance.between(5, 5), 5);
        chance.between(i64::MIN, i64::MAX);
    }
}
