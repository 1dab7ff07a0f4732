//! Intrinsic functions of numbers.

use serde_json::Value;

use super::Given;
use crate::chance::Chance;
use crate::scope::Scope;

/// A random number from the first up to the second; a seed always gives the same.
pub(super) fn random(given: &[Given], scope: &Scope<'_>) -> Result<Value, String> {
    let (start, end) = (given[0].integer()?, given[1].integer()?);
    if start >= end {
        return Err("The start number must be less than the end number".into());
    }
    let number = match given.get(2) {
        Some(seed) => Chance::new(seed.integer()?.cast_unsigned()).between(start, end),
        None => scope.chance.between(start, end),
    };
    Ok(number.into())
}

pub(super) fn add(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let (one, other) = (given[0].integer()?, given[1].integer()?);
    let is_within = |number: &i64| i32::try_from(*number).is_ok();
    let sum = one.checked_add(other).filter(|_| is_within(&one) && is_within(&other));
    sum.map(Value::from).ok_or_else(|| "A number is out of the range of 32 bits".into())
}
