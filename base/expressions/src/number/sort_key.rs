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

use super::text::write_text;
use super::{EXPONENT_MIN, Number, SIGNIFICANT_DIGITS_MAX, counted_bytes, divided};

const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;
const END: u8 = 0;

/// Digit pairs that a number can have.
const PAIRS: usize = (SIGNIFICANT_DIGITS_MAX as usize).div_ceil(2);

/// The longest form: sign, magnitude, pairs and end mark.
pub(super) const SORT_KEY_BYTES_MAX: usize = 3 + PAIRS;

/// A number as its form has it: what is measured and shown of a stored number needs no arithmetic on 128 bits.
#[derive(Clone, Copy, Debug)]
pub struct NumberForm<'a> {
    negative: bool,
    magnitude: i32,
    /// As they stand in the form; none are zero.
    pairs: &'a [u8],
}

impl<'a> NumberForm<'a> {
    /// Reads one from the front of a key: the form and the bytes after it, or nothing when the bytes are not the form of
    /// a number.
    pub fn read(key: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&sign, rest) = key.split_first()?;
        let negative = match sign {
            ZERO => return Some((NumberForm { negative: false, magnitude: 0, pairs: &[] }, rest)),
            POSITIVE => false,
            NEGATIVE => true,
            _ => return None,
        };
        let flip = flip(negative);
        let (&magnitude, rest) = rest.split_first()?;
        let length = rest.iter().position(|&byte| byte == END ^ flip).filter(|&length| length <= PAIRS)?;
        let form = NumberForm {
            negative,
            magnitude: i32::from(magnitude ^ flip) + EXPONENT_MIN,
            pairs: &rest[..length],
        };
        form.is_canonical().then_some((form, &rest[length + 1..]))
    }

    /// What no writer produces is no number: pairs beyond 99, a zero at the start of the first one, a last one of zeros.
    fn is_canonical(&self) -> bool {
        let (first, last) = (self.pairs().next(), self.pairs().next_back());
        self.pairs().all(|pair| pair < 100) && first.is_some_and(|first| first >= 10) && last != Some(0)
    }

    fn pairs(&self) -> impl DoubleEndedIterator<Item = u8> + 'a {
        let flip = flip(self.negative);
        self.pairs.iter().map(move |byte| (byte ^ flip).wrapping_sub(1))
    }

    fn digit_count(&self) -> usize {
        let is_odd = self.pairs().next_back().is_some_and(|last| last.is_multiple_of(10));
        2 * self.pairs.len() - usize::from(is_odd)
    }

    /// The power of ten of the last significant digit.
    fn scale(&self) -> i32 {
        self.magnitude + 1 - self.digit_count() as i32
    }

    /// The same as [`Number::size_bytes`].
    pub fn size_bytes(&self) -> usize {
        counted_bytes(self.negative, self.digit_count() as u32, self.scale())
    }

    /// Appends the number's text, as [`Number`] shows it.
    pub fn push_text(&self, text: &mut String) {
        let mut digits = [b'0'; 2 * PAIRS];
        for (two, pair) in digits.chunks_exact_mut(2).zip(self.pairs()) {
            two.copy_from_slice(&[b'0' + pair / 10, b'0' + pair % 10]);
        }
        // Zero has no pair, and one digit.
        let digits = std::str::from_utf8(&digits[..self.digit_count().max(1)]).unwrap_or_default();
        let scale = if self.pairs.is_empty() { 0 } else { self.scale() };
        // Writing text into memory cannot fail.
        let _ = write_text(text, self.negative, digits, scale);
    }
}

fn flip(negative: bool) -> u8 {
    if negative { 0xFF } else { 0x00 }
}

impl Number {
    /// Appends the number's bytes to a key; at most 22 of them.
    pub fn to_sort_key(&self, key: &mut Vec<u8>) {
        if self.digits == 0 {
            return key.push(ZERO);
        }
        let flip = flip(self.negative);
        key.push(if self.negative { NEGATIVE } else { POSITIVE });
        // Within 0..=255, because the magnitude is within -130..=125.
        key.push((self.magnitude() - EXPONENT_MIN) as u8 ^ flip);
        let mut pairs = [0; PAIRS];
        let count = self.pairs(&mut pairs);
        key.extend(pairs[..count].iter().map(|pair| (pair + 1) ^ flip));
        key.push(END ^ flip);
    }

    /// Writes the digits down in pairs, from the first, and gives how many pairs there are.
    fn pairs(&self, pairs: &mut [u8; PAIRS]) -> usize {
        let digits = self.digit_count();
        let count = digits.div_ceil(2) as usize;
        // An odd count is 37 at most, so one more digit fits into 128 bits.
        let mut rest = if digits % 2 == 1 { self.digits * 10 } else { self.digits };
        for pair in pairs[..count].iter_mut().rev() {
            let last;
            (rest, last) = divided(rest, 100);
            *pair = last as u8;
        }
        count
    }

    /// Reads one number from the front of a key: the number and the bytes after it, or nothing when the bytes are
    /// not the form of a number.
    pub fn from_sort_key(key: &[u8]) -> Option<(Self, &[u8])> {
        NumberForm::read(key).map(|(form, rest)| (form.into(), rest))
    }
}

impl From<NumberForm<'_>> for Number {
    fn from(form: NumberForm<'_>) -> Self {
        let digits = form.pairs().fold(0u128, |digits, pair| digits * 100 + u128::from(pair));
        let is_odd = form.digit_count() % 2 == 1;
        match if is_odd { divided(digits, 10).0 } else { digits } {
            0 => Number::ZERO,
            // Magnitude and count of digits keep it within -167..=125.
            digits => Number { negative: form.negative, digits, scale: form.scale() as i16 },
        }
    }
}
