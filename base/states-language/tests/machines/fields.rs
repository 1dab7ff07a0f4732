//! What the fields of states make of inputs and results, in both languages.

use serde_json::{Value, json};

use crate::drive::{Answer, function, machine, result, run};

fn one(state: Value, input: Value) -> Result<Value, String> {
    result(&machine(json!({"A": state})), input)
}

fn task(mut state: Value, input: Value, answer: Value) -> (Value, Result<Value, String>) {
    let fields = state.as_object_mut().unwrap();
    fields
        .extend(json!({"Type": "Task", "Resource": function("f"), "End": true}).as_object().unwrap().clone());
    let mut parameters = Value::Null;
    let drive = run(&machine(json!({"A": state})), input, |_, given| {
        parameters = given.clone();
        Answer::Give(answer.clone())
    });
    (parameters, drive.result())
}

#[test]
fn paths_shape_a_pass_state() {
    let pass = |fields: Value, input: Value| {
        let mut state = json!({"Type": "Pass", "End": true});
        state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        one(state, input)
    };
    let input = json!({"a": {"b": 1}, "c": [2]});
    let cases = [
        (json!({}), json!({"a": {"b": 1}, "c": [2]})),
        (json!({"InputPath": "$.a"}), json!({"b": 1})),
        (json!({"InputPath": null}), json!({})),
        (json!({"OutputPath": "$.c[0]"}), json!(2)),
        (json!({"OutputPath": null}), json!({})),
        (json!({"Result": [1], "ResultPath": "$.c[0]"}), json!({"a": {"b": 1}, "c": [[1]]})),
        (json!({"Result": 1, "ResultPath": null}), json!({"a": {"b": 1}, "c": [2]})),
        (
            json!({"InputPath": "$.a", "Parameters": {"x.$": "$.b", "y.$": "$$.State.Name"}, "ResultPath": "$.d.e"}),
            json!({"a": {"b": 1}, "c": [2], "d": {"e": {"x": 1, "y": "A"}}}),
        ),
    ];
    for (fields, output) in cases {
        assert_eq!(pass(fields.clone(), input.clone()), Ok(output), "{fields}");
    }
    for (fields, error) in [
        (json!({"InputPath": "$.x"}), "States.Runtime"),
        (json!({"OutputPath": "$.x"}), "States.Runtime"),
        (json!({"Result": 1, "ResultPath": "$.c.x"}), "States.ResultPathMatchFailure"),
        (json!({"Parameters": {"x.$": "States.MathAdd($.a, 1)"}}), "States.Runtime"),
    ] {
        let why = pass(fields.clone(), input.clone()).unwrap_err();
        assert!(why.starts_with(error) && why.contains("(entered at the event id #2)"), "{fields}: {why}");
    }
}

#[test]
fn paths_shape_a_task() {
    let fields = json!({"Parameters": {"n.$": "$.n"}, "ResultSelector": {"sum.$": "$.r[0]"}, "ResultPath": "$.out",
        "OutputPath": "$.out", "Assign": {"seen.$": "$.sum"}});
    let (parameters, output) = task(fields, json!({"n": 5}), json!({"r": [7]}));
    assert_eq!((parameters, output), (json!({"n": 5}), Ok(json!({"sum": 7}))));
    let (parameters, output) = task(json!({}), json!({"n": 5}), json!("r"));
    assert_eq!((parameters, output), (json!({"n": 5}), Ok(json!("r"))));
}

#[test]
fn queries_shape_a_task() {
    let fields = json!({"QueryLanguage": "JSONata", "Arguments": {"n": "{% $states.input.n * 2 %}"},
        "Assign": {"before": "{% $states.input.n %}"}, "Output": {"r": "{% $states.result.r %}", "i": "{% $states.input %}"}});
    let (parameters, output) = task(fields, json!({"n": 5}), json!({"r": 7}));
    assert_eq!((parameters, output), (json!({"n": 10}), Ok(json!({"r": 7, "i": {"n": 5}}))));
    let (parameters, output) = task(json!({"QueryLanguage": "JSONata"}), json!({"n": 5}), json!(1));
    assert_eq!((parameters, output), (json!({"n": 5}), Ok(json!(1))));
}

#[test]
fn variables_go_from_state_to_state_and_into_branches() {
    let definition = machine(json!({
        "A": {"Type": "Pass", "Assign": {"x.$": "$.n", "y": 1}, "Next": "B"},
        "B": {"Type": "Parallel", "Next": "C", "Branches": [
            {"StartAt": "B1", "States": {
                "B1": {"Type": "Pass", "Assign": {"y": 2}, "Next": "B2"},
                "B2": {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}, "End": true}}},
            {"StartAt": "B3", "States": {"B3": {"Type": "Pass", "Parameters": {"y.$": "$y"}, "End": true}}}]},
        "C": {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"in": "{% $states.input %}", "y": "{% $y + $x %}"}, "End": true}
    }));
    let output = json!({"in": [{"x": 3, "y": 2}, {"y": 1}], "y": 4});
    assert_eq!(result(&definition, json!({"n": 3})), Ok(output));
}

#[test]
fn assign_sees_what_was_before() {
    let definition = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x": 2, "y": "{% $x %}"}, "Output": "{% $x %}", "Next": "C"},
        "C": {"Type": "Succeed", "Output": "{% [$states.input, $x, $y] %}"}}});
    assert_eq!(result(&definition, json!({})), Ok(json!([1, 2, 1])));
}

#[test]
fn choices_lead_and_assign() {
    let definition = machine(json!({
        "A": {"Type": "Choice", "Default": "D", "Choices": [
            {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "B", "Assign": {"was": "large"}},
            {"Variable": "$.n", "IsNumeric": true, "Next": "B", "Assign": {"was": "small"}}]},
        "B": {"Type": "Pass", "Parameters": {"was.$": "$was"}, "End": true},
        "D": {"Type": "Fail", "ErrorPath": "$.n", "CausePath": "States.Format('no {}', $.n)"}}));
    assert_eq!(result(&definition, json!({"n": 6})), Ok(json!({"was": "large"})));
    assert_eq!(result(&definition, json!({"n": 5})), Ok(json!({"was": "small"})));
    assert_eq!(result(&definition, json!({"n": "x"})), Err("x: no x".into()));
    let why = result(&definition, json!({})).unwrap_err();
    assert!(
        why.ends_with("Invalid path '$.n': The choice state's condition path references an invalid value."),
        "{why}"
    );
    let queried = json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Choice", "Choices": [
            {"Condition": "{% $states.input.n > 5 %}", "Next": "B", "Output": "large"}, {"Condition": "{% $states.input.n = 0 %}", "Next": "B"}]},
        "B": {"Type": "Succeed"}}});
    assert_eq!(result(&queried, json!({"n": 6})), Ok(json!("large")));
    assert_eq!(result(&queried, json!({"n": 0})), Ok(json!({"n": 0})));
    assert!(result(&queried, json!({"n": 1})).unwrap_err().starts_with("States.NoChoiceMatched: "));
    assert!(result(&queried, json!({"n": "x"})).unwrap_err().starts_with("States.QueryEvaluationError: "));
}

#[test]
fn rules_that_assign_nothing_leave_it_to_their_state() {
    let definition = machine(json!({
        "A": {"Type": "Choice", "Default": "B", "Assign": {"was": "any"}, "Choices": [
            {"Variable": "$", "NumericEquals": 1, "Next": "B", "Assign": {"was": "one"}},
            {"Variable": "$", "NumericEquals": 2, "Next": "B"}]},
        "B": {"Type": "Pass", "Parameters": {"was.$": "$was"}, "End": true}}));
    for (input, was) in [(1, "one"), (2, "any"), (3, "any")] {
        assert_eq!(result(&definition, json!(input)), Ok(json!({"was": was})));
    }
}

#[test]
fn waits_end_when_they_should() {
    let wait = |fields: Value, input: Value| {
        let mut state = json!({"Type": "Wait", "End": true});
        state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let drive = run(&machine(json!({"A": state})), input, |_, _| Answer::Silence);
        drive.result().map(|_| drive.now_ms - 1_000_000)
    };
    assert_eq!(wait(json!({"Seconds": 5}), json!({})), Ok(5000));
    assert_eq!(wait(json!({"Seconds": 0}), json!({})), Ok(0));
    assert_eq!(wait(json!({"SecondsPath": "$.s"}), json!({"s": 7})), Ok(7000));
    assert_eq!(wait(json!({"Timestamp": "1970-01-01T00:16:41Z"}), json!({})), Ok(1000));
    assert_eq!(wait(json!({"TimestampPath": "$.t"}), json!({"t": "1970-01-01T00:00:00Z"})), Ok(0));
    assert_eq!(wait(json!({"QueryLanguage": "JSONata", "Seconds": "{% 1 + 1 %}"}), json!({})), Ok(2000));
    for (fields, input) in [
        (json!({"SecondsPath": "$.s"}), json!({"s": -1})),
        (json!({"SecondsPath": "$.s"}), json!({"s": "x"})),
        (json!({"TimestampPath": "$.s"}), json!({"s": "soon"})),
        (json!({"QueryLanguage": "JSONata", "Seconds": "{% 'x' %}"}), json!({})),
    ] {
        assert!(wait(fields.clone(), input).is_err(), "{fields}");
    }
}

#[test]
fn the_context_says_where_it_is() {
    let definition = machine(
        json!({"A": {"Type": "Pass", "Parameters": {"c.$": "$$"}, "OutputPath": "$.c", "End": true}}),
    );
    let context = result(&definition, json!({"in": 1})).unwrap();
    assert_eq!(context["Execution"]["Input"], json!({"in": 1}));
    assert_eq!(context["Execution"]["StartTime"], json!("1970-01-01T00:16:40.000Z"));
    assert_eq!(
        context["State"],
        json!({"Name": "A", "EnteredTime": "1970-01-01T00:16:40.000Z", "RetryCount": 0})
    );
}
