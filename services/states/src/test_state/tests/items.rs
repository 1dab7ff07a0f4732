//! Map states: what their items are, without any of them being run.

use super::*;

fn map(fields: Value) -> Value {
    let mut map = json!({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "P",
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "States": {"P": {"Type": "Pass", "End": true}}}});
    let given = fields.as_object().unwrap().clone();
    map.as_object_mut().unwrap().extend(given);
    map
}

/// A Map whose reader reads like this.
fn reading(config: Value, more: Value) -> Value {
    let reader = json!({"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
        "Parameters": {"Bucket": "b", "Key.$": "$.key"}});
    let mut state = map(more);
    state["ItemReader"] = reader;
    state
}

/// With what is read, and how many of that failed.
fn read(data: Option<&str>, failed: Option<i32>) -> api::TestStateInput {
    let configuration = api::TestStateConfiguration {
        map_item_reader_data: data.map(str::to_owned),
        map_iteration_failure_count: failed,
        ..Default::default()
    };
    api::TestStateInput { state_configuration: Some(configuration), ..mocked(Some(json!(["r"])), None) }
}

#[tokio::test]
async fn what_would_be_read_is_given() {
    let selector = json!({"v.$": "$$.Map.Item.Value", "from.$": "$$.Map.Item.Source", "key.$": "$.key"});
    let csv = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItems": 2});
    let state = reading(csv, json!({"ItemSelector": selector, "ItemBatcher": {"MaxItemsPerBatch": 1}}));
    let seen = tested(state, json!({"key": "k"}), read(Some("a\n1\n2\n3"), None)).await.unwrap();
    let item = |a: &str| json!({"v": {"a": a}, "from": "S3://b/k", "key": "k"});
    assert_eq!((&seen["status"], &seen["output"]), (&json!("SUCCEEDED"), &json!(["r"])));
    assert_eq!(seen["afterItemSelector"], json!([item("1"), item("2")]));
    assert_eq!(seen["afterItemBatcher"], json!([{"Items": [item("1")]}, {"Items": [item("2")]}]));
    let pointing = json!({"InputType": "JSON", "ItemsPointer": "/of"});
    let state = reading(pointing.clone(), json!({"ItemSelector": {"k.$": "$$.Map.Item.Key"}}));
    let data = r#"{"x": 1, "of": {"b": 2, "a": 3}}"#;
    let seen = tested(state, json!({"key": "k"}), read(Some(data), None)).await.unwrap();
    assert_eq!(seen["afterItemsPointer"], json!({"b": 2, "a": 3}));
    assert_eq!(seen["afterItemSelector"], json!([{"k": "b"}, {"k": "a"}]));
    // What cannot be read fails the state, or is caught.
    let broken = read(Some(r#"{"of": 7}"#), None);
    let failed =
        tested(reading(pointing.clone(), json!({})), json!({"key": "k"}), broken.clone()).await.unwrap();
    assert_eq!((&failed["status"], &failed["error"]), (&json!("FAILED"), &json!("States.ItemReaderFailed")));
    let catch = json!({"Catch": [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "C"}]});
    let caught = tested(reading(pointing, catch), json!({"key": "k"}), broken).await.unwrap();
    assert_eq!((&caught["status"], &caught["next"]), (&json!("CAUGHT_ERROR"), &json!("C")));
}

#[tokio::test]
async fn what_was_read_may_stand_in_the_input_too() {
    let seen = async |state, input: Value| tested(state, input, read(None, None)).await.unwrap();
    let reader = |more| reading(json!({"InputType": "JSON"}), more);
    let found = seen(reader(json!({"ItemsPath": "$.of"})), json!({"key": "k", "of": {"a": 1}})).await;
    assert_eq!(found["afterItemsPath"], json!({"a": 1}));
    assert_eq!(seen(reader(json!({"ItemsPath": "$.of"})), json!({"key": "k"})).await["output"], json!(["r"]));
}

#[tokio::test]
async fn members_of_an_object_are_items_of_executions_alone() {
    let selector = json!({"ItemSelector": {"k.$": "$$.Map.Item.Key", "v.$": "$$.Map.Item.Value"}});
    let seen = tested(map(selector.clone()), json!({"a": 1}), read(None, None)).await.unwrap();
    assert_eq!(seen["afterItemSelector"], json!([{"k": "a", "v": 1}]));
    let mut inline = map(selector);
    inline["ItemProcessor"]["ProcessorConfig"] = json!({"Mode": "INLINE"});
    let seen = tested(inline, json!({"a": 1}), read(None, None)).await.unwrap();
    assert_eq!(seen["cause"], "Reference path \"$\" must point to array.");
}

#[tokio::test]
async fn as_many_fail_as_are_said_to() {
    let seen = async |more, failed| tested(map(more), json!([1, 2, 3, 4]), read(None, Some(failed))).await;
    let tolerant = json!({"ToleratedFailurePercentage": 50});
    assert_eq!(seen(tolerant.clone(), 2).await.unwrap()["status"], "SUCCEEDED");
    let failed = seen(tolerant, 3).await.unwrap();
    assert_eq!(failed["error"], "States.ExceedToleratedFailureThreshold");
    assert_eq!(seen(json!({}), 0).await.unwrap()["status"], "SUCCEEDED");
    assert_eq!(seen(json!({}), 1).await.unwrap()["status"], "FAILED");
    let caught = json!({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}]});
    assert_eq!(seen(caught, 1).await.unwrap()["next"], "C");
    assert!(seen(json!({}), 5).await.unwrap_err().contains("mapIterationFailureCount"));
}
