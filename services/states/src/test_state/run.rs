//! Runs one state as a machine of its own, to where its machine would go on with another.

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::{Map, Value, json};
use service::Context;
use states_language::definition::{Definition, Machine};
use states_language::execution::{
    About, Command, Execution, Id, Input, MapRun, Moment, Scheduled, Timer, step,
};
use wire::{Fault, Timestamp, TimestampFormat};

use super::checks::{Mock, Tested};
use super::handler;
use super::seen::{End, Seen};
use crate::tasks::{self, Answer, Task, TaskFailure};
use crate::{errors, machines::checks};

/// How long a test may take.
const PATIENCE: Duration = Duration::from_secs(300);
/// The state that gives the tested one its input and its variables.
const BEFORE: &str = "(before)";
/// Fields that a Parallel or a Map state shares with a task, as which it is mocked.
const SHARED: [&str; 14] = [
    "QueryLanguage",
    "Comment",
    "InputPath",
    "OutputPath",
    "ResultPath",
    "ResultSelector",
    "Parameters",
    "Arguments",
    "Output",
    "Assign",
    "Retry",
    "Catch",
    "Next",
    "End",
];

/// Refuses a state that no machine could have.
pub(super) fn check(tested: &Tested, context: &Context) -> Result<(), Fault> {
    let whole = machine(tested, &tested.state, &tested.input);
    checks::definition(&context.cloud, &whole.to_string(), false)
}

/// The moment of a test.
pub(super) fn moment(context: &Context) -> Moment {
    let now_ms = u64::try_from(context.now().millis()).unwrap_or_default();
    Moment { now_ms, seed: u64::from_le_bytes(context.random().bytes()) }
}

/// Runs the state.
pub(super) async fn run(tested: &Tested, context: &Context) -> Result<Seen, Fault> {
    let state = match tested.kind() {
        "Map" | "Parallel" => as_task(&tested.state),
        _ => tested.state.clone(),
    };
    let mut running = Running::new(tested, &state, &tested.input, moment(context))?;
    if tested.mock.is_none() {
        running.definition = running.definition.asking(tasks::suitability(&context.cloud));
    }
    while let Some(asked) = running.go_on() {
        match asked {
            Asked::Task(task) => {
                let answer = running.answer(tested, context, &task).await;
                running.answered(task.id, answer);
            }
            Asked::Wait(timer, at_ms) => running.wait(context, timer, at_ms).await,
        }
    }
    Ok(running.seen)
}

/// What a Pass state with these fields makes of an input; nothing where it fails.
pub(super) fn probe(tested: &Tested, fields: Value, input: &Value) -> Option<Value> {
    let mut state = fields;
    state["Type"] = "Pass".into();
    state["End"] = true.into();
    let mut running = Running::new(tested, &state, input, Moment { now_ms: 0, seed: 0 }).ok()?;
    while running.go_on().is_some() {}
    serde_json::from_str(&running.seen.output?).ok()
}

/// A machine that comes to the state with its input and variables, and to nothing behind it.
fn machine(tested: &Tested, state: &Value, input: &Value) -> Value {
    let choices = state["Choices"].as_array().into_iter().flatten();
    let rules = choices.chain(state["Catch"].as_array().into_iter().flatten());
    let targets = rules.map(|rule| &rule["Next"]).chain([&state["Next"], &state["Default"]]);
    let mut states: Map<_, _> =
        targets.filter_map(Value::as_str).map(|name| (name.to_owned(), json!({"Type": "Succeed"}))).collect();
    let mut before = json!({"Type": "Pass", "Result": input, "Next": tested.name});
    if !tested.variables.is_empty() {
        before["Assign"] = Value::Object(tested.variables.clone());
    }
    states.insert(BEFORE.into(), before);
    states.insert(tested.name.clone(), state.clone());
    json!({"StartAt": BEFORE, "States": states})
}

/// A state whose branches or items are mocked is one that calls something.
fn as_task(state: &Value) -> Value {
    let is_map = state["Type"] == "Map";
    let shared =
        |name: &str| SHARED.contains(&name) && !(is_map && matches!(name, "Parameters" | "Arguments"));
    let fields = state.as_object().into_iter().flatten().filter(|(name, _)| shared(name));
    let mut task: Map<_, _> = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
    task.insert("Type".into(), "Task".into());
    task.insert("Resource".into(), "arn:aws:states:::states:startExecution".into());
    task.into()
}

/// What a state waits for.
pub(super) enum Asked {
    Task(Box<Scheduled>),
    /// A moment.
    Wait(Timer, u64),
}

/// A run of one state.
pub(super) struct Running<'a> {
    tested: &'a Tested,
    pub(super) definition: Definition,
    pub(super) execution: Execution,
    pub(super) moment: Moment,
    inputs: VecDeque<Input>,
    retries: u64,
    /// What a distributed Map state would run.
    pub(super) map_run: Option<Box<MapRun>>,
    pub(super) seen: Seen,
}

impl<'a> Running<'a> {
    pub(super) fn new(
        tested: &'a Tested,
        state: &Value,
        input: &Value,
        moment: Moment,
    ) -> Result<Self, Fault> {
        let machine_text = machine(tested, state, input).to_string();
        let definition =
            Definition::parse(&machine_text).map_err(|wrong| errors::invalid_definition(&wrong))?;
        let execution = Execution::new(about(tested), Machine::WHOLE);
        let given = &tested.context["Execution"];
        let started = given["StartTime"].as_str();
        let started = started.and_then(|text| Timestamp::parse(text, TimestampFormat::DateTime));
        let now_ms = started.and_then(|moment| u64::try_from(moment.millis()).ok()).unwrap_or(moment.now_ms);
        let whole_input = given.get("Input").unwrap_or(&tested.input).clone();
        let inputs = VecDeque::from([Input::Started { input: whole_input }]);
        let moment = Moment { now_ms, ..moment };
        Ok(Running {
            tested,
            definition,
            execution,
            moment,
            inputs,
            retries: tested.retries,
            map_run: None,
            seen: Seen::nothing(),
        })
    }

    /// Goes on to where a task is to be called or a moment is to come, or to the end.
    pub(super) fn go_on(&mut self) -> Option<Asked> {
        let mut asked = None;
        while let Some(input) = self.inputs.pop_front().filter(|_| self.seen.next.is_none()) {
            let step = step(&self.definition, &mut self.execution, self.moment, input);
            for event in step.events {
                self.seen.note(&self.tested.name, event);
            }
            // What another state wants is not carried out, nor the same one again.
            if self.seen.next.is_some() {
                return None;
            }
            for command in step.commands {
                asked = self.carry_out(command).or(asked);
            }
            if asked.is_some() {
                return asked;
            }
        }
        None
    }

    fn carry_out(&mut self, command: Command) -> Option<Asked> {
        match command {
            Command::ScheduleTask(task) => return Some(Asked::Task(Box::new(task))),
            Command::SetTimer(timer @ Timer::Wait(_), at_ms) => return Some(Asked::Wait(timer, at_ms)),
            Command::SetTimer(timer @ Timer::Retry(_), at_ms) if self.retries > 0 => {
                self.retries -= 1;
                self.fire(timer, at_ms);
            }
            Command::SetTimer(Timer::Retry(_), at_ms) => {
                self.seen.end = End::Retriable { after_ms: at_ms.saturating_sub(self.moment.now_ms) };
            }
            Command::Continue => self.inputs.push_back(Input::Continue),
            Command::StartMapRun(run) => self.map_run = Some(run),
            Command::Complete(outcome) => self.seen.complete(outcome),
            _ => {}
        }
        None
    }

    /// Time goes on to where something was waited for.
    fn fire(&mut self, timer: Timer, at_ms: u64) {
        self.moment.now_ms = self.moment.now_ms.max(at_ms);
        self.inputs.push_back(Input::TimerFired(timer));
    }

    /// Waits for a moment, for as long as a test may take.
    async fn wait(&mut self, context: &Context, timer: Timer, at_ms: u64) {
        let wanted_ms = at_ms.saturating_sub(self.moment.now_ms);
        let wait_ms = wanted_ms.min(u64::try_from(PATIENCE.as_millis()).unwrap_or(u64::MAX));
        let end_ms = context.now().millis().saturating_add_unsigned(wait_ms);
        context.cloud.clock.sleep_until(Timestamp(end_ms)).await;
        if wait_ms < wanted_ms {
            self.seen.end = End::Failed;
            self.seen.failure = Some((Some("States.Timeout".to_owned()), None));
            return;
        }
        self.fire(timer, at_ms);
    }

    /// What comes of a map run that fails, however often it is tried again.
    pub(super) fn fail_map_run(mut self, mut id: Id, (error, cause): (String, String)) -> Seen {
        loop {
            self.seen.failure = Some((Some(error.clone()), Some(cause.clone())));
            self.inputs.push_back(Input::MapRunFailed { id, error: error.clone(), cause: cause.clone() });
            while self.go_on().is_some() {}
            match self.map_run.take() {
                Some(again) => id = again.id,
                None => return self.seen,
            }
        }
    }

    async fn answer(
        &mut self,
        tested: &Tested,
        context: &Context,
        asked: &Scheduled,
    ) -> Result<Value, TaskFailure> {
        let mut parameters = asked.parameters.clone();
        if let (Some(token), Some(mocked)) = (&asked.token, tested.context["Task"]["Token"].as_str()) {
            parameters = parameters.replace(token, mocked);
        }
        self.seen.parameters = Some(parameters.clone());
        match &tested.mock {
            Some(Mock::Result(result)) => Ok(result.clone()),
            Some(Mock::Error { error, cause }) => {
                let (error, cause) = (error.clone().unwrap_or_default(), cause.clone().unwrap_or_default());
                Err(TaskFailure::of_work(error, cause))
            }
            None => call(tested, context, asked, &parameters).await,
        }
    }

    fn answered(&mut self, id: Id, answer: Result<Value, TaskFailure>) {
        self.inputs.push_back(Input::TaskStarted { id, worker: None });
        self.inputs.push_back(match answer {
            Ok(result) => {
                self.seen.failure = None;
                let output = result.to_string();
                self.seen.result = Some(result);
                Input::TaskSucceeded { id, output }
            }
            Err(TaskFailure { at, error, cause }) => {
                self.seen.failure = Some((Some(error.clone()), Some(cause.clone())));
                Input::TaskFailed { id, at, error: Some(error), cause: Some(cause) }
            }
        });
    }
}

/// Calls the task of a state, as the role that it is tested with.
async fn call(
    tested: &Tested,
    context: &Context,
    asked: &Scheduled,
    parameters: &str,
) -> Result<Value, TaskFailure> {
    let role = asked.role_arn.as_ref().or(tested.role_arn.as_ref()).and_then(|role| role.parse().ok());
    let Some(role) = role else {
        return Err(TaskFailure::of_work("States.TaskFailed", "The role is no ARN of a role."));
    };
    let context = context.clone().in_role(&role, "TestState");
    let task = Task {
        id: context.random().uuid(),
        resource: asked.resource.clone(),
        parameters: serde_json::from_str(parameters).unwrap_or_default(),
        token: asked.token.clone(),
        execution_arn: String::new(),
    };
    let patience = asked.timeout_s.map_or(PATIENCE, |timeout_s| PATIENCE.min(Duration::from_secs(timeout_s)));
    match tokio::time::timeout(patience, tasks::run(&context, &task)).await {
        Ok(Ok(Answer::Output(result) | Answer::Submitted(result) | Answer::Begun { answer: result, .. })) => {
            Ok(result)
        }
        Ok(Err(failure)) => Err(failure),
        Err(_) => Err(TaskFailure::of_work("States.Timeout", "")),
    }
}

/// What the context object says.
fn about(tested: &Tested) -> About {
    let text = |part: &str, field: &str| tested.context[part][field].as_str().unwrap_or_default().to_owned();
    About {
        execution_arn: text("Execution", "Id"),
        execution_name: text("Execution", "Name"),
        state_machine_arn: text("StateMachine", "Id"),
        state_machine_name: text("StateMachine", "Name"),
        role_arn: tested.context["Execution"]["RoleArn"]
            .as_str()
            .or(tested.role_arn.as_deref())
            .unwrap_or_default()
            .to_owned(),
        redrive_count: tested.context["Execution"]["RedriveCount"].as_u64().unwrap_or(0),
        token_prefix: "task-token-of-a-test-".into(),
    }
}

/// Which of the state's handlers a failure comes to.
pub(super) fn handled(tested: &Tested, seen: &Seen) -> (Option<usize>, Option<usize>) {
    let error = seen.failure.as_ref().and_then(|(error, _)| error.as_deref()).unwrap_or_default();
    match seen.end {
        End::Retriable { .. } => (handler(&tested.state, "Retry", error), None),
        End::Caught => (None, handler(&tested.state, "Catch", error)),
        End::Succeeded | End::Failed => (None, None),
    }
}
