//! TestState: one state by itself, with its input, its task really called or mocked, and all that is between.
//!
//! The state is made a machine of its own, of which nothing is stored. What its fields give one after the other is asked of the
//! language by other small machines ([`inspect`]).

mod checks;
mod inspect;
mod items;
mod mocked;
mod named;
mod run;
mod seen;

use api_states as api;
use serde_json::Value;
use service::{Context, Result};

use self::checks::{Mock, Tested};
use self::seen::End;

/// Tests a state.
pub(crate) async fn test(context: Context, input: api::TestStateInput) -> Result<api::TestStateOutput> {
    if input.reveal_secrets == Some(true) {
        context.permit(&api::FACTS, "RevealSecrets", &Vec::new)?;
    }
    let tested = Tested::of(&input)?;
    if let Some(Mock::Result(result)) = &tested.mock {
        let mode = input.mock.as_ref().and_then(|mock| mock.field_validation_mode.as_ref());
        mocked::check(&context.cloud, tested.state["Resource"].as_str().unwrap_or_default(), result, mode)?;
    }
    run::check(&tested, &context)?;
    let (seen, items) = match items::find(&tested, &context)? {
        Ok(items) => (run::run(&tested, &context).await?, items),
        Err(failed) => (failed, None),
    };
    let is_inspected = input.inspection_level.is_some_and(|level| level != api::InspectionLevel::Info);
    let inspection_data = is_inspected.then(|| inspect::inspect(&tested, &seen, items.as_ref()));
    let (error, cause) = seen.failure.clone().unzip();
    let output = api::TestStateOutput {
        status: Some(match seen.end {
            End::Succeeded => api::TestExecutionStatus::Succeeded,
            End::Failed => api::TestExecutionStatus::Failed,
            End::Retriable { .. } => api::TestExecutionStatus::Retriable,
            End::Caught => api::TestExecutionStatus::CaughtError,
        }),
        output: seen.output.filter(|_| matches!(seen.end, End::Succeeded | End::Caught)),
        next_state: seen.next,
        error: error.flatten(),
        cause: cause.flatten(),
        inspection_data,
    };
    Ok(output)
}

/// The first of a state's handlers of errors that is for this one.
fn handler(state: &Value, field: &str, error: &str) -> Option<usize> {
    let is_timeout = matches!(error, "States.Timeout" | "States.HeartbeatTimeout");
    let is_for = |name: &str| match name {
        "States.ALL" => true,
        "States.TaskFailed" => !is_timeout,
        "States.Timeout" => is_timeout,
        name => name == error,
    };
    let handlers = state[field].as_array()?;
    handlers.iter().position(|handler| {
        let names = handler["ErrorEquals"].as_array();
        names.is_some_and(|names| names.iter().filter_map(Value::as_str).any(is_for))
    })
}

#[cfg(test)]
mod tests;
