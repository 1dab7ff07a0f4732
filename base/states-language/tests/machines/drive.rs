//! A host of one execution: answers its tasks from a table, fires its timers in order, and keeps its history.
//!
//! Time is a number that jumps to the next timer. After each step the execution is taken apart, written and read again, as a store
//! would do, so that no test passes by what is not kept.

use std::cell::Cell;
use std::collections::BTreeMap;

use cloudlet_states_language::definition::{Definition, Machine};
use cloudlet_states_language::event::{Details, HistoryEvent, TaskDetails};
use cloudlet_states_language::execution::{
    About, Command, Counts, Execution, FailedAt, Frame, FrameId, Frames, Head, Id, Input, MapRun, Moment,
    Outcome, Scheduled, Timer, step, step_among,
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

/// The frames of an execution, and what they count, as records.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Stored {
    frames: BTreeMap<FrameId, Vec<u8>>,
    counts: BTreeMap<FrameId, Vec<u8>>,
    /// How often all were asked for.
    filled: Cell<usize>,
}

impl Frames for Stored {
    type Error = ();

    fn one(&self, id: FrameId) -> Result<Option<Frame>, ()> {
        let Some(frame) = self.frames.get(&id) else { return Ok(None) };
        let frame: Frame = serde_json::from_slice(frame).unwrap();
        let counts = self.counts.get(&id).filter(|_| frame.is_counting());
        let counts = counts.map(|counts| serde_json::from_slice::<Counts>(counts).unwrap());
        Ok(Some(match counts {
            Some(counts) => frame.counted(counts),
            None => frame,
        }))
    }

    fn all(&self) -> Result<Vec<(FrameId, Frame)>, ()> {
        self.filled.set(self.filled.get() + 1);
        Ok(self.frames.keys().filter_map(|&id| Some((id, self.one(id).unwrap()?))).collect())
    }
}

/// An execution and its host.
pub(crate) struct Drive {
    pub(crate) definition: Definition,
    head: Vec<u8>,
    input: String,
    pub(crate) stored: Stored,
    pub(crate) now_ms: u64,
    seed: u64,
    pub(crate) history: Vec<HistoryEvent>,
    pub(crate) timers: BTreeMap<Timer, u64>,
    pub(crate) tasks: Vec<Scheduled>,
    pub(crate) map_runs: Vec<MapRun>,
    pub(crate) redriven: Vec<Id>,
    pub(crate) cancelled: Vec<Id>,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) steps: usize,
    /// Steps that needed all frames.
    pub(crate) filled: usize,
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
            input: String::new(),
            stored: Stored::default(),
            now_ms: 1_000_000,
            seed: 0,
            history: Vec::new(),
            timers: BTreeMap::new(),
            tasks: Vec::new(),
            map_runs: Vec::new(),
            redriven: Vec::new(),
            cancelled: Vec::new(),
            outcome: None,
            steps: 0,
            filled: 0,
        };
        drive.keep(&mut Execution::new(about, Machine::WHOLE));
        drive
    }

    fn keep(&mut self, execution: &mut Execution) {
        let changes = execution.changes();
        self.head = serde_json::to_vec(changes.head).unwrap();
        for (id, frame) in changes.frames {
            match frame {
                Some(frame) => self.stored.frames.insert(id, serde_json::to_vec(frame).unwrap()),
                None => self.stored.frames.remove(&id),
            };
        }
        for (id, counts) in changes.counts {
            match counts {
                Some(counts) => self.stored.counts.insert(id, serde_json::to_vec(&counts).unwrap()),
                None => self.stored.counts.remove(&id),
            };
        }
        let frames = &self.stored.frames;
        let is_stray = |id: &FrameId| !frames.contains_key(id);
        assert!(!self.stored.counts.keys().any(is_stray), "counts outlive their frame");
    }

    /// The execution as it was kept, record by record.
    pub(crate) fn execution(&self) -> Execution {
        Execution::restored(self.head(), self.input.clone(), self.stored.all().unwrap())
    }

    fn head(&self) -> Head {
        serde_json::from_slice(&self.head).unwrap()
    }

    /// Gives an input, and notes what is to be done.
    pub(crate) fn give(&mut self, input: Input) {
        self.seed += 1;
        self.steps += 1;
        let moment = Moment { now_ms: self.now_ms, seed: self.seed };
        let mut whole = self.execution();
        let expected = step(&self.definition, &mut whole, moment, input.clone());
        let mut execution = Execution::in_parts(self.head(), self.input.clone());
        let frames = self.stored.clone();
        frames.filled.set(0);
        let step = step_among(&self.definition, &mut execution, moment, input, &frames).unwrap();
        assert_eq!(step, expected, "a step with few frames is another one than with all");
        self.filled += frames.filled.get();
        self.keep(&mut execution);
        let kept = serde_json::to_vec(&self.execution()).unwrap();
        assert!(kept == serde_json::to_vec(&whole).unwrap(), "not all that changed was named");
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
                Command::RedriveMapRun(id) => self.redriven.push(id),
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
        self.input = input.to_string();
        self.give(Input::Started { input });
    }

    /// Goes on with what did not succeed.
    pub(crate) fn redrive(&mut self, map_runs: Vec<Id>) {
        self.outcome = None;
        self.give(Input::Redriven { map_runs });
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
