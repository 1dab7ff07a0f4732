//! Intrinsic functions of lists.

use serde_json::Value;

use super::Given;
use crate::scope::Scope;

const RANGE_MAX: usize = 1000;

pub(super) fn array(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    Ok(given.iter().map(|one| one.value.clone()).collect())
}

pub(super) fn partition(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let items = given[0].list()?;
    let size = usize::try_from(given[1].integer()?).ok().filter(|&size| size > 0);
    let size = size.ok_or("The chunk size must be a positive integer")?;
    Ok(items.chunks(size).map(|chunk| Value::Array(chunk.to_vec())).collect())
}

pub(super) fn contains(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    Ok(given[0].list()?.contains(&given[1].value).into())
}

/// Whole numbers from the first to the second, both included.
pub(super) fn range(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let (first, last, step) = (given[0].integer()?, given[1].integer()?, given[2].integer()?);
    if step == 0 {
        return Err("The increment must not be zero".into());
    }
    let is_within = |next: &i64| if step > 0 { *next <= last } else { *next >= last };
    let numbers = std::iter::successors(Some(first), |number| number.checked_add(step)).take_while(is_within);
    let numbers: Vec<Value> = numbers.take(RANGE_MAX + 1).map(Value::from).collect();
    if numbers.len() > RANGE_MAX {
        return Err(format!("A range must not have more than {RANGE_MAX} elements"));
    }
    Ok(numbers.into())
}

pub(super) fn get_item(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let items = given[0].list()?;
    let index = usize::try_from(given[1].integer()?).ok();
    index.and_then(|index| items.get(index)).cloned().ok_or_else(|| "The index is out of bounds".into())
}

pub(super) fn length(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    Ok(given[0].list()?.len().into())
}

/// Each item once, where it stands first.
pub(super) fn unique(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let mut seen = std::collections::HashSet::new();
    let items = given[0].list()?.iter().filter(|item| seen.insert(item.to_string()));
    Ok(items.cloned().collect())
}
