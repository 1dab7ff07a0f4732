//! JSONata: what expressions see, what is added, and what is bounded.

use std::time::Instant;

use serde_json::json;

use super::*;
use crate::scope::tests::with;

fn evaluate(text: &str) -> Result<Option<Value>, String> {
    let (input, result) = (json!({"a": 1, "list": [1, 2, 3]}), json!({"r": true}));
    let expression = Expression::parse(text)?;
    with(&input, &json!({"x": "y"}), |scope| expression.evaluate(scope, Subject::result(&result)))
}

#[test]
fn states_and_variables_are_seen() {
    let cases = [
        ("$states.input.a + 1", json!(2)),
        ("$states.result.r", json!(true)),
        ("$states.context.Execution.Id", json!("x")),
        ("$v.x", json!("y")),
        ("$v", json!({"x": "y"})),
        ("$merge([$states.input, {'b': 2}]).b", json!(2)),
        ("$states.*.a", json!(1)),
        ("$keys($states)", json!(["input", "result", "context"])),
        ("($v := 3; $v)", json!(3)),
        ("1/2", json!(0.5)),
        ("{'n': null, 'u': $nothing}", json!({"n": null})),
        ("$states.input.list[$ > 1]", json!([2, 3])),
    ];
    for (text, value) in cases {
        assert_eq!(evaluate(text), Ok(Some(value)), "{text}");
    }
    assert_eq!(evaluate("$states.input.nothing"), Ok(None));
    assert_eq!(evaluate("$nothing"), Ok(None));
}

#[test]
fn the_language_adds_functions() {
    let cases = [
        ("$partition([1..5], 2)", json!([[1, 2], [3, 4], [5]])),
        ("$range(0, 10, 5)", json!([0, 5, 10])),
        ("$range(0, -2, -1)", json!([0, -1, -2])),
        ("$hash('', 'MD5')", json!("d41d8cd98f00b204e9800998ecf8427e")),
        ("$parse('[1, {\"a\": null}]')", json!([1, {"a": null}])),
        ("$random(7) = $random(7)", json!(true)),
        ("$random(7) = $random(8)", json!(false)),
        ("$random() = $random()", json!(false)),
        ("$length($uuid())", json!(36)),
        ("$pad('ab', 5, '#é')", json!("ab#é#")),
        ("$pad('ab', -4)", json!("  ab")),
        ("$millis()", json!(0)),
        ("$now()", json!("1970-01-01T00:00:00.000Z")),
    ];
    for (text, value) in cases {
        assert_eq!(evaluate(text), Ok(Some(value)), "{text}");
    }
    for text in [
        "$eval('1')",
        "$partition(1, 2)",
        "$partition([1], 0)",
        "$range(1, 2, 0)",
        "$hash('a', 'b')",
        "$parse('{')",
        "$pad('x', 1000000000)",
    ] {
        assert!(evaluate(text).is_err(), "{text}");
    }
}

#[test]
fn chance_follows_the_seed() {
    assert_eq!(evaluate("[$random(), $uuid()]"), evaluate("[$random(), $uuid()]"));
}

#[test]
fn what_never_ends_is_ended() {
    let began = Instant::now();
    let endless = [
        "($f := function($n){ $f($n + 1) + 1 }; $f(0))",
        "($f := function($n){ $f($n) }; $f(0))",
        "[1..100000000]",
        "$map([1..10000], function($x){ $map([1..10000], function($y){ $y }) })",
    ];
    for text in endless {
        assert!(evaluate(text).is_err(), "{text}");
    }
    assert!(began.elapsed().as_secs() < 30);
}

#[test]
fn results_are_json() {
    for text in ["function($x){ $x }", "$sum", "1e308 * 10"] {
        assert!(evaluate(text).is_err(), "{text}");
    }
    let error = evaluate("'a' + 1").unwrap_err();
    assert!(error.starts_with("T2001"), "{error}");
    for text in ["1 +", "(", "{% 1 %}", ""] {
        assert!(Expression::parse(text).is_err(), "{text}");
    }
}
