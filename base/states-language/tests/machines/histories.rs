//! Histories, event by event, as AWS writes them: those of its recorded executions, with numbers and predecessors.

use serde_json::json;

use crate::drive::{Answer, Drive, function, machine, run};

#[test]
fn a_pass_state() {
    let drive =
        run(&machine(json!({"A": {"Type": "Pass", "End": true}})), json!({"a": 1}), |_, _| Answer::Silence);
    let wanted = [
        "1<0 ExecutionStarted",
        "2<0 PassStateEntered A {\"a\":1}",
        "3<2 PassStateExited A {\"a\":1}",
        "4<3 ExecutionSucceeded {\"a\":1}",
    ];
    assert_eq!(drive.lines(), wanted);
}

#[test]
fn a_map_one_at_a_time() {
    let definition = machine(json!({"A": {"Type": "Map", "MaxConcurrency": 1, "End": true,
        "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}}}));
    let drive = run(&definition, json!([1, "x"]), |_, _| Answer::Silence);
    let wanted = [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered A [1,\"x\"]",
        "3<2 MapStateStarted 2",
        "4<3 MapIterationStarted A 0",
        "5<4 PassStateEntered I 1",
        "6<5 PassStateExited I 1",
        "7<6 MapIterationSucceeded A 0",
        "8<6 MapIterationStarted A 1",
        "9<8 PassStateEntered I \"x\"",
        "10<9 PassStateExited I \"x\"",
        "11<10 MapIterationSucceeded A 1",
        "12<11 MapStateSucceeded",
        "13<11 MapStateExited A [1,\"x\"]",
        "14<13 ExecutionSucceeded [1,\"x\"]",
    ];
    assert_eq!(drive.lines(), wanted);
}

#[test]
fn a_map_whose_items_time_out() {
    let definition = machine(
        json!({"M": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "T", "States": {
        "T": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 5, "End": true}}}}}),
    );
    let mut drive = Drive::new(&json!({"StartAt": "M", "States": definition["States"]}));
    drive.start(json!([1, 2]));
    for task in drive.tasks.clone() {
        drive.answer(&task, Answer::Silence);
    }
    drive.fire();
    let wanted = [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered M [1,2]",
        "3<2 MapStateStarted 2",
        "4<3 MapIterationStarted M 0",
        "5<3 MapIterationStarted M 1",
        "6<4 TaskStateEntered T 1",
        "7<6 TaskScheduled",
        "8<5 TaskStateEntered T 2",
        "9<8 TaskScheduled",
        "10<7 TaskStarted",
        "11<9 TaskStarted",
        "12<10 TaskTimedOut States.Timeout",
        "13<12 MapIterationFailed M 0",
        "14<12 TaskStateAborted",
        "15<12 MapIterationAborted M 1",
        "16<12 TaskStateAborted",
        "17<12 MapStateFailed",
        "18<17 ExecutionFailed States.Timeout -",
    ];
    assert_eq!(drive.lines(), wanted);
    assert!(drive.timers.is_empty(), "{:?}", drive.timers);
}

#[test]
fn parallel_branches() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Pass", "End": true}}});
    let definition =
        machine(json!({"A": {"Type": "Parallel", "End": true, "Branches": [branch("B"), branch("C")]}}));
    let drive = run(&definition, json!(0), |_, _| Answer::Silence);
    let wanted = [
        "1<0 ExecutionStarted",
        "2<0 ParallelStateEntered A 0",
        "3<2 ParallelStateStarted",
        "4<3 PassStateEntered B 0",
        "5<4 PassStateExited B 0",
        "6<3 PassStateEntered C 0",
        "7<6 PassStateExited C 0",
        "8<7 ParallelStateSucceeded",
        "9<7 ParallelStateExited A [0,0]",
        "10<9 ExecutionSucceeded [0,0]",
    ];
    assert_eq!(drive.lines(), wanted);
}

#[test]
fn a_function_that_is_tried_again_and_caught() {
    let definition = machine(json!({
        "A": {"Type": "Task", "Resource": function("f"), "End": true,
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1, "IntervalSeconds": 3}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.error"}]},
        "B": {"Type": "Pass", "End": true}}));
    let drive = run(&definition, json!({}), |_, _| Answer::Fail("Busy", "later"));
    let output = "{\"error\":{\"Error\":\"Busy\",\"Cause\":\"later\"}}";
    let wanted = [
        "1<0 ExecutionStarted".to_owned(),
        "2<0 TaskStateEntered A {}".into(),
        "3<2 LambdaFunctionScheduled".into(),
        "4<3 LambdaFunctionStarted".into(),
        "5<4 LambdaFunctionFailed Busy later".into(),
        "6<5 LambdaFunctionScheduled".into(),
        "7<6 LambdaFunctionStarted".into(),
        "8<7 LambdaFunctionFailed Busy later".into(),
        format!("9<8 TaskStateExited A {output}"),
        format!("10<9 PassStateEntered B {output}"),
        format!("11<10 PassStateExited B {output}"),
        format!("12<11 ExecutionSucceeded {output}"),
    ];
    assert_eq!(drive.lines(), wanted);
    assert_eq!(drive.now_ms, 1_003_000);
}

#[test]
fn a_fail_state_in_an_item() {
    let definition = machine(
        json!({"A": {"Type": "Map", "Next": "B", "ItemProcessor": {"StartAt": "F", "States": {
        "F": {"Type": "Fail", "Error": "E", "Cause": "c"}}}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
        "B": {"Type": "Succeed"}}),
    );
    let drive = run(&definition, json!([1]), |_, _| Answer::Silence);
    let wanted = [
        "1<0 ExecutionStarted",
        "2<0 MapStateEntered A [1]",
        "3<2 MapStateStarted 1",
        "4<3 MapIterationStarted A 0",
        "5<4 FailStateEntered F 1",
        "6<5 MapIterationFailed A 0",
        "7<5 MapStateFailed",
        "8<7 MapStateExited A {\"Error\":\"E\",\"Cause\":\"c\"}",
        "9<8 SucceedStateEntered B {\"Error\":\"E\",\"Cause\":\"c\"}",
        "10<9 SucceedStateExited B {\"Error\":\"E\",\"Cause\":\"c\"}",
        "11<10 ExecutionSucceeded {\"Error\":\"E\",\"Cause\":\"c\"}",
    ];
    assert_eq!(drive.lines(), wanted);
}

#[test]
fn a_path_that_finds_nothing_ends_an_execution() {
    let definition = machine(json!({"A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Task", "Resource": function("f"), "Parameters": {"JobName.$": "$.JobName"}, "End": true}}));
    let drive = run(&definition, json!({}), |_, _| Answer::Silence);
    let cause = "An error occurred while executing the state 'B' (entered at the event id #4). The JSONPath '$.JobName' \
                 specified for the field 'JobName.$' could not be found in the input '{}'";
    assert_eq!(drive.lines().last(), Some(&format!("5<0 ExecutionFailed States.Runtime {cause}")));
}

#[test]
fn an_expression_that_fails_has_an_event() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Output": {"a": "{% $nothing %}"}, "End": true}}});
    let drive = run(&definition, json!({}), |_, _| Answer::Silence);
    let cause = "An error occurred while executing the state 'A' (entered at the event id #2). The JSONata expression \
                 '$nothing' specified for the field 'Output/a' returned nothing (undefined).";
    assert_eq!(
        drive.lines()[2..],
        [
            "3<2 EvaluationFailed Output/a".to_owned(),
            format!("4<3 ExecutionFailed States.QueryEvaluationError {cause}"),
        ]
    );
}
