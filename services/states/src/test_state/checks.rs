//! What a request to test a state says, and what of it cannot be.

use api_states as api;
use serde_json::{Map, Value, json};
use wire::Fault;

use super::named::{inside, not_found, state_of};
use crate::errors;

const NO_CHILDREN: &str = "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, Pass, Succeed, Fail, Choice]";
const INVALID_CONTEXT: &str = "Invalid Context object provided";

/// What is said to come of a task, or of what runs within.
pub(super) enum Mock {
    Result(Value),
    Error { error: Option<String>, cause: Option<String> },
}

/// A state to be tested.
pub(super) struct Tested {
    pub(super) name: String,
    /// Its definition.
    pub(super) state: Value,
    pub(super) input: Value,
    pub(super) variables: Map<String, Value>,
    /// What its context object is to say.
    pub(super) context: Value,
    pub(super) mock: Option<Mock>,
    pub(super) role_arn: Option<String>,
    /// How often it was tried before.
    pub(super) retries: u64,
    /// How many of its items failed.
    pub(super) failed_items: Option<u64>,
    /// What its items are read from.
    pub(super) read: Option<String>,
}

impl Tested {
    /// Reads a request.
    pub(super) fn of(input: &api::TestStateInput) -> Result<Self, Fault> {
        let definition = json_of("definition", Some(&input.definition))?;
        let (name, state) = state_of(&definition, input.state_name.as_deref())?;
        let configuration = input.state_configuration.as_ref();
        let count = |count: Option<i32>| count.and_then(|count| u64::try_from(count).ok());
        let tested = Tested {
            name,
            state,
            input: json_of("input", input.input.as_ref())?,
            variables: object_of("variables", input.variables.as_ref())?,
            context: Value::Object(object_of("context", input.context.as_ref())?),
            mock: input.mock.as_ref().map(mock).transpose()?,
            role_arn: input.role_arn.clone(),
            retries: count(configuration.and_then(|given| given.retrier_retry_count)).unwrap_or(0),
            failed_items: count(configuration.and_then(|given| given.map_iteration_failure_count)),
            read: configuration.and_then(|given| given.map_item_reader_data.clone()),
        };
        if tested.mock.is_some() && input.reveal_secrets == Some(true) {
            return Err(errors::validation(
                "TestState does not support RevealSecrets when a mock is specified.",
            ));
        }
        tested.check_kind()?;
        tested.check_context()?;
        tested.check_mock()?;
        if tested.read.is_some() && (tested.kind() != "Map" || !tested.state["ItemReader"].is_object()) {
            return Err(errors::validation("mapItemReaderData is for Map states with an ItemReader."));
        }
        let origin = configuration.and_then(|given| given.error_caused_by_state.as_deref());
        origin.map_or(Ok(()), |origin| tested.check_origin(origin))?;
        Ok(tested)
    }

    pub(super) fn kind(&self) -> &str {
        self.state["Type"].as_str().unwrap_or_default()
    }

    pub(super) fn is_jsonata(&self) -> bool {
        self.state["QueryLanguage"] == "JSONata"
    }

    /// The token or the end of a job is what ends its task.
    fn goes_on(&self) -> bool {
        let resource = self.state["Resource"].as_str().unwrap_or_default();
        resource.ends_with(".waitForTaskToken") || resource.contains(".sync")
    }

    /// Its items are executions of their own.
    pub(super) fn is_distributed(&self) -> bool {
        self.state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    }

    fn check_kind(&self) -> Result<(), Fault> {
        let kind = self.kind();
        match (kind, &self.mock) {
            ("Map" | "Parallel", None) => Err(api::error::invalid_definition(NO_CHILDREN)),
            ("Task" | "Map" | "Parallel", Some(_)) => Ok(()),
            (_, Some(_)) => {
                let why = format!("State type '{kind}' is not supported when a mock is specified");
                Err(errors::validation(why))
            }
            ("Task", None) if self.role_arn.is_none() => {
                Err(errors::validation("A roleArn is required when a mock is not specified"))
            }
            ("Task", None) if self.goes_on() || self.is_activity() => Err(api::error::invalid_definition(
                "TestState API does not support Activity tasks and the '.sync' and '.waitForTaskToken' service integration patterns without a mock",
            )),
            _ => Ok(()),
        }
    }

    fn is_activity(&self) -> bool {
        self.state["Resource"].as_str().is_some_and(|resource| resource.contains(":activity:"))
    }

    /// A mocked failure may be said to come from a state within.
    fn check_origin(&self, name: &str) -> Result<(), Fault> {
        let is_mocked = matches!(self.mock, Some(Mock::Error { .. }));
        if !is_mocked || !matches!(self.kind(), "Map" | "Parallel") {
            let why = "errorCausedByState is for mocked errors of Map and Parallel states.";
            return Err(errors::validation(why));
        }
        match inside(&self.state, name) {
            Some(_) => Ok(()),
            None => Err(not_found(name)),
        }
    }

    fn check_context(&self) -> Result<(), Fault> {
        let invalid = |why: String| Err(errors::validation(format!("{INVALID_CONTEXT}: {why}")));
        for (name, value) in self.context.as_object().into_iter().flatten() {
            let known: &[&str] = match name.as_str() {
                "Execution" => {
                    &["Id", "Input", "Name", "RoleArn", "StartTime", "RedriveCount", "RedriveTime"]
                }
                "State" => &["EnteredTime", "Name", "RetryCount"],
                "StateMachine" => &["Id", "Name"],
                "Task" if self.goes_on() => &["Token"],
                "Task" => {
                    return invalid("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern".into());
                }
                "Map" => return invalid("'Map' field is not supported when mocking a Context object".into()),
                other => return invalid(format!("Field '{other}' is not allowed")),
            };
            for (field, value) in value.as_object().into_iter().flatten() {
                if !known.contains(&field.as_str()) {
                    return invalid(format!("Field '{field}' is not allowed"));
                }
                let is_text = !matches!(field.as_str(), "Input" | "RetryCount" | "RedriveCount");
                if is_text && !value.is_string() {
                    return invalid(format!("{name}.{field} must be a string"));
                }
            }
        }
        Ok(())
    }

    fn check_mock(&self) -> Result<(), Fault> {
        let Some(Mock::Result(result)) = &self.mock else { return Ok(()) };
        let refused = |why: &str| Err(errors::validation(why));
        let branches = self.state["Branches"].as_array().map(Vec::len);
        match (self.kind(), result) {
            ("Map", result) if self.state["ResultWriter"]["Resource"].is_string() && !result.is_object() => {
                refused("Mocked result must be a JSON object.")
            }
            ("Map", result) if self.state["ResultWriter"].is_null() && !result.is_array() => {
                refused("Mocked result must be an array.")
            }
            ("Parallel", Value::Array(results)) if Some(results.len()) != branches => {
                refused("Mocked result must contain the same number of items as number of Parallel branches.")
            }
            ("Parallel", Value::Array(_)) => Ok(()),
            ("Parallel", _) => refused("Mocked result must be an array."),
            _ => Ok(()),
        }
    }
}

fn mock(given: &api::MockInput) -> Result<Mock, Fault> {
    match (&given.result, &given.error_output) {
        (Some(_), Some(_)) => Err(errors::validation(
            "A test mock should have only one of the following fields: [result, errorOutput].",
        )),
        (None, Some(output)) => Ok(Mock::Error { error: output.error.clone(), cause: output.cause.clone() }),
        (result, None) => json_of("mock.result", result.as_ref()).map(Mock::Result),
    }
}

fn json_of(name: &str, text: Option<&String>) -> Result<Value, Fault> {
    let Some(text) = text else { return Ok(json!({})) };
    serde_json::from_str(text).map_err(|error| match name {
        "input" => {
            api::error::invalid_execution_input(format!("Invalid State Machine Execution Input: '{error}'"))
        }
        "definition" => api::error::invalid_definition(format!(
            "Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {error}'"
        )),
        name => errors::validation(format!("Invalid JSON in {name}: {error}")),
    })
}

fn object_of(name: &str, text: Option<&String>) -> Result<Map<String, Value>, Fault> {
    match json_of(name, text)? {
        Value::Object(object) => Ok(object),
        _ => Err(errors::validation(format!("The field {name} must be a JSON object"))),
    }
}
