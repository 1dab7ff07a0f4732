//! The condition of a write: what it asks of the item that is there, and what its refusal shows.

use std::collections::BTreeMap;

use api_dynamodb as api;
use expressions::{Condition, Item, Names, Path};
use wire::Fault;

use crate::{errors, read};

/// What a condition that does not hold is answered with.
const FAILED: &str = "The conditional request failed";

/// What is there already is answered with.
const DUPLICATE: &str = "Duplicate primary key exists in table";

/// A condition, or none.
#[derive(Default)]
pub(crate) struct Guard {
    condition: Option<Condition>,
    shows_old: bool,
    presence: Presence,
}

/// Whether an item must be there, before the condition is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Presence {
    /// The condition says it.
    #[default]
    Any,
    /// It must not be there.
    New,
    /// It must be there.
    There,
    /// The condition is asked only of an item that is there.
    Optional,
}

/// Why an action on an item is not carried out.
pub(crate) enum Refusal {
    /// Its condition does not hold for the item that is there, which is to be shown.
    Condition(Option<Item>),
    /// It is there, and must not be.
    Duplicate,
    /// It cannot be done to the item that is there.
    Invalid(Fault),
}

impl Guard {
    /// That condition; a refusal shows the item where the request wants it to.
    pub(crate) fn new(
        condition: Option<Condition>,
        on_failure: Option<&api::ReturnValuesOnConditionCheckFailure>,
    ) -> Self {
        let shows_old = on_failure.is_some_and(|wanted| wanted.as_str() == "ALL_OLD");
        Guard { condition, shows_old, presence: Presence::Any }
    }

    /// The same, for an item that must be there, or must not.
    pub(crate) fn of(self, presence: Presence) -> Self {
        Guard { presence, ..self }
    }

    /// Reads the condition, which shares its placeholders with the request's other expressions.
    pub(crate) fn read(
        names: &mut Names,
        expression: Option<&str>,
        on_failure: Option<&api::ReturnValuesOnConditionCheckFailure>,
    ) -> Result<Self, Fault> {
        let condition = expression.map(|text| names.condition("ConditionExpression", text)).transpose();
        Ok(Guard::new(condition.map_err(errors::of_expression)?, on_failure))
    }

    /// Reads the condition of a request that has no other expression.
    pub(crate) fn alone(
        names: Option<&BTreeMap<String, String>>,
        values: Option<&BTreeMap<String, api::AttributeValue>>,
        expression: Option<&str>,
        on_failure: Option<&api::ReturnValuesOnConditionCheckFailure>,
    ) -> Result<Self, Fault> {
        let mut names = read::names(names, values, expression.is_some())?;
        let guard = Guard::read(&mut names, expression, on_failure)?;
        names.finish().map_err(errors::of_expression)?;
        Ok(guard)
    }

    /// The same, or that condition where it has none.
    pub(crate) fn or(self, condition: Option<Condition>) -> Self {
        Guard { condition: self.condition.or(condition), ..self }
    }

    /// The paths that it looks at.
    pub(crate) fn paths(&self) -> Vec<&Path> {
        self.condition.as_ref().map(Condition::paths).unwrap_or_default()
    }

    /// Whether it looks at the item that is there.
    pub(crate) fn is_conditional(&self) -> bool {
        self.condition.is_some() || self.presence != Presence::Any
    }

    /// Refuses the write when the condition does not hold for the item that is there.
    pub(crate) fn check(&self, old: Option<&Item>) -> Result<(), Refusal> {
        match (self.presence, old) {
            (Presence::New, Some(_)) => return Err(Refusal::Duplicate),
            (Presence::There, None) => return Err(Refusal::Condition(None)),
            (Presence::Optional, None) => return Ok(()),
            _ => {}
        }
        let nothing = Item::new();
        if self.condition.as_ref().is_none_or(|condition| condition.holds(old.unwrap_or(&nothing))) {
            return Ok(());
        }
        Err(Refusal::Condition(old.filter(|_| self.shows_old).cloned()))
    }
}

/// As an operation on one item puts it.
impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Fault {
        match refusal {
            Refusal::Invalid(fault) => fault,
            Refusal::Duplicate => api::error::duplicate_item_exception(DUPLICATE),
            Refusal::Condition(item) => {
                let (message, item) = (Some(FAILED.into()), item.map(api::AttributeMap::from));
                let detail = api::ConditionalCheckFailedException { message, item };
                api::error::conditional_check_failed_exception(FAILED).with_detail(detail)
            }
        }
    }
}

/// As a transaction lists it: the code, the message and the item.
impl From<Refusal> for api::CancellationReason {
    fn from(refusal: Refusal) -> Self {
        let (code, message, item) = match refusal {
            Refusal::Condition(item) => ("ConditionalCheckFailed", FAILED.to_owned(), item),
            Refusal::Duplicate => ("DuplicateItem", DUPLICATE.to_owned(), None),
            Refusal::Invalid(fault) if fault.code == "ResourceNotFoundException" => {
                ("ResourceNotFound", fault.message, None)
            }
            Refusal::Invalid(fault) if fault.code == "ProvisionedThroughputExceededException" => {
                ("ProvisionedThroughputExceeded", fault.message, None)
            }
            Refusal::Invalid(fault) if fault.code == "ThrottlingException" => {
                ("ThrottlingError", fault.message, None)
            }
            Refusal::Invalid(fault) => ("ValidationError", fault.message, None),
        };
        api::CancellationReason {
            code: Some(code.into()),
            message: Some(message),
            item: item.map(api::AttributeMap::from),
        }
    }
}
