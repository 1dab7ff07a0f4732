//! Numbers from text and back. Reads plain and scientific notation, writes plain notation only, as DynamoDB does.

use std::fmt;
use std::str::FromStr;

use super::{Number, check_limits};
use crate::Error;

/// The parts of a number's text, before any limit is applied.
struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    exponent: i64,
}

impl FromStr for Number {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.is_empty() {
            return Err(Error::new("The parameter cannot be converted to a numeric value"));
        }
        let parts = split(text).ok_or_else(|| {
            Error::new(format!("The parameter cannot be converted to a numeric value: {text}"))
        })?;
        assemble(&parts)
    }
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (negative, unsigned) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, read_exponent(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let only_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let some = !whole.is_empty() || !fraction.is_empty();
    (some && only_digits(whole) && only_digits(fraction)).then_some(Parts {
        negative,
        whole,
        fraction,
        exponent,
    })
}

/// An exponent of up to nine digits; more cannot be a number of any size that fits a request.
fn read_exponent(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    let significant = unsigned.trim_start_matches('0');
    if !digits || significant.len() > 9 {
        return None;
    }
    let exponent = if significant.is_empty() { 0 } else { significant.parse::<i64>().ok()? };
    Some(if text.starts_with('-') { -exponent } else { exponent })
}

fn assemble(parts: &Parts<'_>) -> Result<Number, Error> {
    let digits = || parts.whole.bytes().chain(parts.fraction.bytes());
    let length = parts.whole.len() + parts.fraction.len();
    let leading = digits().take_while(|&digit| digit == b'0').count();
    if leading == length {
        return Ok(Number::ZERO);
    }
    let trailing = digits().rev().take_while(|&digit| digit == b'0').count();
    let significant = length - leading - trailing;
    let scale = parts.exponent + trailing as i64 - parts.fraction.len() as i64;
    let clamp = |wide: i64| wide.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
    check_limits(clamp(scale + significant as i64 - 1), u32::try_from(significant).unwrap_or(u32::MAX))?;
    let value = digits()
        .skip(leading)
        .take(significant)
        .fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0'));
    Number::canonical(parts.negative, value, clamp(scale))
}

impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_text(formatter, self.negative, &self.digits.to_string(), self.scale.into())
    }
}

/// As many zeros as a number can have on one side of its digits, and more.
const ZEROS: &str = match std::str::from_utf8(&[b'0'; 192]) {
    Ok(zeros) => zeros,
    Err(_) => "",
};

/// Writes `±digits × 10^scale` without an exponent.
pub(super) fn write_text(out: &mut impl fmt::Write, negative: bool, digits: &str, scale: i32) -> fmt::Result {
    let zeros = |count: usize| ZEROS.get(..count).unwrap_or(ZEROS);
    if negative {
        out.write_str("-")?;
    }
    let places = scale.unsigned_abs() as usize;
    if scale >= 0 {
        out.write_str(digits)?;
        return out.write_str(zeros(places));
    }
    let (whole, fraction) = digits.split_at(digits.len().saturating_sub(places));
    out.write_str(if whole.is_empty() { "0" } else { whole })?;
    out.write_str(".")?;
    out.write_str(zeros(places - fraction.len()))?;
    out.write_str(fraction)
}
