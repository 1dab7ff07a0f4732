//! Items of each format.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn some(format: &Format, text: &[u8], most: usize) -> Result<Vec<Value>, String> {
    let mut items = Vec::new();
    // Reads come in any size.
    let mut object = text.chain(&b""[..]);
    format.read(&mut object, &mut |item| {
        items.push(match item.key {
            Some(key) => json!([key, item.value]),
            None => item.value,
        });
        if items.len() < most { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(items)
}

fn read(config: &Value, text: &str) -> Result<Value, String> {
    some(&Format::of(config)?, text.as_bytes(), usize::MAX).map(Value::from)
}

#[test]
fn rows_are_objects() {
    let first = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
    let text = "\u{feff}a,b\r\n1,\"x,\n\"\"y\"\"\"\n\n2\n3,4,5";
    let expected = json!([{"a": "1", "b": "x,\n\"y\""}, {"a": "2", "b": ""}, {"a": "3", "b": "4"}]);
    assert_eq!(read(&first, text).unwrap(), expected);
    assert_eq!(read(&first, "").unwrap(), json!([]));
    assert_eq!(read(&first, "a,b\n").unwrap(), json!([]));
    assert_eq!(some(&Format::of(&first).unwrap(), text.as_bytes(), 1).unwrap().len(), 1);
    let long = format!("a\n{}", "ü".repeat(100_000));
    assert_eq!(read(&first, &long).unwrap()[0]["a"].as_str().unwrap().len(), 200_000);
    let open = format!("a\n\"{}", "x".repeat(ITEM_BYTES_MAX + 1));
    assert!(read(&first, &open).unwrap_err().contains("larger"));
    assert!(read(&first, &format!("{}\n", "x".repeat(10_241))).unwrap_err().contains("headers"));
    let given =
        json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x"], "CSVDelimiter": "TAB"});
    assert_eq!(read(&given, "1\t2\n").unwrap(), json!([{"x": "1"}]));
}

#[test]
fn many_rows_are_read_in_pieces() {
    let first = json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"});
    let rows: String = (0..50_000).map(|number| format!("{number},\"{number}\"\n")).collect();
    let items = read(&first, &format!("a,b\n{rows}")).unwrap();
    assert_eq!(items.as_array().unwrap().len(), 50_000);
    assert_eq!(items[49_999], json!({"a": "49999", "b": "49999"}));
}

#[test]
fn json_is_an_array_or_an_object_or_lines() {
    let json = json!({"InputType": "JSON"});
    assert_eq!(read(&json, "[1, {}]").unwrap(), json!([1, {}]));
    assert_eq!(read(&json, " [] ").unwrap(), json!([]));
    assert_eq!(read(&json, r#"{"b": 1, "a": {"c": 2}}"#).unwrap(), json!([["b", 1], ["a", {"c": 2}]]));
    assert_eq!(read(&json, "{}").unwrap(), json!([]));
    assert_eq!(some(&Format::of(&json).unwrap(), br#"{"b": 1, x"#, 1).unwrap(), [json!(["b", 1])]);
    assert!(read(&json, r#"{"b": 1"#).unwrap_err().contains("no JSON"));
    for (text, why) in
        [("null", "non-iterable"), ("7", "non-iterable"), ("[1", "no JSON"), ("[1] 2", "no JSON")]
    {
        assert!(read(&json, text).unwrap_err().contains(why), "{text}");
    }
    assert_eq!(some(&Format::of(&json).unwrap(), b"[1, 2, x", 2).unwrap(), [json!(1), json!(2)]);
    let long = "x".repeat(ITEM_BYTES_MAX);
    for large in [format!("[1, \"{long}\"]"), format!("{{\"a\": 1, \"{long}\": 2}}")] {
        assert!(read(&json, &large).unwrap_err().contains("larger"));
    }
    let lines = json!({"InputType": "JSONL"});
    assert_eq!(read(&lines, "{}\r\n\n[2]").unwrap(), json!([{}, [2]]));
    assert!(read(&lines, "{}\nx").is_err());
    assert!(read(&lines, &format!("\"{}\"", "x".repeat(ITEM_BYTES_MAX))).unwrap_err().contains("larger"));
}

#[test]
fn a_pointer_leads_to_the_items() {
    let at = |pointer: &str| json!({"InputType": "JSON", "ItemsPointer": pointer});
    let text = r#"{"x": [[0]], "a": {"b/c": [{"d": 1}, [1, 2]], "d": 3}, "large": "y"}"#;
    assert_eq!(read(&at("/a/b~1c"), text).unwrap(), json!([{"d": 1}, [1, 2]]));
    assert_eq!(read(&at("/a/b~1c/1"), text).unwrap(), json!([1, 2]));
    assert_eq!(read(&at("/x/0"), text).unwrap(), json!([0]));
    assert_eq!(read(&at("/a/b~1c/0"), text).unwrap(), json!([["d", 1]]));
    for wrong in ["/none", "/large", "/a/d", "/a/b~1c/2", "/x/y"] {
        assert!(read(&at(wrong), text).unwrap_err().contains("non-iterable"), "{wrong}");
    }
    assert!(read(&at("a"), text).unwrap_err().contains("pointer"));
    // What stands around the array may be of any size.
    let around = format!(r#"{{"x": "{}", "a": [1]}}"#, "y".repeat(ITEM_BYTES_MAX));
    assert_eq!(read(&at("/a"), &around).unwrap(), json!([1]));
}

#[test]
fn what_is_wrong_is_told_by_name() {
    for (config, name) in [
        (json!({"InputType": "ORC"}), "ORC"),
        (json!({}), "InputType"),
        (json!({"InputType": "CSV"}), "CSVHeaderLocation"),
        (json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"}), "CSVHeaders"),
        (json!({"InputType": "CSV", "CSVDelimiter": "DOT"}), "CSVDelimiter"),
    ] {
        assert!(Format::of(&config).unwrap_err().contains(name), "{config}");
    }
}

proptest! {
    #[test]
    fn any_text_has_rows(text in "[a-c\",\r\n ü]{0,40}") {
        let config = json!({"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a", "b"]});
        prop_assert!(read(&config, &text).is_ok());
    }

    #[test]
    fn an_array_is_read_as_it_is(numbers in proptest::collection::vec(any::<i64>(), 0..20), depth in 0..4_usize) {
        let (array, steps) = (json!(numbers), "/k".repeat(depth));
        let text = (0..depth).fold(array.to_string(), |inner, _| format!("{{\"j\": [1], \"k\": {inner}}}"));
        let config = json!({"InputType": "JSON", "ItemsPointer": steps});
        prop_assert_eq!(read(&config, &text).unwrap(), array);
    }
}
