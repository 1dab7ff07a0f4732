//! One express execution, from its start to its end: tasks run beside it, timers are moments of the clock.

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;
use service::{Context, Result as Done, Tx};
use states_language::definition::Machine;
use states_language::event::HistoryEvent;
use states_language::execution::{
    About, Command, Execution, FailedAt, Id as Waited, Input, Moment, Outcome, Scheduled, Timer, step,
};
use tokio::task::{AbortHandle, JoinSet};
use wire::Timestamp;

use crate::keys::Id;
use crate::logging::{self, Logged};
use crate::run::Ready;
use crate::tasks::{self, Answer, Task, TaskFailure};

/// How long an execution may take.
const TIME_MAX_MS: u64 = 300_000;
/// How many events are kept until they are logged.
const EVENTS_KEPT: usize = 1000;

/// An execution on its way.
pub(crate) struct Flight<'a> {
    context: &'a Context,
    ready: &'a Ready,
    id: Id,
    state: Execution,
    execution_arn: String,
    machine_name: String,
    inputs: VecDeque<Input>,
    events: Vec<HistoryEvent>,
    timers: BTreeMap<Timer, u64>,
    tasks: JoinSet<(Waited, Result<Answer, TaskFailure>)>,
    at_work: BTreeMap<Waited, AbortHandle>,
}

impl<'a> Flight<'a> {
    /// An execution of a machine of the definition.
    pub(crate) fn new(
        context: &'a Context,
        ready: &'a Ready,
        id: Id,
        about: About,
        machine: Machine,
    ) -> Self {
        Flight {
            context,
            ready,
            id,
            execution_arn: about.execution_arn.clone(),
            machine_name: about.state_machine_name.clone(),
            state: Execution::new(about, machine).without_history(),
            inputs: VecDeque::new(),
            events: Vec::new(),
            timers: BTreeMap::new(),
            tasks: JoinSet::new(),
            at_work: BTreeMap::new(),
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.context.now().millis()).unwrap_or_default()
    }

    /// Goes on until it is over. What it does is logged as it goes.
    ///
    /// # Errors
    /// When the store does not take what is to be logged.
    pub(crate) async fn fly(mut self, input: Value) -> Done<Outcome> {
        let end_ms = self.now_ms() + TIME_MAX_MS;
        self.inputs.push_back(Input::Started { input });
        loop {
            while let Some(input) = self.inputs.pop_front() {
                self.take(input);
                if let Some(outcome) = self.state.outcome().cloned() {
                    self.log().await?;
                    return Ok(outcome);
                }
                if self.events.len() >= EVENTS_KEPT {
                    self.log().await?;
                }
                // A long one lets others have their turn.
                tokio::task::yield_now().await;
            }
            let input = self.next(end_ms).await;
            self.inputs.extend(input);
        }
    }

    fn take(&mut self, input: Input) {
        let moment =
            Moment { now_ms: self.now_ms(), seed: u64::from_le_bytes(self.context.random().bytes()) };
        let step = step(&self.ready.definition, &mut self.state, moment, input);
        if self.ready.logging.level != "OFF" {
            self.events.extend(step.events);
        }
        for command in step.commands {
            self.carry_out(command);
        }
    }

    async fn log(&mut self) -> Done<()> {
        let events = std::mem::take(&mut self.events);
        if events.is_empty() {
            return Ok(());
        }
        let (machine, execution_arn) = (&*self.machine_name, &*self.execution_arn);
        let logged = Logged { machine, execution_arn, redrives: 0 };
        let once = |tx: &mut Tx<'_>| logging::note(tx, &self.ready.logging, &logged, &events);
        self.context.transact(once).await
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::ScheduleTask(task) => self.call(task),
            Command::CancelTask(waited) => {
                if let Some(task) = self.at_work.remove(&waited) {
                    task.abort();
                }
            }
            Command::SetTimer(timer, at_ms) => drop(self.timers.insert(timer, at_ms)),
            Command::CancelTimer(timer) => drop(self.timers.remove(&timer)),
            Command::StartMapRun(run) => {
                let (error, cause) = ("States.Runtime", "Express executions have no distributed maps.");
                let (error, cause) = (error.to_owned(), cause.to_owned());
                self.inputs.push_back(Input::MapRunFailed { id: run.id, error, cause });
            }
            Command::RedriveMapRun(_) | Command::CancelMapRun(_) | Command::Complete(_) => {}
            Command::Continue => self.inputs.push_back(Input::Continue),
        }
    }

    fn call(&mut self, scheduled: Scheduled) {
        let waited = scheduled.id;
        self.inputs.push_back(Input::TaskStarted { id: waited, worker: None });
        let session = self.execution_arn.rsplit(':').next().unwrap_or_default();
        let role = scheduled.role_arn.as_deref().unwrap_or(&self.ready.role_arn).parse();
        let context = match role {
            Ok(role) => self.context.clone().in_role(&role, session),
            Err(_) => self.context.clone(),
        };
        let task = Task {
            id: format!("{}-{}-{}", names::ids::uuid(self.id), waited.frame, waited.serial),
            parameters: serde_json::from_str(&scheduled.parameters).unwrap_or_default(),
            resource: scheduled.resource,
            token: scheduled.token,
            execution_arn: self.execution_arn.clone(),
        };
        let run = async move { (waited, tasks::run(&context, &task).await) };
        self.at_work.insert(waited, self.tasks.spawn(run));
    }

    /// Waits for whatever comes first.
    async fn next(&mut self, end_ms: u64) -> Option<Input> {
        let first =
            self.timers.iter().min_by_key(|(_, at_ms)| **at_ms).map(|(timer, at_ms)| (*timer, *at_ms));
        let (timer, at_ms) = first.filter(|(_, at_ms)| *at_ms < end_ms).unwrap_or((Timer::Execution, end_ms));
        let moment = Timestamp(i64::try_from(at_ms).unwrap_or(i64::MAX));
        tokio::select! {
            () = self.context.cloud.clock.sleep_until(moment) => {
                self.timers.remove(&timer);
                Some(Input::TimerFired(timer))
            }
            Some(ended) = self.tasks.join_next() => ended.ok().and_then(|(waited, answer)| self.ended(waited, answer)),
        }
    }

    /// What came of a task, unless it is wanted no more.
    fn ended(&mut self, id: Waited, answer: Result<Answer, TaskFailure>) -> Option<Input> {
        self.at_work.remove(&id)?;
        Some(match answer {
            Ok(Answer::Output(output)) => Input::TaskSucceeded { id, output: output.to_string() },
            // Definitions of express state machines have no such tasks.
            Ok(Answer::Submitted(_) | Answer::Begun { .. }) => Input::TaskFailed {
                id,
                at: FailedAt::Work,
                error: Some("States.Runtime".to_owned()),
                cause: Some("Express executions wait for no tokens and no jobs.".to_owned()),
            },
            Err(TaskFailure { at, error, cause }) => {
                Input::TaskFailed { id, at, error: Some(error), cause: Some(cause) }
            }
        })
    }
}
