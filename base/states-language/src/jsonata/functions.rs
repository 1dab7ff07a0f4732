//! The functions that Step Functions adds to JSONata, and the impure ones of JSONata itself.
//!
//! Chance and time are taken once for an expression, before it is evaluated: a function may be called again and again.

use std::rc::Rc;

use jsonata_core::evaluator::{Evaluator, EvaluatorError};
use jsonata_core::value::JValue;
use serde_json::Value;

use super::values::{from_engine, to_engine};
use crate::chance::Chance;
use crate::intrinsic::digest;
use crate::scope::Scope;

/// How long a padded text or a range may be.
const PADDED_MAX: f64 = 262_144.0;

type Given<'a> = &'a [JValue];
type Answer = Result<JValue, EvaluatorError>;

fn refused(why: impl Into<String>) -> EvaluatorError {
    EvaluatorError::EvaluationError(why.into())
}

/// Makes them known to an evaluator.
pub(super) fn register(evaluator: &mut Evaluator, scope: &Scope<'_>) -> Result<(), EvaluatorError> {
    evaluator.register_fn("partition", partition)?;
    evaluator.register_fn("range", range)?;
    evaluator.register_fn("hash", hash)?;
    evaluator.register_fn("parse", parse)?;
    evaluator
        .register_fn_override("eval", |_: Given<'_>| Err(refused("D3001: $eval is not there; use $parse")))?;
    evaluator.register_fn_override("pad", pad)?;
    let (now_ms, shown) = (scope.now_ms, crate::time::format(scope.now_ms));
    evaluator.register_fn_override("now", move |_: Given<'_>| Ok(JValue::string(shown.as_str())))?;
    evaluator.register_fn_override("millis", move |_: Given<'_>| Ok(to_engine(&now_ms.into())))?;
    let chance = Rc::new(Chance::new(scope.chance.next()));
    let of_uuid = Rc::clone(&chance);
    evaluator.register_fn("uuid", move |_: Given<'_>| Ok(JValue::string(of_uuid.uuid())))?;
    evaluator.register_fn_override("random", move |given: Given<'_>| random(given, &chance))
}

/// A text made as long as it is said, at its end or, for a negative width, at its beginning. JSONata's own knows no bounds.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the width is bounded")]
fn pad(given: Given<'_>) -> Answer {
    let Some(text) = given.first().filter(|text| !text.is_undefined()) else { return Ok(JValue::Undefined) };
    let width = given.get(1).and_then(JValue::as_f64).map(f64::trunc);
    let (Some(text), Some(width)) = (text.as_str(), width) else {
        return Err(refused("T0410: $pad needs a string and a width"));
    };
    if width.abs() > PADDED_MAX {
        return Err(refused("D2014: $pad makes a string that is too long"));
    }
    let with = given.get(2).and_then(JValue::as_str).filter(|with| !with.is_empty()).unwrap_or(" ");
    let missing = (width.abs() as usize).saturating_sub(text.chars().count());
    let padding: String = with.chars().cycle().take(missing).collect();
    Ok(JValue::string(if width < 0.0 { padding + text } else { text.to_owned() + &padding }))
}

fn random(given: Given<'_>, chance: &Chance) -> Answer {
    let fraction = match given.first() {
        Some(seed) => {
            let seed = seed.as_f64().ok_or_else(|| refused("T0410: The seed of $random must be a number"))?;
            Chance::new(seed.to_bits()).fraction()
        }
        None => chance.fraction(),
    };
    Ok(JValue::from_f64(fraction))
}

fn partition(given: Given<'_>) -> Answer {
    let items = given.first().and_then(JValue::as_array);
    let items = items.ok_or_else(|| refused("T0410: $partition needs an array"))?;
    let size = given.get(1).and_then(JValue::as_i64).and_then(|size| usize::try_from(size).ok());
    let size =
        size.filter(|&size| size > 0).ok_or_else(|| refused("T0410: $partition needs a positive size"))?;
    Ok(JValue::array(items.chunks(size).map(|chunk| JValue::array(chunk.to_vec())).collect()))
}

/// Numbers from the first to the second, both included.
fn range(given: Given<'_>) -> Answer {
    let number = |place: usize| given.get(place).and_then(JValue::as_f64);
    let (Some(first), Some(last), Some(step)) = (number(0), number(1), number(2)) else {
        return Err(refused("T0410: $range needs three numbers"));
    };
    let count = ((last - first) / step).floor();
    if !count.is_finite() || count >= PADDED_MAX {
        return Err(refused("D2014: $range has too many elements"));
    }
    let mut numbers = Vec::new();
    let mut place = 0.0;
    while place <= count {
        numbers.push(JValue::from_f64(first + place * step));
        place += 1.0;
    }
    Ok(JValue::array(numbers))
}

fn hash(given: Given<'_>) -> Answer {
    let [data, algorithm, ..] = given else {
        return Err(refused("T0410: $hash needs data and an algorithm"));
    };
    let data = match from_engine(data).map_err(refused)? {
        Some(Value::String(text)) => text,
        Some(value) => value.to_string(),
        None => return Ok(JValue::Undefined),
    };
    let algorithm = algorithm.as_str().unwrap_or_default();
    digest(&data, algorithm).map(|digits| JValue::string(digits.as_str())).map_err(refused)
}

fn parse(given: Given<'_>) -> Answer {
    let text = given.first().and_then(JValue::as_str);
    let text = text.ok_or_else(|| refused("T0410: $parse needs a string"))?;
    let value: Value = serde_json::from_str(text).map_err(|error| refused(format!("D3120: {error}")))?;
    Ok(to_engine(&value))
}
