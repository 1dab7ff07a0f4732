//! The steps of one transaction: inputs are taken one behind the other, commands are carried out, and what came of it is written.

use std::collections::VecDeque;

use service::{Result, Tx, news};
use states_language::definition::ResourceKind;
use states_language::event::HistoryEvent;
use states_language::execution::{
    self as language, Command, Input, Moment, Outcome, Scheduled, Timer, step_among,
};
use store::record;

use super::{OPEN_MS, Ready, Running, Stored, calls, frames, history, redrive, timers, work};
use crate::execution::Execution;
use crate::logging::{self, Logged};
use crate::{activities, keys, map_runs};

/// How often a transaction goes on with a step that was not over.
const CONTINUED_MAX: usize = 2;

/// An execution on its way.
pub(super) struct Steps<'s, 'tx> {
    tx: &'s mut Tx<'tx>,
    ready: &'s Ready,
    execution: Execution,
    state: language::Execution,
    inputs: VecDeque<Input>,
    events: Vec<HistoryEvent>,
    continued: usize,
    outcome: Option<Outcome>,
}

impl<'s, 'tx> Steps<'s, 'tx> {
    pub(super) fn new(
        tx: &'s mut Tx<'tx>,
        ready: &'s Ready,
        execution: Execution,
        state: language::Execution,
    ) -> Self {
        let (inputs, events) = (VecDeque::new(), Vec::new());
        Steps { tx, ready, execution, state, inputs, events, continued: 0, outcome: None }
    }

    /// Takes an input, and what follows from it at once.
    pub(super) fn take(&mut self, input: Input) -> Result<()> {
        self.inputs.push_back(input);
        while let Some(input) = self.inputs.pop_front() {
            let now_ms = u64::try_from(self.tx.now.millis()).unwrap_or_default();
            let moment = Moment { now_ms, seed: u64::from_le_bytes(self.tx.random().bytes()) };
            let frames = Stored { reads: &**self.tx, execution: &self.execution.id };
            let step = step_among(&self.ready.definition, &mut self.state, moment, input, &frames)?;
            self.events.extend(step.events);
            for command in step.commands {
                self.carry_out(command)?;
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, command: Command) -> Result<()> {
        let id = self.execution.id;
        match command {
            Command::ScheduleTask(task) => self.schedule(task),
            Command::CancelTask(waited) => work::cancel(self.tx, &id, waited),
            Command::SetTimer(timer, at_ms) => timers::set(self.tx, &id, timer, at_ms),
            Command::CancelTimer(timer) => timers::cancel(self.tx, &id, timer),
            Command::StartMapRun(run) => {
                self.inputs.push_back(map_runs::begin(self.tx, &self.execution, &run)?);
                Ok(())
            }
            Command::RedriveMapRun(waited) => {
                self.inputs.extend(map_runs::redrive(self.tx, &self.execution, waited)?);
                Ok(())
            }
            Command::CancelMapRun(waited) => map_runs::cancel(self.tx, &self.execution, waited),
            Command::Continue => self.go_on(),
            Command::Complete(outcome) => {
                self.outcome = Some(outcome);
                Ok(())
            }
        }
    }

    fn schedule(&mut self, task: Scheduled) -> Result<()> {
        if task.resource.kind == ResourceKind::Activity {
            self.inputs.extend(activities::schedule(self.tx, &self.execution, task)?);
            return Ok(());
        }
        calls::put(self.tx, &self.execution, &self.ready.role_arn, task)
    }

    /// Long steps go on in a transaction of their own.
    fn go_on(&mut self) -> Result<()> {
        self.continued += 1;
        if self.continued > CONTINUED_MAX {
            return work::go_on_later(self.tx, &self.execution);
        }
        self.inputs.push_back(Input::Continue);
        Ok(())
    }

    /// Writes what came of it. `is_new` is an execution of which nothing was stored before.
    pub(super) fn keep(mut self, is_new: bool) -> Result<Execution> {
        history::append(self.tx, &self.execution.machine, &self.execution.id, &self.events)?;
        self.log()?;
        match self.outcome.take() {
            Some(outcome) => self.end(&outcome, is_new)?,
            None => self.keep_running(is_new)?,
        }
        Ok(self.execution)
    }

    fn log(&mut self) -> Result<()> {
        if self.ready.logging.level == "OFF" {
            return Ok(());
        }
        let arn = self.execution.arn(&self.tx.scope()).to_string();
        let machine = self.execution.machine_path();
        let logged = Logged { machine: &machine, execution_arn: &arn, redrives: self.execution.redrives };
        logging::note(self.tx, &self.ready.logging, &logged, &self.events)
    }

    fn keep_running(&mut self, is_new: bool) -> Result<()> {
        let id = self.execution.id;
        if is_new {
            self.list()?;
            self.limit()?;
        }
        let (scope, place) = (self.tx.scope(), self.execution.place());
        let changes = self.state.changes();
        frames::write(self.tx, &id, &changes)?;
        let head = changes.head.clone();
        let running = Running { scope, place, revision: self.execution.revision, head };
        Ok(self.tx.put_record(keys::running(&id), &running)?)
    }

    /// Sets the end of an execution that has no time limit of its own: none runs for more than a year.
    pub(super) fn limit(&mut self) -> Result<()> {
        if self.ready.definition.timeout_s().is_some() && self.execution.map_run.is_none() {
            return Ok(());
        }
        let end_ms = u64::try_from(self.execution.started_ms.saturating_add(OPEN_MS)).unwrap_or_default();
        timers::set(self.tx, &self.execution.id, Timer::Execution, end_ms)
    }

    /// Writes the execution's record, and has lists show it.
    pub(super) fn list(&mut self) -> Result<()> {
        self.tx.put_record(keys::execution(&self.execution.place()), &self.execution)?;
        Ok(self.tx.put_compact(self.execution.listed_at(), &self.execution.listed())?)
    }

    fn end(&mut self, outcome: &Outcome, is_new: bool) -> Result<()> {
        let id = self.execution.id;
        if !is_new {
            self.tx.delete(self.execution.listed_at());
            self.tx.delete(keys::running(&id));
        }
        if !is_new {
            timers::cancel(self.tx, &id, Timer::Execution)?;
            frames::delete(self.tx, &id, &mut self.state);
        }
        if self.state.is_redrivable() {
            redrive::leave(self.tx, &self.execution, &mut self.state)?;
        }
        let now_ms = self.tx.now.millis();
        self.execution.end(outcome, now_ms);
        self.list()?;
        self.tx.put(keys::ended(now_ms, &self.execution.id), record::encode(&self.execution.place())?);
        let arn = self.execution.arn(&self.tx.scope());
        self.tx.signal(news(&arn));
        if !is_new {
            work::tell_followers(self.tx, &id)?;
        }
        // Of one that is new, who starts it hears by itself.
        let of = self.execution.map_run.as_ref().filter(|_| !is_new);
        of.map_or(Ok(()), |of| map_runs::ended(self.tx, &self.execution, of))
    }
}
