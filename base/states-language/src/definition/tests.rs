//! Definitions: what is taken, and what is wrong with others and where.

use serde_json::json;

use super::*;

fn wrong(definition: &Value) -> Vec<String> {
    let diagnostics = Definition::parse(&definition.to_string()).map(|_| Vec::new());
    diagnostics.unwrap_or_else(|wrong| wrong).iter().map(ToString::to_string).collect()
}

fn with_state(state: Value) -> Value {
    json!({"StartAt": "A", "States": {"A": state}})
}

#[test]
fn texts_that_are_no_definitions_are_named() {
    let first = |text: &str| Definition::parse(text).unwrap_err().remove(0).to_string();
    assert_eq!(first(""), "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object");
    assert_eq!(first("[]"), "SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object");
    assert_eq!(first("{}"), "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /");
    assert!(first("not a definition").starts_with("INVALID_JSON_DESCRIPTION: "));
    assert!(first(&" ".repeat(DEFINITION_BYTES_MAX + 1)).contains("larger than"));
    assert!(first(&"[".repeat(100_000)).starts_with("INVALID_JSON_DESCRIPTION: "));
}

#[test]
fn whole_definitions_are_taken() {
    for definition in [
        with_state(
            json!({"Type": "Pass", "End": true, "Comment": "x", "Result": null, "Parameters": {"a.$": "$.b"}}),
        ),
        with_state(json!({"Type": "Task", "End": true, "Resource": "arn:aws:states:::sqs:sendMessage",
            "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 0}, {"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A", "ResultPath": null}],
            "TimeoutSeconds": 10, "HeartbeatSecondsPath": "$.h"})),
        with_state(
            json!({"Type": "Wait", "QueryLanguage": "JSONata", "Seconds": "{% 1 + 1 %}", "End": true}),
        ),
        with_state(json!({"Type": "Fail", "ErrorPath": "States.Format('{}', $.a)", "Cause": "c"})),
        with_state(
            json!({"Type": "Map", "End": true, "MaxConcurrency": 3, "ItemSelector": {"i.$": "$$.Map.Item.Value"},
            "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
                "StartAt": "B", "States": {"B": {"Type": "Succeed"}}},
            "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"},
                "Parameters": {"Bucket": "b", "Key.$": "$.k"}},
            "ItemBatcher": {"MaxItemsPerBatch": 5}, "ToleratedFailurePercentage": 5}),
        ),
    ] {
        assert_eq!(wrong(&definition), [""; 0], "{definition}");
    }
}

#[test]
fn each_fault_has_its_place() {
    let cases = [
        (
            json!({"StartAt": "B", "States": {"A": {"Type": "Pass", "End": true}}}),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /StartAt".into(),
        ),
        (
            with_state(json!({"Type": "Pass", "Next": "B"})),
            "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next".into(),
        ),
        (
            with_state(json!({"Type": "Pass"})),
            schema("One of these fields is required: [Next, End] at /States/A"),
        ),
        (
            with_state(json!({"Type": "Sleep"})),
            schema(
                "Value must be one of [Task, Choice, Wait, Pass, Succeed, Fail, Parallel, Map] at /States/A/Type",
            ),
        ),
        (
            with_state(json!({"Type": "Succeed", "Next": "A"})),
            schema("Field 'Next' is not supported at /States/A"),
        ),
        (with_state(json!(1)), schema("Expected value of type Object at /States/A")),
        (pass(json!({"Foo": 1})), schema("Field 'Foo' is not supported at /States/A")),
        (
            pass(json!({"ResultPath": "$.a[*]"})),
            schema("Value is not a Reference Path at /States/A/ResultPath"),
        ),
        (
            pass(json!({"Parameters": {"a.$": "b"}})),
            schema(
                "The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters",
            ),
        ),
        (
            pass(json!({"QueryLanguage": "SQL"})),
            schema("Value must be one of [JSONPath, JSONata] at /States/A/QueryLanguage"),
        ),
    ];
    assert_wrong(&cases);
}

#[test]
fn each_fault_of_a_kind_of_state_has_its_place() {
    let cases = [
        (
            with_state(json!({"Type": "Task", "End": true})),
            schema("These fields are required: [Resource] at /States/A"),
        ),
        (
            with_state(json!({"Type": "Wait", "End": true, "Seconds": 1, "TimestampPath": "$.a"})),
            schema(
                "Exactly one of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] at /States/A",
            ),
        ),
        (
            with_state(json!({"Type": "Choice", "Choices": []})),
            schema("The field 'Choices' should be non-empty at /States/A/Choices"),
        ),
        (
            with_state(
                json!({"Type": "Parallel", "End": true, "Branches": [{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}]}),
            ),
            "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/Branches[0]/States/A".into(),
        ),
        (
            json!({"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": {"Type": "Succeed"}}}),
            "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B".into(),
        ),
        (
            json!({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed", "QueryLanguage": "JSONPath"}}}),
            schema(
                "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at /States/A",
            ),
        ),
    ];
    assert_wrong(&cases);
}

fn pass(more: Value) -> Value {
    let mut state = json!({"Type": "Pass", "End": true});
    state.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    with_state(state)
}

fn schema(why: &str) -> String {
    format!("SCHEMA_VALIDATION_FAILED: {why}")
}

fn assert_wrong(cases: &[(Value, String)]) {
    for (definition, diagnostic) in cases {
        assert_eq!(wrong(definition), [diagnostic.as_str()], "{definition}");
    }
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let definition = json!({"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "nothing", "Next": "C"},
        "B": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true, "Retry": [{"ErrorEquals": []}],
            "Catch": [{"ErrorEquals": ["States.ALL", "X"], "Next": "A"}]}}});
    let wrong = wrong(&definition);
    assert_eq!(wrong.len(), 4, "{wrong:?}");
}

#[test]
fn definitions_are_shared_by_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<Definition>();
}

#[test]
fn express_machines_wait_for_nobody() {
    let express = |resource: &str| {
        let definition = with_state(json!({"Type": "Task", "Resource": resource, "End": true}));
        let definition = Definition::parse(&definition.to_string()).unwrap();
        definition.unfit_for_express().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let why = |pattern: &str| {
        let why = format!("Express state machine does not support '{pattern}' service integration ");
        [format!("SCHEMA_VALIDATION_FAILED: {why} at /States/A/Resource")]
    };
    assert_eq!(express("arn:aws:states:::sqs:sendMessage.waitForTaskToken"), why(".waitForTaskToken"));
    assert_eq!(express("arn:aws:states:::states:startExecution.sync:2"), why(".sync"));
    assert!(express("arn:aws:states:::sqs:sendMessage").is_empty());
}

#[test]
fn labels_of_executions_are_not_given_twice() {
    let map = |label: &str, mode: &str| {
        json!({"Type": "Map", "Label": label, "End": true, "ItemProcessor": {
        "ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"},
        "StartAt": format!("P{label}"), "States": {format!("P{label}"): {"Type": "Pass", "End": true}}}})
    };
    let both = |one: Value, mut other: Value| {
        let processor = &mut other["ItemProcessor"];
        processor["StartAt"] = "Q".into();
        processor["States"] = json!({"Q": {"Type": "Pass", "End": true}});
        wrong(&json!({"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [
            {"StartAt": "B", "States": {"B": one}}, {"StartAt": "C", "States": {"C": other}}]}}}))
    };
    assert!(both(map("one", "DISTRIBUTED"), map("two", "DISTRIBUTED")).is_empty());
    let wrong = both(map("one", "DISTRIBUTED"), map("one", "DISTRIBUTED"));
    assert_eq!(
        wrong,
        ["SCHEMA_VALIDATION_FAILED: Duplicate Label: one at /States/A/Branches[1]/States/C/Label"]
    );
}
