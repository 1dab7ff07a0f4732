//! The items of a Map state that is tested: found or read, selected, and put together, as they would come to its executions.

use std::ops::ControlFlow;
use std::sync::Arc;

use api_states as api;
use serde_json::{Map, Value, json};
use service::Context;
use states_language::execution::{Batches, MapRun, MapSource, Sourced, selected};
use states_language::failure::names;
use wire::Fault;

use super::checks::Tested;
use super::inspect;
use super::run::{Running, moment};
use super::seen::Seen;
use crate::errors;
use crate::map_runs::{Format, Item};

/// The items of a Map state.
pub(super) struct Items {
    run: MapRun,
    /// What a pointer found in what was read.
    pointed: Option<Value>,
    selected: Vec<Value>,
}

/// The items of a state, where it is a Map; or what comes of it where it fails over them.
pub(super) fn find(tested: &Tested, context: &Context) -> Result<Result<Option<Items>, Seen>, Fault> {
    if tested.kind() != "Map" || is_unread(tested) {
        return Ok(Ok(None));
    }
    if let Some(failure) = no_items(tested) {
        return Ok(Err(Seen::failed(failure)));
    }
    let mut running = Running::new(tested, &as_distributed(tested), &tested.input, moment(context))?;
    while running.go_on().is_some() {}
    let Some(run) = running.map_run.take() else { return Ok(Err(running.seen)) };
    let id = run.id;
    let items = match Items::of(tested, &running, *run) {
        Ok(items) => items,
        Err(failure) => return Ok(Err(running.fail_map_run(id, failure))),
    };
    let too_many = items.too_many_failed(tested)?;
    Ok(match too_many {
        Some(failure) => Err(running.fail_map_run(id, failure)),
        None => Ok(Some(items)),
    })
}

/// Its items are to be read, and nothing is said of what from, neither as data nor as input.
fn is_unread(tested: &Tested) -> bool {
    let has_reader = tested.state["ItemReader"].is_object() && tested.read.is_none();
    has_reader && (tested.is_jsonata() || !inspect::items(tested).is_some_and(|items| is_for(tested, &items)))
}

/// Whether there are items in it.
fn is_for(tested: &Tested, items: &Value) -> bool {
    items.is_array() || (tested.is_distributed() && items.is_object())
}

/// A Map state in JSONPath whose items are none.
fn no_items(tested: &Tested) -> Option<(String, String)> {
    let has_path = !tested.is_jsonata() && tested.read.is_none();
    let is_none = has_path && inspect::items(tested).is_some_and(|items| !is_for(tested, &items));
    let path = tested.state["ItemsPath"].as_str().unwrap_or("$");
    is_none.then(|| (names::RUNTIME.into(), format!("Reference path \"{path}\" must point to array.")))
}

/// The state whose items are executions, so that it says what these get. Without data, what is read stands in the input.
fn as_distributed(tested: &Tested) -> Value {
    let mut state = tested.state.clone();
    let Some(fields) = state.as_object_mut() else { return state };
    if tested.read.is_none() {
        fields.remove("ItemReader");
    }
    if let Some(processor) = fields.remove("Iterator") {
        fields.insert("ItemProcessor".into(), processor);
    }
    if !tested.is_distributed() {
        state["ItemProcessor"]["ProcessorConfig"] =
            json!({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"});
    }
    state
}

impl Items {
    fn of(tested: &Tested, running: &Running<'_>, mut run: MapRun) -> Result<Self, (String, String)> {
        let (resource, config, arguments) = match &mut run.source {
            MapSource::Items(items) => {
                return Ok(Items { selected: std::mem::take(items), pointed: None, run });
            }
            MapSource::Reader { resource, config, arguments } => (resource, config, arguments),
        };
        let text = tested.read.as_deref().unwrap_or_default();
        let items = read(text, resource, config, arguments)
            .map_err(|cause| (names::ITEM_READER.to_owned(), cause))?;
        let pointed = config["ItemsPointer"].is_string().then(|| together(&items));
        let selected = selected(&running.definition, &running.execution, running.moment, run.id, (0, items));
        let selected = selected.map_err(|failure| {
            let error = failure.error().unwrap_or(names::ITEM_READER).to_owned();
            (error, failure.cause().unwrap_or_default().to_owned())
        })?;
        Ok(Items { run, pointed, selected })
    }

    /// More items are said to have failed than may fail.
    fn too_many_failed(&self, tested: &Tested) -> Result<Option<(String, String)>, Fault> {
        let (failed, all) = (tested.failed_items.unwrap_or_default(), self.selected.len() as u64);
        if failed > all {
            let why = "mapIterationFailureCount must not be larger than the number of items.";
            return Err(errors::validation(why));
        }
        let cause = "The specified tolerated failure threshold was exceeded";
        let is_exceeded = failed > 0 && self.run.tolerance.is_exceeded(failed, all);
        Ok(is_exceeded.then(|| (names::TOLERATED.to_owned(), cause.to_owned())))
    }

    /// What is to be seen of them, and of the bounds that the state gave.
    #[expect(clippy::cast_possible_truncation, reason = "the API has hundredths in half the precision")]
    pub(super) fn show(&self, state: &Value, data: &mut api::InspectionData) {
        data.max_concurrency = i32::try_from(self.run.concurrency).ok();
        let tolerated = self.run.tolerance.count;
        data.tolerated_failure_count = tolerated.and_then(|count| i32::try_from(count).ok());
        data.tolerated_failure_percentage = self.run.tolerance.percentage.map(|share| share as f32);
        data.after_items_pointer = self.pointed.as_ref().map(Value::to_string);
        if state.get("ItemSelector").or(state.get("Parameters")).is_some() {
            data.after_item_selector = Some(Value::from(self.selected.clone()).to_string());
        }
        data.after_item_batcher = self.run.batch.clone().map(|batch| {
            let mut batches = Batches::new(batch);
            let mut all: Vec<_> =
                self.selected.iter().filter_map(|item| batches.push(item.clone())).collect();
            all.extend(batches.end());
            all.into_iter().map(|(batch, _)| batch).collect::<Value>().to_string()
        });
    }
}

/// The items in a text that stands for what a reader reads.
fn read(text: &str, resource: &str, config: &Value, arguments: &Value) -> Result<Vec<Sourced>, String> {
    let is_list = resource.ends_with("listObjectsV2") && config["Transformation"] != "LOAD_AND_FLATTEN";
    let format = if is_list { Format::Json { pointer: Vec::new() } } else { Format::of(config)? };
    let most = config["MaxItems"].as_u64().filter(|&most| most > 0).unwrap_or(u64::MAX);
    let uri: Vec<_> = ["Bucket", "Key"].iter().filter_map(|name| arguments[*name].as_str()).collect();
    let source: Arc<str> = format!("S3://{}", uri.join("/")).into();
    let mut items = Vec::new();
    format.read(&mut text.as_bytes(), &mut |Item { key, value }| {
        items.push(Sourced { key, value, source: Arc::clone(&source) });
        if items.len() as u64 >= most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(items)
}

/// Items as they stood in the text.
fn together(items: &[Sourced]) -> Value {
    let members = items.iter().map(|item| Some((item.key.clone()?, item.value.clone())));
    match members.collect::<Option<Map<_, _>>>().filter(|members| !members.is_empty()) {
        Some(members) => members.into(),
        None => items.iter().map(|item| item.value.clone()).collect(),
    }
}
