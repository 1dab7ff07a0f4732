//! What is bounded: payloads, histories, time, and the length of a step.

use cloudlet_states_language::execution::{EVENTS_MAX, Input, PAYLOAD_BYTES_MAX};
use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine, result, run};

#[test]
fn payloads_have_256_kb() {
    let task = machine(json!({
        "A": {"Type": "Task", "Resource": function("f"), "Next": "B", "Catch": [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "C"}]},
        "B": {"Type": "Pass", "End": true}, "C": {"Type": "Pass", "Result": "caught", "End": true}}));
    let give = |size: usize| run(&task, json!({}), |_, _| Answer::Give("x".repeat(size).into())).result();
    assert!(give(PAYLOAD_BYTES_MAX - 2).is_ok_and(|output| output != "caught"));
    assert_eq!(give(PAYLOAD_BYTES_MAX - 1), Ok(json!("caught")));
    let doubled =
        machine(json!({"A": {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}, "End": true}}));
    let why = result(&doubled, "x".repeat(200_000).into()).unwrap_err();
    assert!(why.starts_with("States.DataLimitExceeded: "), "{why}");
}

#[test]
fn a_loop_ends_with_its_history() {
    let definition =
        machine(json!({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Choice", "Default": "A",
        "Choices": [{"Variable": "$", "IsNull": true, "Next": "C"}]}, "C": {"Type": "Succeed"}}));
    let drive = run(&definition, json!({}), |_, _| Answer::Silence);
    let cause = "The execution reached the maximum number of history events (25000).";
    assert_eq!(drive.result(), Err(format!("States.Runtime: {cause}")));
    let events = drive.history.len() as u64;
    assert!((EVENTS_MAX - 4..=EVENTS_MAX).contains(&events), "{events}");
    assert!(drive.steps > 10, "a step is not endless: {}", drive.steps);
}

#[test]
fn a_map_of_too_many_items_ends_too() {
    let definition =
        machine(json!({"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {
        "I": {"Type": "Pass", "End": true}}}}}));
    let mut drive = Drive::new(&definition);
    drive.start((0..30_000).collect());
    drive.go(|_, _| Answer::Silence);
    assert!(drive.result().unwrap_err().contains("maximum number of history events"));
    assert!(drive.history.len() as u64 <= EVENTS_MAX);
}

#[test]
fn a_thousand_items_are_fast_enough_to_try() {
    let definition =
        machine(json!({"A": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {
        "I": {"Type": "Pass", "End": true}}}}}));
    let items: Value = (0..1000).collect();
    assert_eq!(result(&definition, items.clone()), Ok(items));
}

#[test]
fn an_execution_has_its_time() {
    let mut definition = machine(json!({"A": {"Type": "Wait", "Seconds": 100, "End": true}}));
    definition["TimeoutSeconds"] = json!(30);
    let drive = run(&definition, json!({}), |_, _| Answer::Silence);
    assert_eq!((drive.result(), drive.now_ms), (Err("TimedOut".into()), 1_030_000));
    assert_eq!(drive.lines()[2], "3<0 ExecutionTimedOut");
    assert!(drive.timers.is_empty());
}

#[test]
fn nothing_happens_before_the_start() {
    let mut drive = Drive::new(&machine(json!({"A": {"Type": "Succeed"}})));
    drive.give(Input::Continue);
    drive.give(Input::Stopped { error: None, cause: None });
    assert!(drive.history.is_empty());
}

#[test]
fn what_grows_without_end_is_ended() {
    let deeper = machine(json!({"A": {"Type": "Pass", "Parameters": {"a.$": "$"}, "Next": "A2"},
        "A2": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "B"}], "Default": "A"}, "B": {"Type": "Succeed"}}));
    let why = result(&deeper, json!({})).unwrap_err();
    assert!(why.contains("nests more than 100 deep"), "{why}");
    let assigned = machine(json!({"A": {"Type": "Pass", "Assign": {"v": []}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"v.$": "States.Array($v)"}, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$", "IsNull": true, "Next": "D"}], "Default": "B"}, "D": {"Type": "Succeed"}}));
    let why = result(&assigned, json!({})).unwrap_err();
    assert!(why.contains("nests more than 100 deep"), "{why}");
    let fields: serde_json::Map<_, _> = (0..1000).map(|index| (format!("f{index}.$"), json!("$"))).collect();
    let wider = machine(json!({"A": {"Type": "Pass", "Parameters": fields, "End": true}}));
    let why = result(&wider, "x".repeat(100_000).into()).unwrap_err();
    assert!(why.starts_with("States.DataLimitExceeded: "), "{why}");
}
