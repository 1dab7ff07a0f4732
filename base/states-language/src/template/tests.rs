//! Templates, and what is made of them.

use serde_json::json;

use super::*;
use crate::scope::tests::with;

fn evaluate(template: &Value, language: Language) -> Result<Value, Failure> {
    let data = json!({"a": {"b": [1, 2]}, "n": "x"});
    let template = Template::parse(template, language, "Field").unwrap();
    with(&data, &json!(7), |scope| template.evaluate(scope, Subject::data(&data)))
}

#[test]
fn paths_and_calls_stand_behind_dollars() {
    let template = json!({
        "fixed": "$.a", "found.$": "$.a.b[0]", "context.$": "$$.Execution.Id", "variable.$": "$v",
        "deep": {"list": [{"called.$": "States.Format('{}!', $.n)"}, "$.n"]}
    });
    let value = json!({
        "fixed": "$.a", "found": 1, "context": "x", "variable": 7, "deep": {"list": [{"called": "x!"}, "$.n"]}
    });
    assert_eq!(evaluate(&template, Language::JsonPath), Ok(value));
    let failure = evaluate(&json!({"c": {"x.$": "$.c"}}), Language::JsonPath).unwrap_err();
    let cause = "The JSONPath '$.c' specified for the field 'x.$' could not be found in the input \
                 '{\"a\":{\"b\":[1,2]},\"n\":\"x\"}'";
    assert_eq!((failure.error(), failure.cause()), (Some("States.Runtime"), Some(cause)));
}

#[test]
fn queries_stand_between_signs() {
    let template = json!({"sum": "{% $sum($states.input.a.b) %}", "text": "{% no", "x.$": ["{% $v %}"]});
    assert_eq!(evaluate(&template, Language::Jsonata), Ok(json!({"sum": 3, "text": "{% no", "x.$": [7]})));
    let failure = evaluate(&json!({"a": [1, {"b": "{% $nothing %}"}]}), Language::Jsonata).unwrap_err();
    let cause = "The JSONata expression '$nothing' specified for the field 'Field/a[1]/b' returned nothing (undefined).";
    assert_eq!((failure.location(), failure.cause()), (Some("Field/a[1]/b"), Some(cause)));
}

#[test]
fn what_is_no_template_is_refused() {
    for value in [json!({"a.$": "b"}), json!({"a.$": 1}), json!({"a": {"b.$": "$["}})] {
        assert!(Template::parse(&value, Language::JsonPath, "").is_err(), "{value}");
    }
    let (_, at) = Template::parse(&json!({"a": ["{% ( %}"]}), Language::Jsonata, "Output").unwrap_err();
    assert_eq!(at, "Output/a[0]");
}
