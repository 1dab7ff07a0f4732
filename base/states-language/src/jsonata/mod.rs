//! JSONata, as the language uses it: `{% $states.input.total + $tax %}`.
//!
//! The engine is `jsonata-core`, and this module alone knows it. Its impure functions are replaced: the time is that of the
//! input, chance comes from the seed; `$eval` is not there, as on AWS. Expressions are bounded in depth, in length of lists and in
//! time. The last of these is the one thing in this crate that looks at a clock, and only to give up.

mod functions;
mod values;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions};
use jsonata_core::parser;
use jsonata_core::value::JValue;
use serde_json::Value;

use self::values::{from_engine, to_engine};
use crate::scope::{Scope, Subject};

const EVALUATION_MS_MAX: u64 = 1_000;
const STACK_MAX: usize = 1_000;
const ITEMS_MAX: usize = 100_000;

/// An expression that was read, and what it looks at.
#[derive(Clone, Debug)]
pub(crate) struct Expression {
    text: Box<str>,
    tree: AstNode,
    /// Variables that its text names, `states` apart.
    variables: Vec<String>,
    sees_states: bool,
}

impl Expression {
    /// The expression in a text between `{%` and `%}`.
    pub(crate) fn inside(text: &str) -> Option<&str> {
        text.strip_prefix("{%")?.strip_suffix("%}")
    }

    /// Reads an expression, without the signs around it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let tree = parser::parse(text).map_err(|error| error.display_message())?;
        let mut variables = named(text);
        variables.sort_unstable();
        variables.dedup();
        let sees_states = variables.iter().any(|name| name == "states");
        variables.retain(|name| name != "states");
        Ok(Expression { text: text.into(), tree, variables, sees_states })
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// What it gives: nothing where that is undefined.
    pub(crate) fn evaluate(&self, scope: &Scope<'_>, subject: Subject<'_>) -> Result<Option<Value>, String> {
        self.evaluate_on(&JValue::Undefined, scope, subject)
    }

    /// What it gives of a document. In state machines there is none.
    fn evaluate_on(
        &self,
        document: &JValue,
        scope: &Scope<'_>,
        subject: Subject<'_>,
    ) -> Result<Option<Value>, String> {
        let mut context = Context::new();
        if self.sees_states {
            context.bind("states".to_owned(), self.states(scope, subject));
        }
        for name in &self.variables {
            if let Some(value) = scope.variable(name) {
                context.bind(name.clone(), to_engine(value));
            }
        }
        let options = EvaluatorOptions {
            timeout_ms: Some(EVALUATION_MS_MAX),
            max_stack_depth: Some(STACK_MAX),
            max_sequence_length: Some(ITEMS_MAX),
            cancel: None,
        };
        let mut evaluator = Evaluator::with_options(context, options);
        let given = functions::register(&mut evaluator, scope)
            .and_then(|()| evaluator.evaluate(&self.tree, document));
        from_engine(&given.map_err(worded)?)
    }

    /// `$states`, with the members that the text names.
    fn states(&self, scope: &Scope<'_>, subject: Subject<'_>) -> JValue {
        let mut states = Vec::new();
        let mut add = |name: &str, value: &Value| {
            if self.text.contains(name) || self.sees_all_of_states() {
                states.push((name.to_owned(), to_engine(value)));
            }
        };
        add("input", scope.input);
        if let Some(result) = subject.result {
            add("result", result);
        }
        if let Some(output) = subject.error_output {
            add("errorOutput", output);
        }
        if self.text.contains("context") || self.sees_all_of_states() {
            add("context", &scope.context);
        }
        JValue::object(states.into_iter().collect())
    }

    /// Whether `$states` is used in other ways than `$states.name`.
    fn sees_all_of_states(&self) -> bool {
        let mut uses = self.text.split("$states").skip(1);
        uses.any(|behind| {
            let member = behind.strip_prefix('.').unwrap_or_default();
            !["input", "result", "errorOutput", "context"].iter().any(|name| member.starts_with(name))
        })
    }
}

fn worded(error: EvaluatorError) -> String {
    error.message().to_owned()
}

/// The names behind each `$` of a text. More than there are variables, for functions have names too.
fn named(text: &str) -> Vec<String> {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    let names = text.split('$').skip(1).map(|behind| {
        let end = behind.find(|letter| !is_of_name(letter)).unwrap_or(behind.len());
        behind[..end].to_owned()
    });
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests;
