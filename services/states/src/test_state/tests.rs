//! One state after the other, as AWS's own answers show them.

mod items;

use std::time::Duration;

use api_states as api;
use names::{Account, Scope};
use serde_json::json;
use service::{Clock, Cloud, Context, Directory, Everyone, Random};
use store::{Options, Store};

use super::*;

fn context() -> Context {
    let store = Store::open(Options::memory()).unwrap();
    let everyone = Box::new(Everyone { is_enforced: false });
    let endpoint = "http://localhost:1".into();
    let cloud = Cloud::new(store, Clock::default(), Random::default(), b"key", everyone, endpoint);
    let cloud = cloud.open(Directory::new(vec![crate::service()]));
    cloud.context_of("s", Scope::new(Account::ZERO, "eu-west-1".parse().unwrap()))
}

async fn tested(state: Value, input: Value, more: api::TestStateInput) -> Result<Value, String> {
    let given = api::TestStateInput {
        definition: state.to_string(),
        input: Some(input.to_string()),
        inspection_level: Some(api::InspectionLevel::Debug),
        ..more
    };
    let output = test(context(), given).await.map_err(|error| error.into_fault().to_string())?;
    let parsed =
        |text: &Option<String>| text.as_ref().map(|text| serde_json::from_str::<Value>(text).unwrap());
    let data = output.inspection_data.unwrap();
    let details = data.error_details.map(|details| {
        json!([details.catch_index, details.retry_index, details.retry_backoff_interval_seconds])
    });
    let all = json!({
        "status": output.status.map(|status| status.as_str().to_owned()),
        "output": parsed(&output.output),
        "next": output.next_state,
        "error": output.error,
        "cause": output.cause,
        "afterInputPath": parsed(&data.after_input_path),
        "afterParameters": parsed(&data.after_parameters),
        "afterArguments": parsed(&data.after_arguments),
        "result": parsed(&data.result),
        "afterResultSelector": parsed(&data.after_result_selector),
        "afterResultPath": parsed(&data.after_result_path),
        "afterItemsPath": parsed(&data.after_items_path),
        "afterItemsPointer": parsed(&data.after_items_pointer),
        "afterItemSelector": parsed(&data.after_item_selector),
        "afterItemBatcher": parsed(&data.after_item_batcher),
        "variables": parsed(&data.variables),
        "details": details,
    });
    let present = all.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    Ok(Value::Object(present.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

fn mocked(result: Option<Value>, error: Option<&str>) -> api::TestStateInput {
    let error_output =
        error.map(|error| api::MockErrorOutput { error: Some(error.into()), cause: Some("why".into()) });
    let mock = api::MockInput {
        result: result.map(|result| result.to_string()),
        error_output,
        ..Default::default()
    };
    api::TestStateInput { mock: Some(mock), ..Default::default() }
}

fn plain() -> api::TestStateInput {
    api::TestStateInput::default()
}

#[tokio::test]
async fn a_pass_state_shows_each_of_its_fields() {
    let input = json!({"initialData": {"a": 1, "b": 2}, "c": 3});
    let state = json!({"Type": "Pass", "InputPath": "$.initialData", "ResultPath": "$.modified", "End": true,
        "Parameters": {"static": "x", "a.$": "$.a"}});
    let made = json!({"static": "x", "a": 1});
    let output = json!({"initialData": {"a": 1, "b": 2}, "c": 3, "modified": made});
    let expected = json!({"status": "SUCCEEDED", "output": output, "afterInputPath": {"a": 1, "b": 2},
        "afterParameters": made, "afterResultSelector": made, "afterResultPath": output});
    assert_eq!(tested(state, input, plain()).await.unwrap(), expected);
    let state = json!({"Type": "Pass", "Result": {"r": "v"}, "End": true});
    let result = json!({"r": "v"});
    let expected = json!({"status": "SUCCEEDED", "output": result, "result": result,
        "afterResultSelector": result, "afterResultPath": result});
    assert_eq!(tested(state, json!({"V": 1}), plain()).await.unwrap(), expected);
}

#[tokio::test]
async fn states_that_only_lead_on_show_where() {
    let choice = json!({"Type": "Choice", "Default": "D", "Choices": [
        {"Variable": "$.v", "NumericEquals": 22, "Next": "Twenty"}]});
    let found = tested(choice.clone(), json!({"v": 22}), plain()).await.unwrap();
    assert_eq!(
        found,
        json!({"status": "SUCCEEDED", "output": {"v": 22}, "next": "Twenty", "afterInputPath": {"v": 22}})
    );
    assert_eq!(tested(choice, json!({"v": 1}), plain()).await.unwrap()["next"], "D");
    let fail = json!({"Type": "Fail", "Error": "E", "Cause": "C"});
    let expected = json!({"status": "FAILED", "error": "E", "cause": "C", "afterInputPath": {}});
    assert_eq!(tested(fail, json!({}), plain()).await.unwrap(), expected);
    let wait = json!({"Type": "Wait", "Timestamp": "2020-01-01T00:00:00Z", "Next": "N"});
    assert_eq!(tested(wait, json!([1]), plain()).await.unwrap()["next"], "N");
}

fn task() -> Value {
    json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "N",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$"}, "ResultSelector": {"id.$": "$.MessageId"}, "ResultPath": "$.sent",
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 2, "BackoffRate": 3}],
        "Catch": [{"ErrorEquals": ["Gone"], "Next": "A"}, {"ErrorEquals": ["States.ALL"], "Next": "B", "ResultPath": "$.why"}]})
}

#[tokio::test]
async fn a_task_is_mocked() {
    let seen = tested(task(), json!({"a": 1}), mocked(Some(json!({"MessageId": "m"})), None)).await.unwrap();
    let expected = json!({"status": "SUCCEEDED", "next": "N", "output": {"a": 1, "sent": {"id": "m"}},
        "afterInputPath": {"a": 1}, "afterParameters": {"QueueUrl": "q", "MessageBody": {"a": 1}},
        "result": {"MessageId": "m"}, "afterResultSelector": {"id": "m"},
        "afterResultPath": {"a": 1, "sent": {"id": "m"}}});
    assert_eq!(seen, expected);
    let again = json!({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "StateName"});
    let seen = tested(again, json!({}), mocked(Some(json!({"MessageId": "m"})), None)).await.unwrap();
    assert_eq!((&seen["next"], &seen["afterParameters"]), (&json!("StateName"), &json!({})));
    let caught = tested(task(), json!({"a": 1}), mocked(None, Some("Other"))).await.unwrap();
    assert_eq!((&caught["status"], &caught["next"]), (&json!("CAUGHT_ERROR"), &json!("B")));
    assert_eq!(caught["output"], json!({"a": 1, "why": {"Error": "Other", "Cause": "why"}}));
    assert_eq!(caught["details"], json!([1, null, null]));
    let again = tested(task(), json!({}), mocked(None, Some("Busy"))).await.unwrap();
    assert_eq!((&again["status"], &again["details"]), (&json!("RETRIABLE"), &json!([null, 0, 2])));
    let configuration = |count| api::TestStateInput {
        state_configuration: Some(api::TestStateConfiguration {
            retrier_retry_count: Some(count),
            ..Default::default()
        }),
        ..mocked(None, Some("Busy"))
    };
    let third = tested(task(), json!({}), configuration(1)).await.unwrap();
    assert_eq!(third["details"], json!([null, 0, 6]));
    let last = tested(task(), json!({}), configuration(2)).await.unwrap();
    assert_eq!((&last["status"], &last["next"]), (&json!("CAUGHT_ERROR"), &json!("B")));
}

#[tokio::test]
async fn variables_and_the_context_object_are_given() {
    let state = json!({"Type": "Task", "QueryLanguage": "JSONata", "End": true,
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Arguments": {"QueueUrl": "q", "MessageBody": "{% {'t': $states.context.Task.Token, 'x': $x} %}"},
        "Assign": {"y": "{% $x + 1 %}"},
        "Output": "{% {'id': $states.context.Execution.Id, 'in': $states.context.Execution.Input, 'r': $states.result} %}"});
    let more = api::TestStateInput {
        variables: Some(json!({"x": 1}).to_string()),
        context: Some(
            json!({"Execution": {"Id": "arn:e", "Input": [7]}, "Task": {"Token": "abcd"}}).to_string(),
        ),
        ..mocked(Some(json!("r")), None)
    };
    let seen = tested(state, json!({}), more).await.unwrap();
    assert_eq!(seen["output"], json!({"id": "arn:e", "in": [7], "r": "r"}));
    assert_eq!(seen["afterArguments"], json!({"QueueUrl": "q", "MessageBody": {"t": "abcd", "x": 1}}));
    assert_eq!(seen["variables"], json!({"x": 1, "y": 2}));
}

#[tokio::test]
async fn branches_and_items_are_mocked() {
    let child = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let map =
        json!({"Type": "Map", "ItemsPath": "$.v", "ItemProcessor": child, "End": true, "ResultPath": "$.r"});
    let seen = tested(map.clone(), json!({"v": [1, 2]}), mocked(Some(json!([3, 4])), None)).await.unwrap();
    assert_eq!(
        (&seen["output"], &seen["afterItemsPath"]),
        (&json!({"v": [1, 2], "r": [3, 4]}), &json!([1, 2]))
    );
    let other = json!({"StartAt": "Q", "States": {"Q": {"Type": "Pass", "End": true}}});
    let parallel = json!({"Type": "Parallel", "Branches": [child, other], "End": true});
    let seen = tested(parallel.clone(), json!({}), mocked(Some(json!([3, 4])), None)).await.unwrap();
    assert_eq!(seen["output"], json!([3, 4]));
    for (state, mock, why) in [
        (
            &parallel,
            json!([1]),
            "Mocked result must contain the same number of items as number of Parallel branches.",
        ),
        (&parallel, json!({}), "Mocked result must be an array."),
        (&map, json!({}), "Mocked result must be an array."),
    ] {
        let refused = tested(state.clone(), json!({}), mocked(Some(mock), None)).await.unwrap_err();
        assert!(refused.ends_with(why), "{refused}");
    }
    let refused = tested(map, json!({}), plain()).await.unwrap_err();
    assert!(
        refused.starts_with("InvalidDefinition: TestState API does not support Map or Parallel"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_mocked_failure_comes_from_a_state_within() {
    let child = json!({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}});
    let parallel = json!({"Type": "Parallel", "Branches": [child], "End": true});
    let with = |name: &str, mock: api::TestStateInput| api::TestStateInput {
        state_configuration: Some(api::TestStateConfiguration {
            error_caused_by_state: Some(name.into()),
            ..Default::default()
        }),
        ..mock
    };
    let seen = tested(parallel.clone(), json!({}), with("P", mocked(None, Some("E")))).await.unwrap();
    assert_eq!(
        (&seen["status"], &seen["error"], &seen["cause"]),
        (&json!("FAILED"), &json!("E"), &json!("why"))
    );
    let refused = async |state: Value, more| tested(state, json!({}), more).await.unwrap_err();
    let why = refused(parallel.clone(), with("Q", mocked(None, Some("E")))).await;
    assert_eq!(why, "ValidationException: State not found in definition: 'Q'");
    assert!(
        refused(parallel, with("P", mocked(Some(json!([1])), None))).await.contains("errorCausedByState")
    );
    assert!(refused(task(), with("P", mocked(None, Some("E")))).await.contains("errorCausedByState"));
}

#[tokio::test]
async fn a_wait_waits_for_five_minutes_at_most() {
    let context = context();
    let given = |seconds: u32| api::TestStateInput {
        definition: json!({"Type": "Wait", "Seconds": seconds, "Next": "N"}).to_string(),
        ..plain()
    };
    for (seconds, moved, status) in
        [(60, 61, api::TestExecutionStatus::Succeeded), (86_400, 301, api::TestExecutionStatus::Failed)]
    {
        let test = tokio::spawn(test(context.clone(), given(seconds)));
        tokio::task::yield_now().await;
        assert!(!test.is_finished());
        context.cloud.clock.advance(Duration::from_secs(moved));
        let output = test.await.unwrap().unwrap();
        assert_eq!(output.status, Some(status));
        assert_eq!(output.error.is_some(), seconds == 86_400);
    }
}

#[tokio::test]
async fn what_cannot_be_tested_is_refused() {
    let pass = json!({"Type": "Pass", "End": true});
    let refused = async |state: &Value, more| tested(state.clone(), json!({}), more).await.unwrap_err();
    let why = refused(&pass, mocked(Some(json!(1)), None)).await;
    assert_eq!(why, "ValidationException: State type 'Pass' is not supported when a mock is specified");
    let why = refused(&task(), mocked(Some(json!(1)), Some("E"))).await;
    assert!(why.ends_with("only one of the following fields: [result, errorOutput]."), "{why}");
    let revealing = api::TestStateInput { reveal_secrets: Some(true), ..mocked(Some(json!(1)), None) };
    assert!(refused(&task(), revealing).await.contains("RevealSecrets"));
    let data = api::TestStateConfiguration {
        map_item_reader_data: Some("[]".into()),
        ..api::TestStateConfiguration::default()
    };
    let read = api::TestStateInput { state_configuration: Some(data), ..plain() };
    assert!(refused(&pass, read).await.contains("mapItemReaderData"));
    let with = |context: Value| api::TestStateInput {
        context: Some(context.to_string()),
        ..mocked(Some(json!({})), None)
    };
    for (context, why) in [
        (json!({"Map": {}}), "'Map' field is not supported when mocking a Context object"),
        (json!({"Execution": {"Id": 1}}), "Execution.Id must be a string"),
        (json!({"Execution": {"pokemon": 1}}), "Field 'pokemon' is not allowed"),
        (json!({"Task": {"Token": "t"}}), "Context object contains 'Task' when state is not"),
    ] {
        let refused = refused(&task(), with(context)).await;
        assert!(refused.contains(why), "{refused}");
    }
    let unknown = json!({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:dance", "End": true});
    assert!(refused(&unknown, mocked(Some(json!({})), None)).await.contains("is not recognized"));
    assert!(refused(&json!({"Type": "Dance"}), plain()).await.starts_with("InvalidDefinition"));
}

#[tokio::test]
async fn a_mocked_result_is_one_that_the_api_gives() {
    let state = json!({"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeStateMachine", "End": true,
        "Parameters": {"StateMachineArn": "a"}});
    let full = json!({"StateMachineArn": "a", "Name": "n", "Definition": "{}", "RoleArn": "r", "Type": "STANDARD",
        "CreationDate": "2026-01-01T00:00:00Z", "Unknown": 1});
    let with = |name: &str, value: Value| {
        let mut changed = full.clone();
        changed[name] = value;
        changed
    };
    let outcome = async |result: Value, mode: Option<api::MockResponseValidationMode>| {
        let mut more = mocked(Some(result), None);
        more.mock.as_mut().unwrap().field_validation_mode = mode;
        tested(state.clone(), json!({}), more).await.map(|seen| seen["status"].clone())
    };
    let (present, none) = (api::MockResponseValidationMode::Present, api::MockResponseValidationMode::None);
    assert_eq!(outcome(full.clone(), None).await.unwrap(), "SUCCEEDED");
    for (result, why) in [
        (json!({}), "Required field 'StateMachineArn' is missing"),
        (with("CreationDate", json!(1)), "Field 'CreationDate' must be a string"),
        (with("Type", json!("QUICK")), "Field 'Type' is not an expected value"),
        (with("Name", json!("")), "Field 'Name' is smaller than the minimum length"),
        (with("TracingConfiguration", json!({"Enabled": "yes"})), "Field 'Enabled' must be a boolean"),
    ] {
        let refused = outcome(result.clone(), None).await.unwrap_err();
        assert_eq!(refused, format!("ValidationException: Mock result schema validation error: {why}"));
        assert_eq!(outcome(result.clone(), Some(present.clone())).await.is_ok(), result == json!({}));
        assert_eq!(outcome(result, Some(none.clone())).await.unwrap(), "SUCCEEDED");
    }
}

#[tokio::test]
async fn a_state_is_found_in_a_whole_definition() {
    let inner =
        json!({"StartAt": "I", "States": {"I": {"Type": "Pass", "Output": "{% 1 + 1 %}", "End": true}}});
    let whole = json!({"QueryLanguage": "JSONata", "StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [inner], "End": true}}});
    let named = |name: &str| api::TestStateInput { state_name: Some(name.into()), ..plain() };
    assert_eq!(tested(whole.clone(), json!({}), named("I")).await.unwrap()["output"], json!(2));
    assert!(tested(whole, json!({}), named("J")).await.is_err());
}
