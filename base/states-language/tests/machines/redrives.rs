//! Redriven executions: what failed is done anew, and what had succeeded is not.

use cloudlet_states_language::execution::Input;
use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine, run};

fn task(name: &str, more: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": function(name)});
    if let (Some(state), Value::Object(more)) = (state.as_object_mut(), more) {
        state.extend(more);
    }
    state
}

fn kinds(drive: &Drive, from: usize) -> Vec<&str> {
    drive.history[from..].iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_task_goes_on_where_it_failed() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]);
    let states = json!({"A": task("good", json!({"Next": "B"})), "B": task("bad", json!({"Retry": retry, "End": true}))});
    let mut drive = run(&machine(states), json!(1), |name, input| match name {
        "bad" => Answer::Fail("Broken", "for now"),
        _ => Answer::Give(json!([input])),
    });
    assert!(drive.result().is_err());
    let before = drive.history.len();
    drive.redrive(Vec::new());
    drive.go(|name, input| {
        assert_eq!(name, "bad");
        Answer::Give(input.clone())
    });
    assert_eq!(drive.result(), Ok(json!([1])));
    let expected = [
        "ExecutionRedriven",
        "LambdaFunctionScheduled",
        "LambdaFunctionStarted",
        "LambdaFunctionSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ];
    assert_eq!(kinds(&drive, before), expected);
    let redriven = drive.history[before].id;
    assert_eq!(drive.history[before].previous_id, redriven - 1);
    assert_eq!(drive.history[before + 1].previous_id, redriven);
}

#[test]
fn attempts_and_the_count_begin_anew() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]);
    let states = json!({"A": task("bad", json!({"Retry": retry, "End": true}))});
    let fail = |_: &str, _: &Value| Answer::Fail("Broken", "");
    let mut drive = run(&machine(states), json!({}), fail);
    for count in 1..3 {
        let before = drive.history.len();
        drive.redrive(Vec::new());
        drive.go(fail);
        let scheduled =
            kinds(&drive, before).iter().filter(|kind| **kind == "LambdaFunctionScheduled").count();
        assert_eq!(scheduled, 2, "redrive {count}");
    }
}

#[test]
fn attempts_of_states_with_branches_begin_anew_too() {
    let retry = json!([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]);
    let branch = json!({"StartAt": "X", "States": {"X": task("bad", json!({"End": true}))}});
    let states = json!({"A": {"Type": "Parallel", "Branches": [branch], "Retry": retry, "End": true}});
    let fail = |_: &str, _: &Value| Answer::Fail("Broken", "");
    let mut drive = run(&machine(states), json!({}), fail);
    let before = drive.history.len();
    drive.redrive(Vec::new());
    drive.go(fail);
    let again = kinds(&drive, before);
    assert_eq!(again.iter().filter(|kind| **kind == "LambdaFunctionScheduled").count(), 2);
}

#[test]
fn items_that_are_done_are_not_done_again() {
    let processor = json!({"StartAt": "T", "States": {"T": task("one", json!({"End": true}))}});
    let states = json!({"A": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": processor, "End": true}});
    let mut drive = run(&machine(states), json!([1, 2, 3, 4, 5]), |_, item| match item.as_u64() {
        Some(3) => Answer::Fail("Broken", ""),
        _ => Answer::Give(json!([item])),
    });
    assert!(drive.result().is_err());
    drive.redrive(Vec::new());
    let mut seen = Vec::new();
    drive.go(|_, item| {
        seen.push(item.clone());
        Answer::Give(json!([item]))
    });
    assert_eq!(drive.result(), Ok(json!([[1], [2], [3], [4], [5]])));
    seen.sort_by_key(Value::as_u64);
    assert_eq!(seen, [json!(3), json!(4), json!(5)]);
}

#[test]
fn branches_within_branches_go_on() {
    let inner = json!({"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "X", "States": {"X": task("good", json!({"End": true}))}},
        {"StartAt": "Y", "States": {"Y": task("bad", json!({"End": true}))}}]});
    let states = json!({"A": {"Type": "Parallel", "End": true, "Branches": [
        {"StartAt": "I", "States": {"I": inner}},
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": true}}}]}});
    let mut drive = run(&machine(states), json!({}), |name, _| match name {
        "bad" => Answer::Fail("Broken", ""),
        _ => Answer::Give(json!("x")),
    });
    assert!(drive.result().is_err() && drive.timers.is_empty());
    drive.redrive(Vec::new());
    drive.go(|name, _| {
        assert_eq!(name, "bad");
        Answer::Give(json!("y"))
    });
    assert_eq!(drive.result(), Ok(json!([["x", "y"], {}])));
}

#[test]
fn what_was_caught_is_over() {
    let caught = json!([{"ErrorEquals": ["States.ALL"], "Next": "F"}]);
    let branch = |name: &str| json!({"StartAt": name, "States": {name: task("bad", json!({"End": true}))}});
    let states = json!({
        "A": {"Type": "Parallel", "Branches": [branch("X"), branch("Y")], "Catch": caught, "End": true},
        "F": task("late", json!({"End": true}))});
    let mut drive = run(&machine(states), json!({}), |_, _| Answer::Fail("Broken", ""));
    drive.redrive(Vec::new());
    drive.go(|name, _| {
        assert_eq!(name, "late");
        Answer::Give(json!("end"))
    });
    assert_eq!(drive.result(), Ok(json!("end")));
}

#[test]
fn a_map_run_that_was_caught_is_over() {
    let processor = json!({
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "T", "States": {"T": {"Type": "Pass", "End": true}}});
    let caught = json!([{"ErrorEquals": ["States.ALL"], "Next": "F"}]);
    let states = json!({
        "A": {"Type": "Map", "ItemProcessor": processor, "Catch": caught, "End": true},
        "F": {"Type": "Fail", "Error": "Enough"}});
    let mut drive = Drive::new(&machine(states));
    drive.start(json!([1]));
    let id = drive.map_runs[0].id;
    drive.give(Input::MapRunFailed { id, error: "Broken".to_owned(), cause: String::new() });
    assert_eq!(drive.result(), Err("Enough: ".to_owned()));
    let before = drive.history.len();
    drive.redrive(vec![id]);
    assert_eq!(drive.redriven, []);
    assert_eq!(kinds(&drive, before), ["ExecutionRedriven", "ExecutionFailed"]);
}

#[test]
fn what_succeeded_or_runs_is_not_redriven() {
    let wait = json!({"A": {"Type": "Wait", "Seconds": 9, "End": true}});
    let mut drive = Drive::new(&machine(wait));
    drive.start(json!({}));
    let before = drive.history.len();
    drive.redrive(Vec::new());
    assert_eq!(drive.history.len(), before);
    drive.go(|_, _| Answer::Silence);
    let before = drive.history.len();
    drive.redrive(Vec::new());
    assert_eq!(drive.history.len(), before);
}

#[test]
fn a_stopped_wait_waits_again() {
    let wait = json!({"A": {"Type": "Wait", "Seconds": 9, "End": true}});
    let mut drive = Drive::new(&machine(wait));
    drive.start(json!({"a": 1}));
    drive.give(Input::Stopped { error: None, cause: None });
    assert!(drive.timers.is_empty());
    drive.redrive(Vec::new());
    assert_eq!(drive.timers.len(), 1);
    drive.go(|_, _| Answer::Silence);
    assert_eq!(drive.result(), Ok(json!({"a": 1})));
}

#[test]
fn most_steps_of_a_map_need_few_frames() {
    let processor = json!({"StartAt": "T", "States": {"T": task("one", json!({"End": true}))}});
    let states = json!({"A": {"Type": "Map", "MaxConcurrency": 10, "ItemProcessor": processor, "End": true}});
    let items: Value = (0..300).collect();
    let drive = run(&machine(states), items.clone(), |_, item| Answer::Give(item.clone()));
    assert_eq!(drive.result(), Ok(items));
    // The last item ends the state, and needs the results of all.
    assert!(drive.filled <= 3, "{}", drive.filled);
}
