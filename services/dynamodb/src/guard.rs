//! The condition of a write: what it asks of the item that is there, and what its refusal shows.

use api_dynamodb as api;
use expressions::{Condition, Item, Names};
use wire::Fault;

use crate::{attribute, errors, read};

/// A condition, or none.
pub(crate) struct Guard {
    condition: Option<Condition>,
    shows_old: bool,
}

impl Guard {
    /// Reads the condition, which shares its placeholders with the request's other expressions.
    pub(crate) fn read(
        names: &mut Names,
        expression: Option<&str>,
        on_failure: Option<&api::ReturnValuesOnConditionCheckFailure>,
    ) -> Result<Self, Fault> {
        let condition = expression.map(|text| names.condition("ConditionExpression", text)).transpose();
        Ok(Guard {
            condition: condition.map_err(errors::of_expression)?,
            shows_old: on_failure.is_some_and(|wanted| wanted.as_str() == "ALL_OLD"),
        })
    }

    /// Reads the condition of a request that has no other expression.
    pub(crate) fn alone(
        names: Option<&std::collections::BTreeMap<String, String>>,
        values: Option<&std::collections::BTreeMap<String, api::AttributeValue>>,
        expression: Option<&str>,
        on_failure: Option<&api::ReturnValuesOnConditionCheckFailure>,
    ) -> Result<Self, Fault> {
        let mut names = read::names(names, values, expression.is_some())?;
        let guard = Guard::read(&mut names, expression, on_failure)?;
        names.finish().map_err(errors::of_expression)?;
        Ok(guard)
    }

    /// Whether it looks at the item that is there.
    pub(crate) fn is_conditional(&self) -> bool {
        self.condition.is_some()
    }

    /// Refuses the write when the condition does not hold for the item that is there.
    pub(crate) fn check(&self, old: Option<&Item>) -> Result<(), Fault> {
        const MESSAGE: &str = "The conditional request failed";
        let nothing = Item::new();
        if self.condition.as_ref().is_none_or(|condition| condition.holds(old.unwrap_or(&nothing))) {
            return Ok(());
        }
        let item = old.filter(|_| self.shows_old).cloned().map(attribute::shown);
        let failed = api::error::conditional_check_failed_exception(MESSAGE);
        Err(failed.with_detail(api::ConditionalCheckFailedException { message: Some(MESSAGE.into()), item }))
    }
}
