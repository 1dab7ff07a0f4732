//! The Amazon States Language: definitions, and machines that run them step by step.
//!
//! A text is read into a [`definition::Definition`], which says everything that is wrong with it at once. An
//! [`execution::Execution`] runs it: [`execution::step`] gives an input to it (its start, the answer of a task, a timer), and tells
//! what to append to its history and what to do next:
//!
//! ```
//! use cloudlet_states_language::definition::{Definition, Machine};
//! use cloudlet_states_language::execution::{About, Command, Execution, Input, Moment, Outcome, step};
//!
//! let text = r#"{"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "world", "End": true}}}"#;
//! let definition = Definition::parse(text).expect("it is one");
//! let mut execution = Execution::new(About::default(), Machine::WHOLE);
//! let moment = Moment { now_ms: 0, seed: 0 };
//! let step = step(&definition, &mut execution, moment, Input::Started { input: "hello".into() });
//! assert_eq!(step.events.len(), 4);
//! assert_eq!(step.commands, [Command::Complete(Outcome::Succeeded("\"world\"".into()))]);
//! ```
//!
//! Both query languages are here: JSONPath, with payload templates and intrinsic functions, and JSONata. Whoever runs
//! executions stores each after its step, in one transaction with the events; what is asked for twice after a crash has the same
//! [`execution::Id`], and what comes too late is not heard.
//!
//! Pure: never a clock, a store, a socket or chance of its own. Follows the Amazon States Language Specification and the Step
//! Functions developer guide.

mod chance;
mod choice;
pub mod definition;
pub mod event;
pub mod execution;
pub mod failure;
mod intrinsic;
mod jsonata;
mod path;
mod scope;
#[cfg(test)]
mod suites;
mod template;
mod time;
