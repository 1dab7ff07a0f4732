//! A host of one execution: answers its tasks from a table, fires its timers in order, and keeps its history.
//!
//! Time is a number that jumps to the next timer. After each step the execution is taken apart, written and read again, as a store
//! would do, so that no test passes by what is not kept.

use std::collections::BTreeMap;

use cloudlet_states_language::definition::{Definition, Machine};
use cloudlet_states_language::event::{Details, HistoryEvent, TaskDetails};
use cloudlet_states_language::execution::{
    About, Command, Execution, FailedAt, Frame, FrameId, Head, Id, Input, MapRun, Moment, Outcome, Scheduled,
    Timer, step,
};
use serde_json::{Value, json};

/// What a task does.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Give(Value),
    Fail(&'static str, &'static str),
    /// Nothing, until it times out.
    Silence,
}

/// An execution and its host.
pub(crate) struct Drive {
    pub(crate) definition: Definition,
    head: Vec<u8>,
    frames: BTreeMap<FrameId, Vec<u8>>,
    pub(crate) now_ms: u64,
    seed: u64,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) timers: BTreeMap<Timer, u64>,
    pub(crate) tasks: Vec<Scheduled>,
    pub(crate) map_runs: Vec<MapRun>,
    pub(crate) cancelled: Vec<Id>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) steps: usize,
}

/// The ARN of a function.
pub(crate) fn function(name: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:000000000000:function:{name}")
}

/// The name of a task's function or action.
pub(crate) fn name(task: &Scheduled) -> &str {
    task.resource.arn.rsplit(':').next().unwrap_or_default()
}

/// A machine of these states, which starts at A.
pub(crate) fn machine(states: Value) -> Value {
    json!({"StartAt": "A", "States": states})
}

impl Drive {
    /// An execution that has not started.
    pub(crate) fn new(definition: &Value) -> Self {
        let definition = Definition::parse(&definition.to_string());
        let definition = definition.unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        let about = About {
            execution_arn: "execution".into(),
            execution_name: "name".into(),
            role_arn: "role".into(),
            token_prefix: "token-".into(),
            ..About::default()
        };
        let mut drive = Drive {
            definition,
            head: Vec::new(),
            frames: BTreeMap::new(),
            now_ms: 1_000_000,
            seed: 0,
            history: Vec::new(),
            timers: BTreeMap::new(),
            tasks: Vec::new(),
            map_runs: Vec::new(),
            cancelled: Vec::new(),
            outcome: None,
            steps: 0,
        };
        drive.keep(&mut Execution::new(about, Machine::WHOLE));
        drive
    }

    fn keep(&mut self, execution: &mut Execution) {
        let whole = serde_json::to_vec(&*execution).unwrap();
        let changes = execution.changes();
        self.head = serde_json::to_vec(changes.head).unwrap();
        for (id, frame) in changes.frames {
            match frame {
                Some(frame) => self.frames.insert(id, serde_json::to_vec(frame).unwrap()),
                None => self.frames.remove(&id),
            };
        }
        let restored = serde_json::to_vec(&self.execution()).unwrap();
        assert!(whole == restored, "not all that changed was named");
    }

    /// The execution as it was kept, record by record.
    pub(crate) fn execution(&self) -> Execution {
        let head: Head = serde_json::from_slice(&self.head).unwrap();
        let frames =
            self.frames.iter().map(|(id, frame)| (*id, serde_json::from_slice::<Frame>(frame).unwrap()));
        Execution::restored(head, frames)
    }

    /// Gives an input, and notes what is to be done.
    pub(crate) fn give(&mut self, input: Input) {
        self.seed += 1;
        self.steps += 1;
        let mut execution = self.execution();
        let moment = Moment { now_ms: self.now_ms, seed: self.seed };
        let step = step(&self.definition, &mut execution, moment, input);
        self.keep(&mut execution);
        self.history.extend(step.events);
        let mut is_open = false;
        for command in step.commands {
            match command {
                Command::ScheduleTask(task) => self.tasks.push(task),
                Command::CancelTask(id) => {
                    self.tasks.retain(|task| task.id != id);
                    self.cancelled.push(id);
                }
                Command::SetTimer(timer, at_ms) => drop(self.timers.insert(timer, at_ms)),
                Command::CancelTimer(timer) => drop(self.timers.remove(&timer)),
                Command::StartMapRun(run) => self.map_runs.push(*run),
                Command::CancelMapRun(id) => self.cancelled.push(id),
                Command::Continue => is_open = true,
                Command::Complete(outcome) => self.outcome = Some(outcome),
            }
        }
        if is_open {
            self.give(Input::Continue);
        }
    }

    pub(crate) fn start(&mut self, input: Value) {
        self.give(Input::Started { input });
    }

    /// Answers the task that was asked for first.
    pub(crate) fn answer(&mut self, task: &Scheduled, answer: Answer) {
        self.tasks.retain(|known| known.id != task.id);
        let id = task.id;
        self.give(Input::TaskStarted { id, worker: None });
        match answer {
            Answer::Give(value) => self.give(Input::TaskSucceeded { id, output: value.to_string() }),
            Answer::Fail(error, cause) => {
                let (error, cause) = (Some(error.to_owned()), Some(cause.to_owned()));
                self.give(Input::TaskFailed { id, at: FailedAt::Work, error, cause });
            }
            Answer::Silence => {}
        }
    }

    /// Fires the timer whose time comes first.
    pub(crate) fn fire(&mut self) -> bool {
        let Some((&timer, &at_ms)) = self.timers.iter().min_by_key(|(_, at_ms)| **at_ms) else {
            return false;
        };
        self.timers.remove(&timer);
        self.now_ms = self.now_ms.max(at_ms);
        self.give(Input::TimerFired(timer));
        true
    }

    /// Goes on until the execution is over, or nothing is left to be done.
    pub(crate) fn go(&mut self, mut answer: impl FnMut(&str, &Value) -> Answer) {
        while self.outcome.is_none() {
            if let Some(task) = self.tasks.first().cloned() {
                let parameters = serde_json::from_str(&task.parameters).unwrap();
                self.answer(&task, answer(name(&task), &parameters));
            } else if !self.fire() {
                return;
            }
        }
    }

    /// The output, or what it failed with.
    pub(crate) fn result(&self) -> Result<Value, String> {
        match self.outcome.as_ref().expect("it is not over") {
            Outcome::Succeeded(output) => Ok(serde_json::from_str(output).unwrap()),
            Outcome::Failed { error, cause } => {
                let text = |text: &Option<String>| text.clone().unwrap_or_default();
                Err(format!("{}: {}", text(error), text(cause)))
            }
            other => Err(format!("{other:?}")),
        }
    }

    /// The history: each event's number, the one before it, its type, and its state or place.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.history.iter().map(line).collect()
    }
}

fn line(event: &HistoryEvent) -> String {
    let about = match &event.details {
        Details::StateEntered { name, input } => format!(" {name} {input}"),
        Details::StateExited { name, output, assigned } => {
            let assigned = assigned.as_ref().map(|assigned| format!(" {assigned:?}"));
            format!(" {name} {output}{}", assigned.unwrap_or_default())
        }
        Details::Iteration { name, index } => format!(" {name} {index}"),
        Details::Length(length) => format!(" {length}"),
        Details::Error { error, cause } => {
            format!(" {} {}", error.as_deref().unwrap_or("-"), cause.as_deref().unwrap_or("-"))
        }
        Details::Output(output) => format!(" {output}"),
        Details::Task { what: TaskDetails::Error { error, .. }, .. } => {
            format!(" {}", error.as_deref().unwrap_or("-"))
        }
        Details::Evaluation { location, .. } => format!(" {location}"),
        _ => String::new(),
    };
    format!("{}<{} {}{about}", event.id, event.previous_id, event.kind.as_str())
}

/// Runs a machine to its end.
pub(crate) fn run(definition: &Value, input: Value, answer: impl FnMut(&str, &Value) -> Answer) -> Drive {
    let mut drive = Drive::new(definition);
    drive.start(input);
    drive.go(answer);
    drive
}

/// What comes of a machine without tasks.
pub(crate) fn result(definition: &Value, input: Value) -> Result<Value, String> {
    run(definition, input, |name, _| panic!("a task: {name}")).result()
}
