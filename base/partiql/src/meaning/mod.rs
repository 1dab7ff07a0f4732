//! What statements mean: their values, conditions and updates as those of `base/expressions`, with the parameters of the
//! request in the places of question marks.
//!
//! Never knows a table; what must be so for a whole statement is for its operation to check.

mod condition;
mod update;
mod value;

#[cfg(test)]
mod tests;

use expressions::Value;

use crate::Error;

/// The parameters of a request, one for each question mark.
#[derive(Clone, Copy, Debug)]
pub struct Meaning<'a> {
    parameters: &'a [Value],
}

impl<'a> Meaning<'a> {
    /// With these parameters, for a statement that has so many.
    ///
    /// # Errors
    /// When it has more or less.
    pub fn of(parameters: &'a [Value], count: usize) -> Result<Self, Error> {
        if parameters.len() != count {
            return Err(Error::new("Number of parameters in request and statement don't match."));
        }
        Ok(Self { parameters })
    }
}
