//! What the fields of a tested state gave, one after the other.

use api_states as api;
use serde_json::{Value, json};

use super::checks::Tested;
use super::items::Items;
use super::run::{handled, probe};
use super::seen::{End, Seen};

/// All that is to be seen between a state's input and its output.
pub(super) fn inspect(tested: &Tested, seen: &Seen, items: Option<&Items>) -> api::InspectionData {
    let mut data = api::InspectionData { input: Some(tested.input.to_string()), ..Default::default() };
    if tested.is_jsonata() {
        data.after_arguments = seen.parameters.clone();
        data.result = seen.result.as_ref().map(Value::to_string);
    } else {
        follow_paths(tested, seen, &mut data);
    }
    if let Some(assigned) = &seen.assigned {
        let mut variables = tested.variables.clone();
        variables.extend(assigned.clone());
        data.variables = Some(Value::Object(variables).to_string());
    }
    if tested.kind() == "Map" {
        let whole = |name: &str| tested.state[name].as_i64().and_then(|number| i32::try_from(number).ok());
        data.max_concurrency = Some(whole("MaxConcurrency").unwrap_or(0));
        data.tolerated_failure_count = whole("ToleratedFailureCount");
        data.tolerated_failure_percentage =
            tested.state["ToleratedFailurePercentage"].as_f64().map(|share| share as f32);
    }
    if let Some(items) = items {
        items.show(&tested.state, &mut data);
    }
    data.error_details = error_details(tested, seen);
    data
}

/// What a Map state takes for its items; nothing where that fails.
pub(super) fn items(tested: &Tested) -> Option<Value> {
    let path = |name: &str| tested.state.get(name).cloned().unwrap_or_else(|| "$".into());
    let fields = json!({"InputPath": path("InputPath"), "OutputPath": path("ItemsPath")});
    probe(tested, fields, &tested.input)
}

fn follow_paths(tested: &Tested, seen: &Seen, data: &mut api::InspectionData) {
    let state = &tested.state;
    let with = |names: &[&str]| {
        let given = names.iter().filter_map(|name| Some(((*name).to_owned(), state.get(*name)?.clone())));
        Value::Object(given.collect())
    };
    let text = |value: Option<&Value>| value.map(Value::to_string);
    let is_pass = tested.kind() == "Pass";
    let constant = state.get("Result").filter(|_| is_pass);
    let mut result = seen.result.clone().or_else(|| constant.cloned());
    if constant.is_none() {
        data.after_input_path = text(probe(tested, with(&["InputPath"]), &tested.input).as_ref());
        data.after_parameters = match tested.kind() {
            "Pass" => text(probe(tested, with(&["InputPath", "Parameters"]), &tested.input).as_ref()),
            "Map" => None,
            _ => seen.parameters.clone(),
        };
    }
    data.result = text(result.as_ref()).filter(|_| tested.kind() != "Map");
    if tested.kind() == "Map" {
        data.after_items_path = text(items(tested).as_ref());
    }
    if is_pass && constant.is_none() {
        result = data.after_parameters.as_deref().and_then(|text| serde_json::from_str(text).ok());
    }
    let Some(result) = result else { return };
    let selected = match state.get("ResultSelector") {
        Some(selector) => probe(tested, json!({"Parameters": selector}), &result),
        None => Some(result),
    };
    data.after_result_selector = text(selected.as_ref());
    let placed = selected.and_then(|selected| {
        let mut fields = with(&["ResultPath"]);
        fields["Result"] = selected;
        probe(tested, fields, &tested.input)
    });
    data.after_result_path = text(placed.as_ref());
}

fn error_details(tested: &Tested, seen: &Seen) -> Option<api::InspectionErrorDetails> {
    let index = |index: Option<usize>| index.and_then(|index| i32::try_from(index).ok());
    let (retry, catch) = handled(tested, seen);
    let retry_backoff_interval_seconds = match seen.end {
        End::Retriable { after_ms } => i32::try_from(after_ms.div_ceil(1000)).ok(),
        _ => None,
    };
    (retry.is_some() || catch.is_some()).then(|| api::InspectionErrorDetails {
        catch_index: index(catch),
        retry_index: index(retry),
        retry_backoff_interval_seconds,
    })
}
