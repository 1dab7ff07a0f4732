//! Map states: items one by one and all at once, selected, nested, and as executions of their own.

use cloudlet_states_language::execution::{Input, MapSource, Moment, Sourced, selected};
use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine, result, run};

fn map(fields: Value, inner: Value) -> Value {
    let mut state =
        json!({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": inner}}});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    machine(json!({"A": state}))
}

#[test]
fn items_are_selected_and_results_are_in_order() {
    let pass = || json!({"Type": "Pass", "End": true});
    let cases = [
        (json!({}), json!([3, 1]), json!([3, 1])),
        (json!({}), json!([]), json!([])),
        (json!({"ItemsPath": "$.list"}), json!({"list": ["a"]}), json!(["a"])),
        (
            json!({"ItemsPath": "$.list", "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.x", "n.$": "$.n"}}),
            json!({"list": [{"x": 7}], "n": 1}),
            json!([{"i": 0, "v": 7, "n": 1}]),
        ),
        (
            json!({"Parameters": {"v.$": "$$.Map.Item.Value"}, "MaxConcurrency": 1}),
            json!([5, 6]),
            json!([{"v": 5}, {"v": 6}]),
        ),
        (
            json!({"ResultSelector": {"first.$": "$[0]"}, "ResultPath": "$"}),
            json!([5, 6]),
            json!({"first": 5}),
        ),
        (json!({"MaxConcurrencyPath": "$[0]"}), json!([2, 9, 8]), json!([2, 9, 8])),
    ];
    for (fields, input, output) in cases {
        assert_eq!(result(&map(fields.clone(), pass()), input), Ok(output), "{fields}");
    }
    let why = result(&map(json!({"ItemsPath": "$.n"}), pass()), json!({"n": 1})).unwrap_err();
    assert!(why.ends_with("Reference path \"$.n\" must point to array."), "{why}");
    let why =
        result(&map(json!({"ItemSelector": {"x.$": "$$.Map.Item.Value.x"}}), pass()), json!([{"x": 1}, {}]))
            .unwrap_err();
    assert!(why.contains("'$$.Map.Item.Value.x'"), "{why}");
}

#[test]
fn members_of_an_object_are_items_of_executions() {
    let items = |fields: Value, input: Value| {
        let mut drive = Drive::new(&distributed(fields));
        drive.start(input);
        drive.map_runs.pop().map(|run| run.source)
    };
    let input = || json!({"of": {"b": 2, "a": [1]}});
    let plain = items(json!({"ItemsPath": "$.of"}), input());
    let expected = vec![json!({"Key": "b", "Value": 2}), json!({"Key": "a", "Value": [1]})];
    assert_eq!(plain, Some(MapSource::Items(expected)));
    let selector = json!({"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index", "s.$": "$$.Map.Item.Source"});
    let selected = items(json!({"ItemsPath": "$.of", "ItemSelector": selector}), input());
    let made = |k: &str, v: Value, i: u32| json!({"k": k, "v": v, "i": i, "s": "STATE_DATA"});
    assert_eq!(selected, Some(MapSource::Items(vec![made("b", json!(2), 0), made("a", json!([1]), 1)])));
    assert_eq!(items(json!({}), json!({})), Some(MapSource::Items(Vec::new())));
    assert_eq!(items(json!({"ItemsPath": "$.of.b"}), input()), None);
    // What runs in the same execution has items of arrays alone.
    assert!(
        result(&map(json!({"ItemsPath": "$.of"}), json!({"Type": "Pass", "End": true})), input()).is_err()
    );
}

#[test]
fn queries_select_items() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Map", "End": true,
        "Items": "{% $states.input.list[$ > 1] %}", "ItemSelector": "{% $states.context.Map.Item.Value * 10 %}",
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": "{% $states.input + $states.context.Map.Item.Index %}", "End": true}}},
        "Output": "{% $sum($states.result) %}"}}});
    assert_eq!(result(&definition, json!({"list": [1, 2, 3]})), Ok(json!(51)));
    assert!(
        result(&definition, json!({"list": 1})).unwrap_err().starts_with("States.QueryEvaluationError: ")
    );
}

#[test]
fn no_more_run_at_once_than_may() {
    let task = json!({"Type": "Task", "Resource": function("f"), "End": true});
    let mut drive = Drive::new(&map(json!({"MaxConcurrency": 3}), task));
    drive.start((0..10).collect());
    let mut most = 0;
    while let Some(task) = drive.tasks.last().cloned() {
        most = most.max(drive.tasks.len());
        let given = serde_json::from_str(&task.parameters).unwrap();
        drive.answer(&task, Answer::Give(given));
    }
    assert_eq!(most, 3);
    assert_eq!(drive.result(), Ok((0..10).collect()));
}

#[test]
fn maps_nest() {
    let inner = json!({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "J", "States": {
        "J": {"Type": "Task", "Resource": function("double"), "End": true}}}});
    let drive = run(&map(json!({}), inner), json!([[1, 2], [], [3]]), |_, given| {
        Answer::Give(json!(given.as_i64().unwrap() * 2))
    });
    assert_eq!(drive.result(), Ok(json!([[2, 4], [], [6]])));
}

#[test]
fn a_failure_ends_what_runs_within() {
    let inner = json!({"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": function("f"), "TimeoutSeconds": 60, "End": true}}},
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": true}}}]});
    let mut drive = Drive::new(&map(json!({}), inner));
    drive.start(json!([1, 2]));
    assert_eq!((drive.tasks.len(), drive.timers.len()), (2, 4));
    let task = drive.tasks[1].clone();
    drive.answer(&task, Answer::Fail("E", "c"));
    assert_eq!(drive.result(), Err("E: c".into()));
    assert!(drive.tasks.is_empty() && drive.timers.is_empty());
    let aborted: Vec<_> = drive.lines().into_iter().filter(|line| line.contains("Aborted")).collect();
    assert_eq!(aborted.len(), 6, "{aborted:#?}");
}

fn distributed(fields: Value) -> Value {
    let mut definition = map(fields, json!({"Type": "Pass", "End": true}));
    definition["States"]["A"]["ItemProcessor"]["ProcessorConfig"] =
        json!({"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"});
    definition
}

#[test]
fn a_map_run_has_items_and_ends() {
    let mut drive = Drive::new(&distributed(
        json!({"ItemSelector": {"v.$": "$$.Map.Item.Value"}, "ToleratedFailureCount": 1,
        "Label": "L", "ItemBatcher": {"MaxItemsPerBatch": 2, "BatchInput": {"n.$": "$[0]"}}}),
    ));
    drive.start(json!([4, 5]));
    let run = drive.map_runs.remove(0);
    assert_eq!(run.source, MapSource::Items(vec![json!({"v": 4}), json!({"v": 5})]));
    assert_eq!(
        (run.label.as_str(), run.execution_type.as_str(), run.tolerance.count),
        ("L", "EXPRESS", Some(1))
    );
    assert_eq!(run.batch.unwrap().input, Some(json!({"n": 4})));
    drive.give(Input::MapRunStarted { id: run.id, arn: "run".into() });
    drive.give(Input::MapRunSucceeded { id: run.id, output: "[1]".into() });
    drive.give(Input::MapRunSucceeded { id: run.id, output: "[2]".into() });
    assert_eq!(
        drive.lines()[2..],
        [
            "3<2 MapStateStarted 2",
            "4<3 MapRunStarted",
            "5<4 MapRunSucceeded",
            "6<5 MapStateSucceeded",
            "7<5 MapStateExited A [1]",
            "8<7 ExecutionSucceeded [1]",
        ]
    );
}

#[test]
fn a_map_run_reads_writes_and_fails() {
    let mut drive = Drive::new(&distributed(json!({
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV", "MaxItemsPath": "$.n"}, "Parameters": {"Key.$": "$.k"}},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}},
        "Catch": [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "B"}]})
    ).as_object_mut().map(|whole| {
        whole["States"].as_object_mut().unwrap().insert("B".into(), json!({"Type": "Succeed"}));
        Value::Object(whole.clone())
    }).unwrap());
    drive.start(json!({"k": "key", "n": 9}));
    let run = drive.map_runs.remove(0);
    let MapSource::Reader { resource, config, arguments } = run.source else { panic!("items") };
    assert!(resource.ends_with("s3:getObject"));
    assert_eq!((config, arguments), (json!({"InputType": "CSV", "MaxItems": 9}), json!({"Key": "key"})));
    assert_eq!(run.target.unwrap().arguments, json!({"Bucket": "b"}));
    drive.give(Input::MapRunFailed {
        id: run.id,
        error: "States.ItemReaderFailed".into(),
        cause: "gone".into(),
    });
    assert_eq!(drive.result(), Ok(json!({"Error": "States.ItemReaderFailed", "Cause": "gone"})));
}

#[test]
fn an_item_that_cannot_be_selected_ends_those_that_run() {
    let task = json!({"Type": "Task", "Resource": function("f"), "End": true});
    let mut drive =
        Drive::new(&map(json!({"ItemSelector": {"x.$": "$$.Map.Item.Value.x"}, "MaxConcurrency": 1}), task));
    drive.start(json!([{"x": 1}, {}]));
    let first = drive.tasks[0].clone();
    drive.answer(&first, Answer::Give(json!(1)));
    assert!(drive.result().unwrap_err().starts_with("States.Runtime: "));
    let started = drive.lines().iter().filter(|line| line.contains("IterationStarted")).count();
    let ended = drive
        .lines()
        .iter()
        .filter(|line| line.contains("IterationSucceeded") || line.contains("IterationAborted"))
        .count();
    assert_eq!((started, ended), (2, 2));
}

#[test]
fn items_that_are_read_are_selected_later() {
    let mut drive = Drive::new(&distributed(json!({
        "ItemReader": {"Resource": "arn:aws:states:::s3:getObject"},
        "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.a", "n.$": "$.n", "from.$": "$$.Map.Item.Source"}})));
    drive.start(json!({"n": 1}));
    let (execution, moment) = (drive.execution(), Moment { now_ms: 0, seed: 0 });
    let select = |items| selected(&drive.definition, &execution, moment, drive.map_runs[0].id, (7, items));
    let read = |value| Sourced { key: None, value, source: "S3://b/k".into() };
    let items = select(vec![read(json!({"a": "x"})), read(json!({"a": "y"}))]);
    let expected = |i, v| json!({"i": i, "v": v, "n": 1, "from": "S3://b/k"});
    assert_eq!(items, Ok(vec![expected(7, "x"), expected(8, "y")]));
    assert_eq!(select(vec![read(json!({}))]).unwrap_err().error(), Some("States.Runtime"));
}
