//! Conditions: every operator, how they nest, and what is refused.

use serde_json::json;

use super::*;
use crate::scope::tests::with;

fn holds(condition: Value) -> Result<bool, String> {
    let data = json!({
        "s": "log-1.txt", "star": "a*b", "n": 5, "big": 9_007_199_254_740_993_i64, "f": 5.5, "yes": true, "null": null,
        "time": "2026-01-02T03:04:05Z", "same": "2026-01-02T04:04:05+01:00", "list": [1]
    });
    let condition = Condition::parse(condition.as_object().unwrap())?;
    with(&data, &json!(5), |scope| condition.holds(scope, Subject::data(&data)))
        .map_err(|failure| failure.cause().unwrap_or_default().to_owned())
}

#[test]
fn every_operator_compares_its_type() {
    let cases = [
        ("$.s", "StringEquals", json!("log-1.txt"), true),
        ("$.s", "StringEqualsPath", json!("$.s"), true),
        ("$.s", "StringLessThan", json!("m"), true),
        ("$.s", "StringLessThanEquals", json!("log"), false),
        ("$.s", "StringGreaterThan", json!("log"), true),
        ("$.s", "StringGreaterThanEqualsPath", json!("$.star"), true),
        ("$.s", "StringMatches", json!("log-*.txt"), true),
        ("$.s", "StringMatches", json!("*.TXT"), false),
        ("$.s", "StringMatches", json!("*"), true),
        ("$.star", "StringMatches", json!("a\\*b"), true),
        ("$.s", "StringMatches", json!("log-1\\*txt"), false),
        ("$.n", "StringMatches", json!("*"), false),
        ("$.n", "NumericEquals", json!(5.0), true),
        ("$.n", "NumericEqualsPath", json!("$v"), true),
        ("$.n", "NumericLessThan", json!(5), false),
        ("$.n", "NumericLessThanEquals", json!(5), true),
        ("$.f", "NumericGreaterThanPath", json!("$.n"), true),
        ("$.n", "NumericGreaterThanEquals", json!(6), false),
        ("$.big", "NumericEquals", json!(9_007_199_254_740_992_i64), false),
        ("$.s", "NumericEquals", json!(5), false),
        ("$.yes", "BooleanEquals", json!(true), true),
        ("$.yes", "BooleanEqualsPath", json!("$.yes"), true),
        ("$.time", "TimestampEqualsPath", json!("$.same"), true),
        ("$.time", "TimestampLessThan", json!("2026-01-02T03:04:06Z"), true),
        ("$.time", "TimestampGreaterThanEquals", json!("2026-01-02T03:04:06Z"), false),
        ("$.s", "TimestampEquals", json!("2026-01-02T03:04:06Z"), false),
        ("$.null", "IsNull", json!(true), true),
        ("$.n", "IsNull", json!(false), true),
        ("$.n", "IsNumeric", json!(true), true),
        ("$.s", "IsString", json!(true), true),
        ("$.yes", "IsBoolean", json!(true), true),
        ("$.time", "IsTimestamp", json!(true), true),
        ("$.s", "IsTimestamp", json!(true), false),
        ("$.nothing", "IsPresent", json!(false), true),
        ("$.null", "IsPresent", json!(true), true),
    ];
    for (variable, operator, operand, wanted) in cases {
        let found = holds(json!({"Variable": variable, operator: operand, "Next": "X"}));
        assert_eq!(found, Ok(wanted), "{variable} {operator} {operand}");
    }
}

#[test]
fn conditions_nest() {
    let is = |n: i64| json!({"NumericEquals": n, "Variable": "$.n"});
    assert_eq!(holds(json!({"And": [is(5), {"Not": is(6)}], "Next": "X"})), Ok(true));
    assert_eq!(holds(json!({"Or": [is(4), {"And": [is(5), is(6)]}]})), Ok(false));
    let missing = json!({"Variable": "$.nothing", "IsNull": true});
    assert_eq!(holds(json!({"Or": [is(5), missing]})), Ok(true));
    let cause = "Invalid path '$.nothing': The choice state's condition path references an invalid value.";
    assert_eq!(holds(json!({"And": [is(5), missing]})), Err(cause.into()));
    assert_eq!(holds(json!({"Variable": "$.n", "NumericEqualsPath": "$.nothing"})), Err(cause.into()));
}

#[test]
fn what_is_no_condition_is_refused() {
    let wrong = [
        json!({}),
        json!({"Variable": "$.n"}),
        json!({"Variable": "n", "IsNull": true}),
        json!({"Variable": "$.n", "IsNull": "yes"}),
        json!({"Variable": "$.n", "NumericEquals": "5"}),
        json!({"Variable": "$.n", "BooleanLessThan": true}),
        json!({"Variable": "$.n", "TimestampEquals": "yesterday"}),
        json!({"Variable": "$.n", "NumericEqualsPath": 5}),
        json!({"Variable": "$.n", "StringMatches": "\\n"}),
        json!({"Variable": "$.n", "Resembles": 5}),
        json!({"Variable": "$.n", "IsNull": true, "IsString": true}),
        json!({"And": []}),
        json!({"Not": {"Variable": "$.n", "IsNull": true, "Next": "X"}}),
        json!({"Not": {"Variable": "$.n", "IsNull": true}, "And": []}),
    ];
    for condition in wrong {
        assert!(holds(condition.clone()).is_err(), "{condition}");
    }
}
