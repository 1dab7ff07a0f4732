//! Patterns against documents, against a plainer matcher, and against rubbish.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wildcard::Wildcard;
use crate::{Dialect, Pattern};

fn wants(pattern: &Value, document: &Value) -> bool {
    Pattern::parse(&pattern.to_string(), &Dialect::SNS_BODY).unwrap().matches(document)
}

fn refusal(text: &str) -> String {
    Pattern::parse(text, &Dialect::SNS_BODY).unwrap_err().to_string()
}

#[test]
fn each_condition_wants_what_it_names() {
    let table = [
        (json!(["x", 1]), vec![json!("x"), json!(1.0), json!(["y", "x"])], vec![json!("1"), json!(true)]),
        (json!([null, true]), vec![json!(null), json!(true)], vec![json!(false), json!("null")]),
        (json!([{"prefix": "ab"}]), vec![json!("abc"), json!(["x", "ab"])], vec![json!("ba"), json!(1)]),
        (json!([{"suffix": "bc"}]), vec![json!("abc")], vec![json!("bcd")]),
        (json!([{"equals-ignore-case": "Ä"}]), vec![json!("ä")], vec![json!("a")]),
        (
            json!([{"anything-but": ["x", 1]}]),
            vec![json!("y"), json!(2)],
            vec![json!("x"), json!(1), json!(["y", "x"])],
        ),
        (json!([{"anything-but": {"prefix": "ab"}}]), vec![json!("ba"), json!(1)], vec![json!("abc")]),
        (json!([{"anything-but": {"suffix": ["a", "b"]}}]), vec![json!("c")], vec![json!("xa"), json!("xb")]),
        (json!([{"anything-but": {"wildcard": "*/x/*"}}]), vec![json!("a/y/b")], vec![json!("a/x/b")]),
        (
            json!([{"numeric": [">", 0, "<=", 5]}]),
            vec![json!(5), json!(0.1)],
            vec![json!(0), json!(5.1), json!("1")],
        ),
        (json!([{"numeric": ["=", 1e2]}]), vec![json!(100)], vec![json!(101)]),
        (json!([{"numeric": ["<", 5]}]), vec![json!(4.9), json!(-6)], vec![json!(5), json!(6)]),
        (json!([{"numeric": [">=", 5]}]), vec![json!(5), json!(6)], vec![json!(4.9)]),
        (json!([{"exists": true}]), vec![json!(null), json!([])], vec![]),
        (
            json!([{"cidr": "10.0.0.0/24"}]),
            vec![json!("10.0.0.255")],
            vec![json!("10.0.1.0"), json!("x"), json!("::1")],
        ),
        (json!([{"cidr": "2001:db8::/32"}]), vec![json!("2001:db8:1::1")], vec![json!("2001:db9::1")]),
        (json!([{"wildcard": "a*c*"}]), vec![json!("ac"), json!("abcd")], vec![json!("ab"), json!("bac")]),
    ];
    for (conditions, wanted, unwanted) in table {
        let pattern = json!({ "a": conditions });
        wanted
            .iter()
            .for_each(|value| assert!(wants(&pattern, &json!({ "a": value })), "{pattern} wants {value}"));
        unwanted.iter().for_each(|value| {
            assert!(!wants(&pattern, &json!({ "a": value })), "{pattern} does not want {value}")
        });
        assert!(!wants(&pattern, &json!({ "b": "x" })), "{pattern} wants a value");
    }
}

#[test]
fn keys_are_joined_by_and_alternatives_by_or() {
    let both = json!({"a": ["x"], "b": ["y"]});
    assert!(wants(&both, &json!({"a": "x", "b": "y"})) && !wants(&both, &json!({"a": "x"})));
    let either = json!({"c": [1], "$or": [{"a": ["x"]}, {"b": ["y"], "d": [{"exists": false}]}]});
    for (document, wanted) in [
        (json!({"c": 1, "b": "y"}), true),
        (json!({"c": 1, "b": "y", "d": 1}), false),
        (json!({"c": 1, "a": "x", "d": 1}), true),
        (json!({"a": "x"}), false),
    ] {
        assert_eq!(wants(&either, &document), wanted, "{document}");
    }
    let nested = json!({"a": {"b": {"c": ["x"]}}});
    assert!(wants(&nested, &json!({"a": {"b": [{"c": "y"}, {"c": "x"}]}})));
    assert!(!wants(&nested, &json!({"a": "x"})) && !wants(&nested, &json!("x")));
    let absent = json!({"a": {"b": [{"exists": false}]}});
    assert!(wants(&absent, &json!({})) && !wants(&absent, &json!({"a": {"b": null}})));
}

#[test]
fn what_is_no_pattern_is_refused_with_the_reason() {
    for (text, reason) in [
        ("", "failed to parse JSON"),
        ("[]", "must be a JSON object"),
        (r#"{"a":"x"}"#, "\"a\" must be an object or an array"),
        (r#"{"a":[]}"#, "Empty arrays are not allowed"),
        (r#"{"a":{}}"#, "Empty objects are not allowed"),
        (r#"{"a":[["x"]]}"#, "Match value must be String, number, true, false, or null"),
        (r#"{"a":[{"like":"x"}]}"#, "Unrecognized match type like"),
        (r#"{"a":[{"prefix":1}]}"#, "prefix match pattern must be a string"),
        (r#"{"a":[{"prefix":"x","suffix":"y"}]}"#, "Only one key allowed"),
        (r#"{"a":[{"exists":"yes"}]}"#, "exists match pattern must be either true or false"),
        (r#"{"a":[{"numeric":["!",1]}]}"#, "Unrecognized numeric range operator: !"),
        (r#"{"a":[{"numeric":["<","x"]}]}"#, "Value of < must be numeric"),
        (r#"{"a":[{"numeric":[">",5,"<",1]}]}"#, "Bottom must be less than top"),
        (r#"{"a":[{"numeric":[">",5,"<",5]}]}"#, "Bottom must be less than top"),
        (r#"{"a":[{"numeric":[]}]}"#, "Invalid member in numeric match"),
        (r#"{"a":[{"numeric":["<",1,"<",5]}]}"#, "Too many elements"),
        (r#"{"a":[{"numeric":[">",1,">",5]}]}"#, "Too many elements"),
        (r#"{"a":[{"numeric":[">",1,"=",5]}]}"#, "Too many elements"),
        (r#"{"a":[{"anything-but":{"prefix":[]}}]}"#, "Empty arrays are not allowed"),
        (r#"{"a":[{"wildcard":"\\a"}]}"#, "Invalid escape character"),
        (r#"{"a":[{"numeric":[">",1,"<",5,"<",6]}]}"#, "Too many elements"),
        (r#"{"a":[{"anything-but":[true]}]}"#, "Inside anything but list"),
        (r#"{"a":[{"anything-but":{"numeric":[">",1]}}]}"#, "Unsupported anything-but pattern: numeric"),
        (r#"{"a":[{"cidr":"10.0.0.0"}]}"#, "CIDR"),
        (r#"{"a":[{"wildcard":"a**"}]}"#, "Consecutive wildcard"),
        (r#"{"$or":[{"a":[1]},1]}"#, "$or must be an array of objects"),
        (r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]}"#, "can not have more than 5 keys"),
    ] {
        assert!(refusal(text).contains(reason), "{text}: {}", refusal(text));
    }
    let nested = Pattern::parse(r#"{"a":{"b":["x"]}}"#, &Dialect::SNS_ATTRIBUTES).unwrap_err();
    assert!(nested.to_string().contains("does not support nested"));
}

/// The example of "Filter policy constraints": 3 x 4 x 2 x 3 x 1 x 3 = 216.
#[test]
fn a_pattern_has_at_most_so_many_combinations() {
    let text = |values: usize| {
        let list = |count: usize| json!((0..count).collect::<Vec<_>>());
        json!({"a": {"b": {"c": list(values)}}, "d": {"e": list(3)}, "f": list(3)}).to_string()
    };
    assert!(refusal(&text(4)).contains("too complex"));
    assert!(Pattern::parse(&text(2), &Dialect::SNS_BODY).is_ok());
    let many = |count: usize| json!({ "a": (0..count).collect::<Vec<_>>() }).to_string();
    assert!(refusal(&many(151)).contains("too complex"));
    assert!(Pattern::parse(&many(150), &Dialect::SNS_BODY).is_ok());
}

#[test]
fn a_pattern_has_at_most_so_many_keys_and_wildcards() {
    assert!(Pattern::parse(r#"{"a":[1],"b":[1],"c":[1],"d":[1],"e":[1]}"#, &Dialect::SNS_BODY).is_ok());
    let two = Dialect { wildcards_max: 2, ..Dialect::EVENT_SOURCES };
    let is_taken = |conditions: &str| Pattern::parse(&format!(r#"{{"a":[{conditions}]}}"#), &two).is_ok();
    assert!(is_taken(r#"{"wildcard":"*a*"}, "x", {"prefix":"*"}"#));
    assert!(is_taken(r#"{"wildcard":"a*b\\*c*d"}"#), "a star that stands for itself");
    for conditions in [
        r#"{"wildcard":"*a*b*"}"#,
        r#"{"wildcard":"*a*"}, {"wildcard":"b*"}"#,
        r#"{"anything-but":{"wildcard":["*a*","b*"]}}"#,
    ] {
        assert!(!is_taken(conditions), "{conditions}");
    }
}

#[test]
fn a_backslash_takes_the_star_for_itself() {
    let pattern = json!({"a": [{"wildcard": r"a\*b\\*"}]});
    for (text, wanted) in [(r"a*b\", true), (r"a*b\c", true), ("axb\\", false), ("a*b", false)] {
        assert_eq!(wants(&pattern, &json!({ "a": text })), wanted, "{text}");
    }
}

/// As plain as can be, and slow.
fn matches_slowly(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], text) => text.is_empty(),
        (['*', rest @ ..], text) => (0..=text.len()).any(|skipped| matches_slowly(rest, &text[skipped..])),
        ([letter, rest @ ..], [first, behind @ ..]) => letter == first && matches_slowly(rest, behind),
        (_, []) => false,
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-c*]{0,4}".prop_map(Value::from),
    ];
    let key = prop_oneof![
        Just("$or"),
        Just("prefix"),
        Just("numeric"),
        Just("anything-but"),
        Just("exists"),
        Just("wildcard"),
        Just("a"),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone().prop_map(str::to_owned), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn stars_stand_for_any_characters(pattern in "[ab](\\*?[ab]){0,6}\\*?", text in "[ab]{0,10}") {
        let slowly = matches_slowly(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>());
        prop_assert_eq!(Wildcard::parse(&pattern).unwrap().matches(&text), slowly);
    }

    #[test]
    fn no_pattern_and_no_document_panics(pattern in json_value(), document in json_value()) {
        if let Ok(pattern) = Pattern::parse(&pattern.to_string(), &Dialect::SNS_BODY) {
            let _ = pattern.matches(&document);
        }
    }

    #[test]
    fn a_list_of_values_wants_each_of_them(values in prop::collection::vec("[a-d]{1,2}", 1..8), other in "[a-e]{1,2}") {
        let pattern = Pattern::parse(&json!({ "k": &values }).to_string(), &Dialect::SNS_BODY).unwrap();
        for value in &values {
            prop_assert!(pattern.matches(&json!({ "k": value })), "{}", value);
        }
        prop_assert_eq!(pattern.matches(&json!({ "k": &other })), values.contains(&other));
    }
}
