//! Step Functions: state machines, their executions, and the tasks that these call.
//!
//! What an execution does next is `states-language`'s to say. Here it is stored after each step, in one transaction with
//! its history, the tasks to call and the timers to set ([`run`]); [`tasks`] calls.
//!
//! Never here: the language itself, and what a called service does.

mod activities;
mod aliases;
mod callbacks;
mod errors;
mod execution;
mod executions;
mod express;
mod keys;
mod logging;
mod machine;
mod machines;
mod map_runs;
mod name;
mod retention;
mod run;
mod tags;
mod target;
mod tasks;
mod test_state;
mod turns;
mod versions;

use api_states as api;
use names::Arn;
use service::{Service, Sweeper};

/// Deletes what deleted state machines and executions leave behind.
const SWEEPER: Sweeper = Sweeper::new("states");

/// The service.
#[must_use]
pub fn service() -> Service {
    worked(published(ran(machines_of(Service::new(&api::FACTS).tagging(tags::TAGGING)))))
        .work("sweep", |cloud| SWEEPER.run(cloud))
        .work("deletions", machines::run_deletions)
        .work("retention", retention::run)
        .work("timers", run::timers)
        .work("calls", run::calls::run)
        .work("followed", run::work::run_followed)
        .work("cancels", run::work::run_cancels)
        .work("steps", run::work::run_steps)
        .work("map reads", map_runs::run_reads)
        .work("map ticks", map_runs::run_ticks)
        .work("map ends", map_runs::run_ends)
        .work("map flights", map_runs::run_flights)
        .work("lines", logging::run)
        .work("express", express::run)
}

/// State machines.
fn machines_of(service: Service) -> Service {
    service
        .transaction::<api::CreateStateMachine>(machines::create, |scope, input| {
            vec![name::machine(scope, &input.name)]
        })
        .read::<api::DescribeStateMachine>(machines::describe, |_, input| at(&input.state_machine_arn))
        .read::<api::ListStateMachines>(machines::list, |_, _| Vec::new())
        .transaction::<api::DeleteStateMachine>(machines::delete, |_, input| at(&input.state_machine_arn))
        .transaction::<api::UpdateStateMachine>(machines::update, |_, input| at(&input.state_machine_arn))
        .read::<api::ValidateStateMachineDefinition>(machines::validate, |_, _| Vec::new())
        .waiting::<api::TestState, _, _>(test_state::test, |_, _| Vec::new())
}

/// Activities, and tags of all that has some.
fn worked(service: Service) -> Service {
    service
        .transaction::<api::CreateActivity>(activities::create, |scope, input| {
            vec![activities::arn(scope, &input.name)]
        })
        .read::<api::DescribeActivity>(activities::describe, |_, input| at(&input.activity_arn))
        .read::<api::ListActivities>(activities::list, |_, _| Vec::new())
        .transaction::<api::DeleteActivity>(activities::delete, |_, input| at(&input.activity_arn))
        .waiting::<api::GetActivityTask, _, _>(activities::take, |_, input| at(&input.activity_arn))
        .transaction::<api::TagResource>(tags::tag, |_, input| at(&input.resource_arn))
        .transaction::<api::UntagResource>(tags::untag, |_, input| at(&input.resource_arn))
        .read::<api::ListTagsForResource>(tags::list, |_, input| at(&input.resource_arn))
}

/// Versions and aliases.
fn published(service: Service) -> Service {
    service
        .transaction::<api::PublishStateMachineVersion>(versions::publish, |_, input| {
            at(&input.state_machine_arn)
        })
        .read::<api::ListStateMachineVersions>(versions::list, |_, input| at(&input.state_machine_arn))
        .transaction::<api::DeleteStateMachineVersion>(versions::delete, |_, input| {
            at(&input.state_machine_version_arn)
        })
        .transaction::<api::CreateStateMachineAlias>(aliases::create, |_, input| {
            let first = input.routing_configuration.first();
            first.map(|route| at(&route.state_machine_version_arn)).unwrap_or_default()
        })
        .read::<api::DescribeStateMachineAlias>(aliases::describe, |_, input| {
            at(&input.state_machine_alias_arn)
        })
        .read::<api::ListStateMachineAliases>(aliases::list, |_, input| at(&input.state_machine_arn))
        .transaction::<api::UpdateStateMachineAlias>(aliases::update, |_, input| {
            at(&input.state_machine_alias_arn)
        })
        .transaction::<api::DeleteStateMachineAlias>(aliases::delete, |_, input| {
            at(&input.state_machine_alias_arn)
        })
}

/// Executions.
fn ran(service: Service) -> Service {
    service
        .transaction::<api::StartExecution>(executions::start, |_, input| at(&input.state_machine_arn))
        .waiting::<api::StartSyncExecution, _, _>(express::sync, |_, input| at(&input.state_machine_arn))
        .read::<api::DescribeExecution>(executions::describe, |_, input| at(&input.execution_arn))
        .read::<api::DescribeStateMachineForExecution>(executions::machine_of, |_, input| {
            at(&input.execution_arn)
        })
        .read::<api::GetExecutionHistory>(executions::history, |_, input| at(&input.execution_arn))
        .read::<api::ListExecutions>(executions::list, |_, input| {
            input
                .state_machine_arn
                .as_ref()
                .or(input.map_run_arn.as_ref())
                .map(|arn| at(arn))
                .unwrap_or_default()
        })
        .read::<api::DescribeMapRun>(map_runs::describe, |_, input| at(&input.map_run_arn))
        .read::<api::ListMapRuns>(map_runs::list, |_, input| at(&input.execution_arn))
        .transaction::<api::UpdateMapRun>(map_runs::update, |_, input| at(&input.map_run_arn))
        .transaction::<api::RedriveExecution>(executions::redrive, |_, input| at(&input.execution_arn))
        .transaction::<api::StopExecution>(executions::stop, |_, input| at(&input.execution_arn))
        .transaction::<api::SendTaskSuccess>(callbacks::succeed, |_, _| Vec::new())
        .transaction::<api::SendTaskFailure>(callbacks::fail, |_, _| Vec::new())
        .transaction::<api::SendTaskHeartbeat>(callbacks::beat, |_, _| Vec::new())
}

/// What an ARN names, as a resource.
fn at(arn: &str) -> Vec<Arn> {
    arn.parse().into_iter().collect()
}
