//! Step Functions: state machines, their executions, and the tasks that these call.
//!
//! What an execution does next is `states-language`'s to say. Here it is stored after each step, in one transaction with
//! its history, the tasks to call and the timers to set; [`tasks`] calls.
//!
//! Never here: the language itself, and what a called service does.

mod errors;
mod keys;
mod machine;
mod machines;
#[expect(dead_code, reason = "executions will run them")]
mod map_runs;
mod name;
mod tags;
#[expect(dead_code, reason = "executions will follow jobs")]
mod tasks;
mod test_state;

use api_states as api;
use names::Arn;
use service::{Service, Sweeper};

/// Deletes what deleted state machines and executions leave behind.
const SWEEPER: Sweeper = Sweeper::new("states");

/// The service.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .tagging(tags::TAGGING)
        .transaction::<api::CreateStateMachine>(machines::create, |scope, input| {
            vec![name::machine(scope, &input.name)]
        })
        .read::<api::DescribeStateMachine>(machines::describe, |_, input| at(&input.state_machine_arn))
        .read::<api::ListStateMachines>(machines::list, |_, _| Vec::new())
        .transaction::<api::DeleteStateMachine>(machines::delete, |_, input| at(&input.state_machine_arn))
        .waiting::<api::TestState, _, _>(test_state::test, |_, _| Vec::new())
        .work("sweep", |cloud| SWEEPER.run(cloud))
}

/// What an ARN names, as a resource.
fn at(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
