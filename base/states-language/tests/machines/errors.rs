//! Retry and Catch: which rule is for which error, how often and how soon, and where errors lead.

use serde_json::{Value, json};

use crate::drive::{Answer, Drive, function, machine, run};

fn task(fields: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": function("f"), "End": true});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    machine(json!({"A": state, "B": {"Type": "Pass", "End": true}}))
}

/// When each attempt was made, in seconds.
fn attempts(retry: Value, errors: &[&'static str]) -> (Vec<u64>, Result<Value, String>) {
    let fields = json!({"Retry": retry, "Catch": [{"ErrorEquals": ["Never"], "Next": "B"}]});
    let mut drive = Drive::new(&task(fields));
    drive.start(json!({}));
    let mut times = Vec::new();
    let mut errors = errors.iter();
    while drive.outcome.is_none() {
        if let Some(task) = drive.tasks.first().cloned() {
            times.push((drive.now_ms - 1_000_000) / 1000);
            let answer = errors.next().map_or(Answer::Give(json!("done")), |error| Answer::Fail(error, ""));
            drive.answer(&task, answer);
        } else {
            drive.fire();
        }
    }
    (times, drive.result())
}

#[test]
fn attempts_come_later_and_later() {
    let busy = |fields: Value| {
        let mut rule = json!({"ErrorEquals": ["Busy"]});
        rule.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        json!([rule])
    };
    let done = || Ok(json!("done"));
    let cases = [
        (busy(json!({})), vec!["Busy"; 3], (vec![0, 1, 3, 7], done())),
        (busy(json!({})), vec!["Busy"; 4], (vec![0, 1, 3, 7], Err("Busy: ".into()))),
        (busy(json!({"MaxAttempts": 0})), vec!["Busy"], (vec![0], Err("Busy: ".into()))),
        (busy(json!({"BackoffRate": 1.0, "IntervalSeconds": 5})), vec!["Busy"; 2], (vec![0, 5, 10], done())),
        (
            busy(json!({"MaxDelaySeconds": 3, "MaxAttempts": 5})),
            vec!["Busy"; 4],
            (vec![0, 1, 3, 6, 9], done()),
        ),
        (busy(json!({})), vec!["Busy", "Other"], (vec![0, 1], Err("Other: ".into()))),
        (
            json!([{"ErrorEquals": ["Busy"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 9}]),
            vec!["Busy", "Other", "Busy"],
            (vec![0, 1, 10], Err("Busy: ".into())),
        ),
    ];
    for (retry, errors, wanted) in cases {
        assert_eq!(attempts(retry.clone(), &errors), wanted, "{retry}");
    }
}

#[test]
fn jitter_shortens_delays() {
    let rule = json!([{"ErrorEquals": ["Busy"], "IntervalSeconds": 1000, "JitterStrategy": "FULL", "MaxAttempts": 5, "BackoffRate": 1.0}]);
    let (times, _) = attempts(rule, &["Busy"; 5]);
    let delays: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        delays.iter().all(|&delay| delay <= 1000) && delays.iter().any(|&delay| delay != delays[0]),
        "{delays:?}"
    );
}

#[test]
fn retry_counts_are_seen() {
    let fields =
        json!({"Parameters": {"n.$": "$$.State.RetryCount"}, "Retry": [{"ErrorEquals": ["States.ALL"]}]});
    let mut seen = Vec::new();
    let drive = run(
        &task(json!({"Parameters": fields["Parameters"], "Retry": fields["Retry"],
        "Catch": [{"ErrorEquals": ["Never"], "Next": "B"}]})),
        json!({}),
        |_, given| {
            seen.push(given["n"].clone());
            if seen.len() < 3 { Answer::Fail("E", "") } else { Answer::Give(json!(1)) }
        },
    );
    assert_eq!((drive.result(), seen), (Ok(json!(1)), vec![json!(0), json!(1), json!(2)]));
}

#[test]
fn the_first_catch_for_an_error_leads() {
    let caught = |catch: Value, error: &'static str| {
        run(&task(json!({"Catch": catch})), json!({"in": 1}), |_, _| Answer::Fail(error, "why")).result()
    };
    let rule = |names: Value| json!([{"ErrorEquals": names, "Next": "B", "ResultPath": "$.e"}]);
    let output = |error: &str| Ok(json!({"in": 1, "e": {"Error": error, "Cause": "why"}}));
    for (names, error, is_caught) in [
        (json!(["E"]), "E", true),
        (json!(["F", "E"]), "E", true),
        (json!(["F"]), "E", false),
        (json!(["States.ALL"]), "E", true),
        (json!(["States.TaskFailed"]), "E", true),
        (json!(["States.TaskFailed"]), "States.Timeout", false),
        (json!(["States.Timeout"]), "States.Timeout", true),
        (json!(["States.Timeout"]), "States.HeartbeatTimeout", true),
        (json!(["States.ALL"]), "States.DataLimitExceeded", true),
        (json!(["States.ALL"]), "States.Runtime", false),
        (json!(["States.Permissions"]), "States.Permissions", true),
    ] {
        let wanted = if is_caught { output(error) } else { Err(format!("{error}: why")) };
        assert_eq!(caught(rule(names.clone()), error), wanted, "{names} {error}");
    }
    let two = json!([{"ErrorEquals": ["E"], "Next": "B", "ResultPath": null}, {"ErrorEquals": ["States.ALL"], "Next": "B"}]);
    assert_eq!(caught(two.clone(), "E"), Ok(json!({"in": 1})));
    assert_eq!(caught(two, "F"), Ok(json!({"Error": "F", "Cause": "why"})));
}

#[test]
fn catches_assign_and_give() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": function("f"), "End": true, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B",
            "Assign": {"e": "{% $states.errorOutput.Error %}"}, "Output": {"i": "{% $states.input %}", "c": "{% $states.errorOutput.Cause %}"}}]},
        "B": {"Type": "Succeed", "Output": "{% [$states.input, $e] %}"}}});
    let drive = run(&definition, json!(7), |_, _| Answer::Fail("E", "why"));
    assert_eq!(drive.result(), Ok(json!([{"i": 7, "c": "why"}, "E"])));
}

#[test]
fn what_a_field_fails_with_is_caught_by_name_alone() {
    let caught = |name: &str| {
        let catch = json!([{"ErrorEquals": [name], "Next": "B"}]);
        run(&task(json!({"Parameters": {"x.$": "$.nothing"}, "Catch": catch})), json!({}), |_, _| {
            Answer::Silence
        })
        .result()
    };
    assert!(caught("States.ALL").unwrap_err().starts_with("States.Runtime: "));
    assert_eq!(caught("States.ParameterPathFailure").unwrap()["Error"], "States.ParameterPathFailure");
}

#[test]
fn a_failing_branch_fails_the_others_and_is_tried_again_as_a_whole() {
    let branch = |name: &str| json!({"StartAt": name, "States": {name: {"Type": "Task", "Resource": function(name), "End": true}}});
    let definition = machine(json!({
        "A": {"Type": "Parallel", "End": true, "Branches": [branch("x"), branch("y")],
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["States.BranchFailed"], "Next": "B"}]},
        "B": {"Type": "Pass", "End": true}}));
    let mut calls = Vec::new();
    let drive = run(&definition, json!(0), |name, _| {
        calls.push(name.to_owned());
        if name == "y" && calls.len() < 3 { Answer::Fail("Busy", "") } else { Answer::Give(json!(name)) }
    });
    assert_eq!((drive.result(), calls.join("")), (Ok(json!(["x", "y"])), "xyxy".into()));
    let drive = run(&definition, json!(0), |_, _| Answer::Fail("Busy", "c"));
    assert_eq!(drive.result(), Ok(json!({"Error": "Busy", "Cause": "c"})));
    assert_eq!(drive.cancelled.len(), 2);
}

#[test]
fn a_runtime_error_within_a_branch_is_not_caught() {
    let branch =
        json!({"StartAt": "x", "States": {"x": {"Type": "Pass", "InputPath": "$.nothing", "End": true}}});
    let definition = machine(json!({
        "A": {"Type": "Parallel", "End": true, "Branches": [branch], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}]},
        "B": {"Type": "Pass", "End": true}}));
    let drive = run(&definition, json!({}), |_, _| Answer::Silence);
    let why = drive.result().unwrap_err();
    assert_eq!(why.matches("An error occurred").count(), 1, "{why}");
    assert!(why.starts_with("States.Runtime: ") && why.contains("'x' (entered at the event id #4)"), "{why}");
}
