//! What destinations and targets of dead letters are told. One that does not take it is told again, with growing pauses; what
//! is to be told survives the end of the process.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Jobs, Result, Verdict};
use wire::Fault;

use crate::event::dead_letter;
use crate::{destination, errors};

/// How often somebody is told, and how long after the first failure for the second time; twice that after each other.
const TRIES_MAX: u32 = 12;
const REST_MS: i64 = 1000;
/// All that is still to be told.
const TELLINGS: Jobs = Jobs::new("lambda", "telling", 16);

/// What somebody is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Telling {
    /// The function that it is about.
    scope: Scope,
    function: String,
    /// In whose name; without, in Lambda's own.
    role: Option<String>,
    /// Whom: an ARN.
    to: String,
    body: Body,
    /// How often it was not taken.
    failures: u32,
    trace: Option<String>,
}

#[cfg(test)]
layouts::stays!(stored_telling: Telling);

/// Its form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    /// For destinations.
    Document(String),
    /// For targets of dead letters: the event itself, and why it is there, as attributes (name, type, value).
    DeadLetter { event: String, attributes: Vec<(String, String, String)> },
}

impl Telling {
    pub(crate) fn new(scope: Scope, function: &str, to: &str, body: Body) -> Self {
        let (function, to) = (function.to_owned(), to.to_owned());
        Telling { scope, function, role: None, to, body, failures: 0, trace: None }
    }

    /// The same in the name of a role.
    pub(crate) fn in_role(self, role: &str) -> Self {
        Telling { role: Some(role.to_owned()), ..self }
    }

    async fn hand_over(&self, context: Context) -> Result<(), Fault> {
        let context = match &self.role {
            Some(role) => {
                let no_role = |_| errors::invalid(format!("The role {role} is no ARN."));
                context.in_role(&role.parse().map_err(no_role)?, &self.function)
            }
            None => context,
        };
        match &self.body {
            Body::Document(text) => destination::send(&context, &self.to, &self.function, text.clone()).await,
            Body::DeadLetter { event, attributes } => {
                dead_letter::send(&context, &self.to, event.clone(), attributes).await
            }
        }
    }

    /// What becomes of it, now that it was not taken: the same again at a moment, unless it is given up.
    fn refused(self, cloud: &Cloud, fault: &Fault) -> Option<(Self, i64)> {
        let (to, function, failures) = (&self.to, &self.function, self.failures + 1);
        if failures >= TRIES_MAX {
            tracing::warn!(%fault, to, function, "nobody takes what is to be told: it is given up");
            return None;
        }
        tracing::warn!(%fault, to, function, failures, "somebody did not take what is to be told");
        let due_ms = cloud.clock.now().millis() + (REST_MS << self.failures);
        Some((Telling { failures, ..self }, due_ms))
    }
}

/// Tells it at once; where that fails, it is noted to be told later.
pub(crate) async fn tell(context: &Context, telling: Telling) -> Result<()> {
    let telling = Telling { trace: context.caller.trace.as_deref().map(str::to_owned), ..telling };
    let Err(fault) = telling.hand_over(context.clone()).await else { return Ok(()) };
    let Some((telling, due_ms)) = telling.refused(&context.cloud, &fault) else { return Ok(()) };
    let id = context.random().bytes();
    context.transact(|tx| TELLINGS.put(tx, due_ms, &id, &telling)).await
}

/// Tells what is due.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    TELLINGS.run(cloud, again).await
}

async fn again(cloud: Arc<Cloud>, telling: Telling) -> Result<Verdict<Telling>> {
    let trace = telling.trace.as_deref().map(Arc::from);
    let context = cloud.context_of("lambda", telling.scope).traced(trace);
    let Err(fault) = telling.hand_over(context).await else { return Ok(Verdict::Done) };
    Ok(match telling.refused(&cloud, &fault) {
        Some((telling, due_ms)) => Verdict::Again(telling, due_ms),
        None => Verdict::Done,
    })
}
