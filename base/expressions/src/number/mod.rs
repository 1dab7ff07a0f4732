//! Numbers as DynamoDB keeps them: exact decimals of up to 38 significant digits.
//!
//! Follows "Data types, Number" of the DynamoDB developer guide. Never a binary floating-point number: what comes in
//! as `0.1` is one tenth, and arithmetic that cannot be exact is refused.

mod arithmetic;
mod sort_key;
mod stored;
mod text;

#[cfg(test)]
mod tests;

use std::cmp::Ordering;

pub use sort_key::NumberForm;

use crate::Error;

/// Significant digits that a number may have.
pub const SIGNIFICANT_DIGITS_MAX: u32 = 38;
/// The largest power of ten of the first significant digit: numbers reach up to 9.99…E+125.
pub const EXPONENT_MAX: i32 = 125;
/// The smallest power of ten of the first significant digit: the number nearest to zero is 1E-130.
pub const EXPONENT_MIN: i32 = -130;

/// An exact decimal number within DynamoDB's limits.
///
/// Its value is `digits × 10^scale`, negated when `negative`. The form is canonical, so equal numbers have equal
/// fields: `digits` has no trailing zeros, and zero is never negative and has scale 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number {
    negative: bool,
    digits: u128,
    scale: i16,
}

impl Number {
    /// Zero.
    pub const ZERO: Self = Self { negative: false, digits: 0, scale: 0 };

    /// The canonical number `±digits × 10^scale`, or DynamoDB's error when that exceeds its limits.
    fn canonical(negative: bool, mut digits: u128, mut scale: i32) -> Result<Self, Error> {
        if digits == 0 {
            return Ok(Self::ZERO);
        }
        while let (rest, 0) = divided(digits, 10) {
            digits = rest;
            scale = scale.saturating_add(1);
        }
        let count = digits.ilog10() + 1;
        check_limits(scale.saturating_add_unsigned(count - 1), count)?;
        // The limits just checked keep the scale within -167..=125.
        let scale = i16::try_from(scale).map_err(|_| overflow())?;
        Ok(Self { negative, digits, scale })
    }

    /// Whether this is less than zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// Bytes that the number counts for in the size of an item: one, one for every two digits on each side of the
    /// decimal point, and one more for a sign. Zeros around the number do not count.
    pub fn size_bytes(&self) -> usize {
        let count = if self.digits == 0 { 0 } else { self.digit_count() };
        counted_bytes(self.negative, count, self.scale.into())
    }

    /// How many significant digits there are; zero has one.
    fn digit_count(&self) -> u32 {
        self.digits.checked_ilog10().map_or(1, |log| log + 1)
    }

    /// The power of ten of the first significant digit.
    fn magnitude(&self) -> i32 {
        i32::from(self.scale) + self.digit_count() as i32 - 1
    }

    /// Compares distances from zero; both numbers must be other than zero.
    fn cmp_distance(&self, other: &Self) -> Ordering {
        // With equal magnitudes, filling both up to 38 digits aligns them without leaving 128 bits.
        let aligned =
            |number: &Self| number.digits * 10u128.pow(SIGNIFICANT_DIGITS_MAX - number.digit_count());
        self.magnitude().cmp(&other.magnitude()).then_with(|| aligned(self).cmp(&aligned(other)))
    }

    /// -1, 0 or 1.
    fn signum(&self) -> i8 {
        match (self.digits, self.negative) {
            (0, _) => 0,
            (_, true) => -1,
            (_, false) => 1,
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.signum().cmp(&other.signum()).then_with(|| match self.signum() {
            0 => Ordering::Equal,
            1 => self.cmp_distance(other),
            _ => other.cmp_distance(self),
        })
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<u64> for Number {
    fn from(whole: u64) -> Self {
        let (mut digits, mut scale) = (u128::from(whole), 0);
        while digits != 0
            && let (rest, 0) = divided(digits, 10)
        {
            digits = rest;
            scale += 1;
        }
        Self { negative: false, digits, scale }
    }
}

/// What so many digits count for in the size of an item, of which the last stands for `10^scale`.
fn counted_bytes(negative: bool, count: u32, scale: i32) -> usize {
    let whole = if scale >= 0 { count } else { count.saturating_sub(scale.unsigned_abs()) };
    let fraction = count - whole;
    1 + whole.div_ceil(2) as usize + fraction.div_ceil(2) as usize + usize::from(negative)
}

/// The quotient and the remainder. Most numbers fit into 64 bits, which processors divide in a fraction of the time.
fn divided(digits: u128, by: u64) -> (u128, u64) {
    match u64::try_from(digits) {
        Ok(digits) => (u128::from(digits / by), digits % by),
        Err(_) => (digits / u128::from(by), (digits % u128::from(by)) as u64),
    }
}

/// Checks a number of `count` significant digits whose first stands for `10^magnitude`.
fn check_limits(magnitude: i32, count: u32) -> Result<(), Error> {
    if magnitude > EXPONENT_MAX {
        Err(overflow())
    } else if magnitude < EXPONENT_MIN {
        Err(Error::new(
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ))
    } else if count > SIGNIFICANT_DIGITS_MAX {
        Err(too_precise())
    } else {
        Ok(())
    }
}

fn overflow() -> Error {
    Error::new("Number overflow. Attempting to store a number with magnitude larger than supported range")
}

fn too_precise() -> Error {
    Error::new("Attempting to store more than 38 significant digits in a Number")
}
