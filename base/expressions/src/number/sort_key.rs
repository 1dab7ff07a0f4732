//! Numbers as bytes whose order is the order of the numbers, for keys of an ordered store.
//!
//! ```text
//! zero      02
//! positive  03 | magnitude + 130 | digit pairs, each + 1 | 00
//! negative  01 | the rest of the positive form, each byte inverted
//! ```
//!
//! The magnitude is the power of ten of the first significant digit. The pairs hold the significant digits from the
//! first on, two a byte (0 to 99), with a zero after an odd last digit. Pairs are never 00 once 1 was added, so the
//! end mark sorts before every continuation; inverted, it sorts after. No form is the beginning of another one, so
//! further key parts may follow.

use super::{EXPONENT_MIN, Number, SIGNIFICANT_DIGITS_MAX};

const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const END: u8 = 0;

/// Digit pairs that a number can have.
const PAIRS: usize = (SIGNIFICANT_DIGITS_MAX as usize).div_ceil(2);

/// The longest form: sign, magnitude, pairs and end mark.
pub(super) const SORT_KEY_BYTES_MAX: usize = 3 + PAIRS;

impl Number {
    /// Appends the number's bytes to a key; at most 22 of them.
    pub fn to_sort_key(&self, key: &mut Vec<u8>) {
        let flip = match self.signum() {
            0 => return key.push(ZERO),
            1 => 0x00,
            _ => 0xFF,
        };
        key.push(if self.negative { NEGATIVE } else { POSITIVE });
        // Within 0..=255, because the magnitude is within -130..=125.
        key.push((self.magnitude() - EXPONENT_MIN) as u8 ^ flip);
        let mut rest = self.digits * 10u128.pow(SIGNIFICANT_DIGITS_MAX - self.digit_count());
        let mut unit = 10u128.pow(SIGNIFICANT_DIGITS_MAX - 2);
        while rest != 0 {
            key.push(((rest / unit) as u8 + 1) ^ flip);
            rest %= unit;
            unit /= 100;
        }
        key.push(END ^ flip);
    }

    /// Reads one number from the front of a key: the number and the bytes after it, or nothing when the bytes are
    /// not the form of a number.
    pub fn from_sort_key(key: &[u8]) -> Option<(Self, &[u8])> {
        let (&sign, rest) = key.split_first()?;
        let flip = match sign {
            ZERO => return Some((Self::ZERO, rest)),
            POSITIVE => 0x00,
            NEGATIVE => 0xFF,
            _ => return None,
        };
        let (&magnitude, rest) = rest.split_first()?;
        let length = rest.iter().position(|&byte| byte == END ^ flip).filter(|&length| length <= PAIRS)?;
        let mut digits = 0u128;
        for &byte in &rest[..length] {
            let pair = (byte ^ flip) - 1;
            digits = digits * 100 + u128::from((pair < 100).then_some(pair)?);
        }
        let magnitude = i32::from(magnitude ^ flip) + EXPONENT_MIN;
        let scale = magnitude + 1 - 2 * length as i32;
        let number = Self::canonical(sign == NEGATIVE, digits, scale).ok()?;
        // What no writer produces is no number: zeros at the start of the first pair, or a last pair of zeros.
        let canonical = !digits.is_multiple_of(100) && number.magnitude() == magnitude;
        canonical.then_some((number, &rest[length + 1..]))
    }
}
