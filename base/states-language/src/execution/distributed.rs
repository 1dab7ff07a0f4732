//! Distributed Map states: a map run, whose items are executions of their own.
//!
//! The state says what is to be run, and waits for the end. Items are read, counted and run by who carries out the command; what is
//! pure of that is here: what ItemSelector makes of them, and what is tolerated.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::batches::{BYTES_MAX as BATCH_BYTES_MAX, Batch};
use super::children::list;
use super::context::Item;
use super::frame::{FrameId, Phase};
use super::run::{Run, too_large};
use super::{Command, Execution, Id, Moment, PAYLOAD_BYTES_MAX};
use crate::definition::{
    Batcher, Definition, Field, Kind, LABEL_CHARS_MAX, Machine, Map, State, is_for_names,
};
use crate::event::{Details, EventType};
use crate::failure::{Failure, names};
use crate::scope::{Scope, Subject};
use crate::template::Template;

const COUNT: (u64, u64) = (0, 100_000_000);
const CONCURRENCY: (u64, u64) = (0, 10_000);
const BATCH_BYTES: (u64, u64) = (1, BATCH_BYTES_MAX);
/// Where items come from that are not read.
const STATE_DATA: &str = "STATE_DATA";

/// What a map run is to run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MapRun {
    /// Which.
    pub id: Id,
    /// The state's label, or its name.
    pub label: String,
    /// The machine for each item or batch.
    pub machine: Machine,
    /// STANDARD or EXPRESS.
    pub execution_type: String,
    /// Where the items come from.
    pub source: MapSource,
    /// How items come together.
    pub batch: Option<Batch>,
    /// How many run at once: 0 is as many as there can be.
    pub concurrency: u64,
    /// How many may fail.
    pub tolerance: Tolerance,
    /// Where the results go.
    pub target: Option<ResultTarget>,
}

/// Where the items of a map run come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum MapSource {
    /// They are here, each as its execution gets it.
    Items(Vec<Value>),
    /// They are to be read, and each to be given to [`selected`].
    Reader {
        /// The integration that reads.
        resource: String,
        /// Of what format, and how many.
        config: Value,
        /// From where.
        arguments: Value,
    },
}

/// An item as it was found, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Sourced {
    /// Its name, where it is a member of an object.
    pub key: Option<String>,
    /// The item, or the member's value.
    pub value: Value,
    /// The object that it stood in.
    pub source: Arc<str>,
}

impl Sourced {
    /// What an execution gets where no ItemSelector says otherwise.
    fn whole(self) -> Value {
        match self.key {
            Some(key) => json!({"Key": key, "Value": self.value}),
            None => self.value,
        }
    }
}

/// How many items may fail.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tolerance {
    /// Of all.
    pub count: Option<u64>,
    /// Of a hundred.
    pub percentage: Option<f64>,
}

/// Where the results of a map run go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultTarget {
    /// The integration that writes.
    pub resource: String,
    /// In which shape.
    pub config: Value,
    /// To where.
    pub arguments: Value,
}

impl Tolerance {
    /// Whether so many failures are too many. What is not said is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "there are fewer than 2^53 items")]
    pub fn is_exceeded(&self, failed: u64, total: u64) -> bool {
        let too_many = self.count.is_some_and(|count| failed > count);
        let share = failed as f64 * 100.0 / total.max(1) as f64;
        let too_large = self.percentage.is_some_and(|percentage| share > percentage);
        too_many || too_large || (self.count.is_none() && self.percentage.is_none() && failed > 0)
    }
}

/// What ItemSelector makes of items that were read for a map run, of which the first has this place.
///
/// # Errors
/// Why the Map state fails.
pub fn selected(
    definition: &Definition,
    execution: &Execution,
    moment: Moment,
    id: Id,
    (first, items): (u32, Vec<Sourced>),
) -> Result<Vec<Value>, Failure> {
    // A run may change what it is given; this one only asks.
    let mut asked = execution.clone();
    let run = Run::new(definition, &mut asked, moment);
    match run.state_of(id.frame).map(|state| (state, &state.kind)) {
        Some((state, Kind::Map(map))) => run.each_selected(id.frame, state, map, (first, items)),
        _ => Ok(items.into_iter().map(Sourced::whole).collect()),
    }
}

/// What a map run is called in ARNs, where the definition says nothing: as its state, as far as that can be a label.
fn label_of(state: &str) -> String {
    let good = |character| if is_for_names(character) { character } else { '-' };
    state.chars().take(LABEL_CHARS_MAX).map(good).collect()
}

impl Run<'_> {
    pub(super) fn start_map_run(&mut self, id: FrameId, state: &State, map: &Map) -> Result<(), Failure> {
        let waited = self.wait_for(id, Phase::Idle);
        let (mut run, items) = self.ask(id, state, |scope, data| {
            let subject = Subject::data(data);
            let count = |field: &Option<Field>, bounds| {
                optional(field, |field| field.integer(scope, subject, bounds))
            };
            let items = items(state, map, scope, data)?;
            let run = MapRun {
                id: waited,
                label: map.label.as_deref().map_or_else(|| label_of(&state.name), str::to_owned),
                machine: Machine(map.processor),
                execution_type: map.distributed.as_deref().unwrap_or_default().to_owned(),
                source: source(map, scope, subject)?,
                batch: map.batcher.as_ref().map(|batcher| batch(batcher, scope, subject)).transpose()?,
                concurrency: count(&map.concurrency, CONCURRENCY)?.unwrap_or(0),
                tolerance: Tolerance {
                    count: count(&map.tolerated_count, COUNT)?,
                    percentage: optional(&map.tolerated_percentage, |field| {
                        field.percentage(scope, subject)
                    })?,
                },
                target: target(map, scope, subject)?,
            };
            Ok((run, items))
        })?;
        let length = items.len() as u64;
        if let MapSource::Items(selected) = &mut run.source {
            *selected = self.each_selected(id, state, map, (0, items))?;
        }
        self.event_of(id, EventType::MapStateStarted, Details::Length(length));
        if let Some(frame) = self.frame_mut(id) {
            frame.phase = Phase::MapRun;
        }
        self.command(Command::StartMapRun(Box::new(run)));
        Ok(())
    }

    /// What ItemSelector makes of each item, of which the first has this place.
    fn each_selected(
        &self,
        id: FrameId,
        state: &State,
        map: &Map,
        (first, items): (u32, Vec<Sourced>),
    ) -> Result<Vec<Value>, Failure> {
        let Some(selector) = &map.selector else {
            return Ok(items.into_iter().map(Sourced::whole).collect());
        };
        let select = |(index, item): (u32, Sourced)| {
            let key = item.key.as_deref();
            let item = Item { index, key, value: &item.value, source: Some(&item.source) };
            self.select(id, state, selector, &item)
        };
        (first..).zip(items).map(select).collect()
    }

    pub(super) fn map_run_started(&mut self, id: Id, arn: String) {
        if self.is_waited(id) {
            self.event_of(id.frame, EventType::MapRunStarted, Details::MapRun(arn));
        }
    }

    pub(super) fn map_run_redriven(&mut self, id: Id, arn: String, count: u64) {
        if self.is_waited(id) {
            self.event_of(id.frame, EventType::MapRunRedriven, Details::MapRunAgain { arn, count });
        }
    }

    pub(super) fn map_run_succeeded(&mut self, id: Id, output: &str) {
        let Some(state) = self.state_of(id.frame).filter(|_| self.is_waited(id)) else { return };
        if output.len() > PAYLOAD_BYTES_MAX {
            self.idle(id.frame);
            self.event_of(id.frame, EventType::MapRunSucceeded, Details::None);
            self.event_of(id.frame, EventType::MapStateFailed, Details::None);
            return self.fail(id.frame, Failure::limit(names::DATA_LIMIT, too_large(&state.name)));
        }
        let Ok(result) = serde_json::from_str(output) else {
            return self.map_run_failed(
                id,
                names::RUNTIME.to_owned(),
                "The output of the map run is no JSON".to_owned(),
            );
        };
        self.idle(id.frame);
        self.event_of(id.frame, EventType::MapRunSucceeded, Details::None);
        let previous = self.frame(id.frame).map_or(0, |frame| frame.last_event);
        self.event(previous, EventType::MapStateSucceeded, Details::None);
        if let Err(failure) = self.give(id.frame, state, result) {
            self.fail(id.frame, failure);
        }
    }

    pub(super) fn map_run_failed(&mut self, id: Id, error: String, cause: String) {
        if !self.is_waited(id) {
            return;
        }
        self.idle(id.frame);
        self.event_of(id.frame, EventType::MapRunFailed, Details::error(Some(&error), Some(&cause)));
        self.event_of(id.frame, EventType::MapStateFailed, Details::None);
        self.fail(id.frame, Failure::reported(Some(error), Some(cause)));
    }

    fn is_waited(&self, id: Id) -> bool {
        self.frame(id.frame).is_some_and(|frame| frame.serial == id.serial && frame.phase == Phase::MapRun)
    }
}

fn optional<T>(
    field: &Option<Field>,
    read: impl FnOnce(&Field) -> Result<T, Failure>,
) -> Result<Option<T>, Failure> {
    field.as_ref().map(read).transpose()
}

/// From where items are to be read, if they are not here.
fn source(map: &Map, scope: &Scope<'_>, subject: Subject<'_>) -> Result<MapSource, Failure> {
    let Some(reader) = &map.reader else { return Ok(MapSource::Items(Vec::new())) };
    Ok(MapSource::Reader {
        resource: reader.resource.to_string(),
        config: reader.config.evaluate(scope, subject)?,
        arguments: reader.arguments.evaluate(scope, subject)?,
    })
}

/// The items that are here: the elements of an array, or the members of an object.
fn items(state: &State, map: &Map, scope: &Scope<'_>, data: &Value) -> Result<Vec<Sourced>, Failure> {
    if map.reader.is_some() {
        return Ok(Vec::new());
    }
    let items = match &map.items {
        Some(items) => items.evaluate(scope, Subject::data(data))?,
        None => data.clone(),
    };
    let source: Arc<str> = STATE_DATA.into();
    let sourced = |key, value| Sourced { key, value, source: Arc::clone(&source) };
    Ok(match items {
        Value::Object(members) => members.into_iter().map(|(key, value)| sourced(Some(key), value)).collect(),
        other => {
            let items = list(other, map.items.as_ref(), state.language)?;
            items.into_iter().map(|value| sourced(None, value)).collect()
        }
    })
}

fn batch(batcher: &Batcher, scope: &Scope<'_>, subject: Subject<'_>) -> Result<Batch, Failure> {
    let template = |template: &Option<Template>| {
        template.as_ref().map(|template| template.evaluate(scope, subject)).transpose()
    };
    Ok(Batch {
        items_max: optional(&batcher.items_max, |field| field.integer(scope, subject, COUNT))?,
        bytes_max: optional(&batcher.bytes_max, |field| field.integer(scope, subject, BATCH_BYTES))?,
        input: template(&batcher.input)?,
    })
}

fn target(map: &Map, scope: &Scope<'_>, subject: Subject<'_>) -> Result<Option<ResultTarget>, Failure> {
    let Some(writer) = &map.writer else { return Ok(None) };
    Ok(Some(ResultTarget {
        resource: writer.resource.to_string(),
        config: writer.config.evaluate(scope, subject)?,
        arguments: writer.arguments.evaluate(scope, subject)?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_made_a_label() {
        assert_eq!(label_of("Each"), "Each");
        assert_eq!(label_of("Each file: a/b"), "Each-file--a-b");
        assert_eq!(label_of(&"x".repeat(80)).len(), LABEL_CHARS_MAX);
    }

    #[test]
    fn tolerance_is_none_unless_it_is_said() {
        let tolerance = |count, percentage| Tolerance { count, percentage };
        assert!(tolerance(None, None).is_exceeded(1, 100) && !tolerance(None, None).is_exceeded(0, 0));
        assert!(!tolerance(Some(2), None).is_exceeded(2, 3) && tolerance(Some(2), None).is_exceeded(3, 3));
        assert!(
            !tolerance(None, Some(50.0)).is_exceeded(1, 2) && tolerance(None, Some(49.9)).is_exceeded(1, 2)
        );
    }
}
