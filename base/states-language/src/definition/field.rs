//! Fields that give one number or text when a state runs: fixed, found by a path, or queried.

use serde_json::Value;

use crate::failure::{Failure, names};
use crate::scope::{Scope, Subject};
use crate::template::Template;

/// A field of one value.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(super) template: Template,
    pub(super) name: &'static str,
}

impl Field {
    /// A text.
    pub(crate) fn text(&self, scope: &Scope<'_>, subject: Subject<'_>) -> Result<String, Failure> {
        match self.template.evaluate(scope, subject)? {
            Value::String(text) => Ok(text),
            other => Err(self.template.unexpected("string", &other)),
        }
    }

    /// A whole number within bounds.
    pub(crate) fn integer(
        &self,
        scope: &Scope<'_>,
        subject: Subject<'_>,
        (least, most): (u64, u64),
    ) -> Result<u64, Failure> {
        let value = self.template.evaluate(scope, subject)?;
        let whole = value.as_u64().or_else(|| whole(&value));
        match whole {
            None => Err(self.template.unexpected("number", &value)),
            Some(number) if (least..=most).contains(&number) => Ok(number),
            Some(number) => Err(self.out_of_range(&number.to_string(), least, most)),
        }
    }

    /// A number of hundredths.
    pub(crate) fn percentage(&self, scope: &Scope<'_>, subject: Subject<'_>) -> Result<f64, Failure> {
        let value = self.template.evaluate(scope, subject)?;
        match value.as_f64() {
            None => Err(self.template.unexpected("number", &value)),
            Some(number) if (0.0..=100.0).contains(&number) => Ok(number),
            Some(number) => Err(self.out_of_range(&number.to_string(), 0, 100)),
        }
    }

    fn out_of_range(&self, found: &str, least: u64, most: u64) -> Failure {
        let why = format!("The value {found} of the field '{}' must be from {least} to {most}", self.name);
        match &self.template {
            Template::Query(..) => Failure::query(self.name, why),
            _ => Failure::field(names::RUNTIME, why),
        }
    }
}

/// A float without a fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "only whole numbers of 53 bits are cast"
)]
fn whole(value: &Value) -> Option<u64> {
    let number = value.as_f64()?;
    (number.fract() == 0.0 && (0.0..9e15).contains(&number)).then_some(number as u64)
}
