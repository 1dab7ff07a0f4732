//! Intrinsic functions: what each gives, and what it refuses.

use serde_json::json;

use super::*;
use crate::scope::tests::with;

fn evaluate(text: &str) -> Result<Value, String> {
    let data = json!({
        "name": "Ann's", "list": [1, 2, 2, 3], "n": 4, "o": {"a": 1, "b": {"x": 1}}, "p": {"b": 2}, "f": "a{}c", "half": 2.5
    });
    let call = Intrinsic::parse(text)?;
    with(&data, &json!([7]), |scope| call.evaluate(scope, &data))
        .map_err(|failure| failure.cause().unwrap_or_default().to_owned())
}

#[test]
fn every_function_gives_what_the_guide_says() {
    let cases = [
        ("States.Format('{} is {}', $.name, $.n)", json!("Ann's is 4")),
        (r"States.Format('it\'s \{\} {}', true)", json!("it's {} true")),
        ("States.Format($.f, null)", json!("anullc")),
        ("States.StringToJson('{\"a\": [1]}')", json!({"a": [1]})),
        ("States.JsonToString($.p)", json!("{\"b\":2}")),
        ("States.StringSplit('This.is+a,,test', '.+,')", json!(["This", "is", "a", "test"])),
        ("States.JsonMerge($.o, $.p, false)", json!({"a": 1, "b": 2})),
        ("States.Array()", json!([])),
        ("States.Array('a', 1, $.n, null, States.Array(true))", json!(["a", 1, 4, null, [true]])),
        ("States.ArrayPartition($.list, 3)", json!([[1, 2, 2], [3]])),
        ("States.ArrayContains($.list, 3)", json!(true)),
        ("States.ArrayRange(1, 9, 2)", json!([1, 3, 5, 7, 9])),
        ("States.ArrayRange(3, 1, -1)", json!([3, 2, 1])),
        ("States.ArrayGetItem($.list, 3)", json!(3)),
        ("States.ArrayLength($.list[?(@ > 1)])", json!(3)),
        ("States.ArrayUnique($.list)", json!([1, 2, 3])),
        ("States.Base64Encode('Data to encode')", json!("RGF0YSB0byBlbmNvZGU=")),
        ("States.Base64Decode('RGF0YSB0byBkZWNvZGU=')", json!("Data to decode")),
        ("States.Hash('input data', 'SHA-1')", json!("aaff4a450a104cd177d28d18d74485e8cae074b7")),
        ("States.Hash('', 'MD5')", json!("d41d8cd98f00b204e9800998ecf8427e")),
        ("States.MathAdd($.n, -1)", json!(3)),
        ("States.MathAdd($.half, 1)", json!(4)),
        ("States.Array($v[0], $$.Execution.Id)", json!([7, "x"])),
    ];
    for (text, value) in cases {
        assert_eq!(evaluate(text), Ok(value), "{text}");
    }
}

#[test]
fn chance_follows_its_seed() {
    assert_eq!(evaluate("States.MathRandom(1, 999, 5)"), evaluate("States.MathRandom(1, 999, 5)"));
    assert_ne!(evaluate("States.MathRandom(1, 999, 5)"), evaluate("States.MathRandom(1, 999, 6)"));
    assert_eq!(evaluate("States.MathRandom(1, 2)"), Ok(json!(1)));
    assert_eq!(evaluate("States.UUID()").unwrap().as_str().unwrap().len(), 36);
}

#[test]
fn refusals_name_the_function() {
    let refused = [
        "States.Format('{}')",
        "States.Format('x', 1)",
        "States.Format('{', 1)",
        "States.StringToJson('{')",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayPartition($.n, 2)",
        "States.ArrayRange(1, 10000, 1)",
        "States.ArrayRange(1, 9223372036854775807, 0)",
        "States.ArrayGetItem($.list, 4)",
        "States.ArrayGetItem($.list, -1)",
        "States.Base64Decode('?')",
        "States.Hash('a', 'SHA-3')",
        "States.MathAdd(2147483648, 0)",
        "States.MathRandom(2, 2)",
        "States.JsonMerge($.o, $.p, true)",
        "States.ArrayLength($.nothing)",
    ];
    for text in refused {
        let why = evaluate(text).unwrap_err();
        assert!(why.contains(&format!("The function '{text}' had the following error: ")), "{why}");
    }
}

#[test]
fn what_is_no_call_is_refused() {
    let nested = format!("{}1{}", "States.Array(".repeat(11), ")".repeat(11));
    let wrong = [
        "States.Nothing()",
        "States.Array(",
        "States.Array('a)",
        "States.Array(1) 2",
        "States.UUID(1)",
        "States.Array([1])",
    ];
    for text in wrong.into_iter().chain([nested.as_str()]) {
        assert!(Intrinsic::parse(text).is_err(), "{text}");
    }
    assert!(Intrinsic::parse(&format!("{}1{}", "States.Array(".repeat(10), ")".repeat(10))).is_ok());
}
