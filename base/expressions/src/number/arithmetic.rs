//! Exact addition and subtraction of numbers. Never rounds: a result of more than 38 digits is an error.

use super::{Number, too_precise};
use crate::Error;

impl Number {
    /// The exact sum.
    ///
    /// # Errors
    /// When the sum has more than 38 significant digits or lies outside the supported range.
    pub fn add(&self, other: &Self) -> Result<Self, Error> {
        if self.digits == 0 {
            return Ok(*other);
        }
        if other.digits == 0 {
            return Ok(*self);
        }
        let scale = self.scale.min(other.scale);
        let (left, right) = (self.digits_at(scale)?, other.digits_at(scale)?);
        let (negative, digits) = if self.negative == other.negative {
            (self.negative, left.checked_add(right).ok_or_else(too_precise)?)
        } else if left >= right {
            (self.negative, left - right)
        } else {
            (other.negative, right - left)
        };
        Self::canonical(negative, digits, i32::from(scale))
    }

    /// The exact difference.
    ///
    /// # Errors
    /// When the difference has more than 38 significant digits or lies outside the supported range.
    pub fn subtract(&self, other: &Self) -> Result<Self, Error> {
        self.add(&Self { negative: !other.negative && other.digits != 0, ..*other })
    }

    /// The digits written at a scale that is not above the number's own.
    ///
    /// Digits beyond 128 bits are at least 3.4E38, and the other operand (below 1E38, with a last digit that is not
    /// zero) can neither bring them back to 38 digits nor shorten them from the right: the result is too precise.
    fn digits_at(&self, scale: i16) -> Result<u128, Error> {
        let shift = u32::try_from(self.scale - scale).unwrap_or(0);
        10u128.checked_pow(shift).and_then(|power| self.digits.checked_mul(power)).ok_or_else(too_precise)
    }
}
