//! Definitions: state machines as text, read once into what a machine runs.
//!
//! [`Definition::parse`] says everything that is wrong with a text at once, with AWS's codes and places. A definition never changes,
//! may be shared by threads, and knows nothing of the executions that run it.

mod builder;
mod diagnostic;
mod field;
mod fields;
mod kinds;
mod map;
mod resource;
mod retry;
mod state;
mod suitability;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::builder::Builder;
pub use self::diagnostic::{Diagnostic, Severity};
pub(crate) use self::field::Field;
pub(crate) use self::map::{Batcher, LABEL_CHARS_MAX, Map};
pub use self::resource::{Pattern, Resource, ResourceKind};
pub(crate) use self::retry::{Catcher, Retrier};
pub use self::suitability::Suitability;
use crate::choice::Condition;
use crate::path::Path;
use crate::template::{Language, Template};

/// How large a definition may be.
pub const DEFINITION_BYTES_MAX: usize = 1_048_576;

/// Which state of a definition.
pub(crate) type StateId = u32;
/// Which machine of a definition: 0 is the whole, the others are branches and item processors.
pub(crate) type MachineId = u32;

/// A state machine that was read.
#[derive(Clone, Debug)]
pub struct Definition {
    states: Vec<State>,
    /// Where each machine starts.
    starts: Vec<StateId>,
    timeout_s: Option<u64>,
    suitability: Suitability,
}

/// A state.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: Box<str>,
    pub(crate) language: Language,
    pub(crate) kind: Kind,
    /// InputPath; null gives an empty object.
    pub(crate) input_path: Option<Path>,
    /// Parameters or Arguments.
    pub(crate) arguments: Option<Template>,
    pub(crate) result_selector: Option<Template>,
    /// ResultPath; null drops the result.
    pub(crate) result_path: Option<Path>,
    pub(crate) output_path: Option<Path>,
    /// Output of JSONata.
    pub(crate) output: Option<Template>,
    pub(crate) assign: Option<Template>,
    /// The state behind it; at the end of its machine there is none.
    pub(crate) next: Option<StateId>,
    pub(crate) retry: Vec<Retrier>,
    pub(crate) catch: Vec<Catcher>,
}

/// What a state does.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Pass { result: Option<Value> },
    Task(Box<Task>),
    Choice { rules: Vec<Rule>, default: Option<StateId> },
    Wait(Until),
    Succeed,
    Fail { error: Option<Field>, cause: Option<Field> },
    Parallel { branches: Vec<MachineId> },
    Map(Box<Map>),
}

/// What a Task state calls.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) resource: Resource,
    /// Where the definition names the resource.
    pub(crate) at: Box<str>,
    pub(crate) timeout: Option<Field>,
    pub(crate) heartbeat: Option<Field>,
    pub(crate) credentials: Option<Template>,
}

/// How long a Wait state waits.
#[derive(Clone, Debug)]
pub(crate) enum Until {
    Seconds(Field),
    Timestamp(Field),
}

/// A rule of a Choice state.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) condition: Condition,
    pub(crate) next: StateId,
    pub(crate) assign: Option<Template>,
    pub(crate) output: Option<Template>,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Vec<Diagnostic>> {
        if text.len() > DEFINITION_BYTES_MAX {
            let why = format!("Definition must not be larger than {DEFINITION_BYTES_MAX} bytes");
            return Err(vec![Diagnostic::schema(why, None)]);
        }
        if text.trim().is_empty() {
            return Err(vec![Diagnostic::schema("Definition must be a valid JSON object", None)]);
        }
        match serde_json::from_str(text) {
            Ok(Value::Object(fields)) => Builder::build(&fields),
            Ok(_) => Err(vec![Diagnostic::schema("Definition must be a valid JSON object", None)]),
            Err(error) => Err(vec![Diagnostic::no_json(&error)]),
        }
    }

    /// The same whose tasks are asked this before they are scheduled.
    #[must_use]
    pub fn asking(self, suitability: Suitability) -> Self {
        Definition { suitability, ..self }
    }

    /// How long an execution may take.
    #[must_use]
    pub fn timeout_s(&self) -> Option<u64> {
        self.timeout_s
    }

    /// The resources that its tasks name, each where it stands.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.states.iter().filter_map(|state| match &state.kind {
            Kind::Task(task) => Some((&*state.name, &task.resource)),
            _ => None,
        })
    }

    /// What an Express state machine does not do: to wait for a token, or for the end of a job.
    #[must_use]
    pub fn unfit_for_express(&self) -> Vec<Diagnostic> {
        let tasks = self.states.iter().filter_map(|state| match &state.kind {
            Kind::Task(task) => Some(task),
            _ => None,
        });
        let unfit = tasks.filter_map(|task| {
            let pattern = match &task.resource.kind {
                ResourceKind::Service { pattern: Pattern::WaitForTaskToken, .. } => ".waitForTaskToken",
                ResourceKind::Service { pattern: Pattern::Sync(_), .. } => ".sync",
                _ => return None,
            };
            // AWS ends the sentence with a space.
            let why = format!("Express state machine does not support '{pattern}' service integration ");
            Some(Diagnostic::schema(why, Some(task.at.to_string())))
        });
        unfit.collect()
    }

    /// The machine that a Map state runs for its items.
    ///
    /// None where there is no such state.
    #[must_use]
    pub fn item_processor(&self, state: &str) -> Option<Machine> {
        self.states.iter().find_map(|known| match &known.kind {
            Kind::Map(map) if *known.name == *state => Some(Machine(map.processor)),
            _ => None,
        })
    }

    /// Says why a task cannot be scheduled with these parameters, if that is so.
    pub(crate) fn suits(&self, resource: &Resource, parameters: &Value) -> Result<(), String> {
        self.suitability.ask(resource, parameters)
    }

    pub(crate) fn state(&self, id: StateId) -> Option<&State> {
        self.states.get(id as usize)
    }

    pub(crate) fn start(&self, machine: MachineId) -> Option<StateId> {
        self.starts.get(machine as usize).copied()
    }
}

/// Whether a character may stand in what ARNs say: in labels, and in names of state machines, activities and executions.
#[must_use]
pub fn is_for_names(character: char) -> bool {
    let is_forbidden = "<>{}[]?*\"#%\\^|~`$&,;:/".contains(character);
    !is_forbidden && !character.is_whitespace() && !character.is_control()
}

/// A machine of a definition that executions can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine(pub(crate) MachineId);

impl Machine {
    /// The whole definition.
    pub const WHOLE: Machine = Machine(0);
}

#[cfg(test)]
mod tests;
