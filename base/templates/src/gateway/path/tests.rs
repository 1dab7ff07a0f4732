//! Paths on a shop of our own, and texts that are none.

use proptest::prelude::*;

use super::find;
use crate::gateway::json;
use crate::value::Heap;
use crate::{Limits, Thrown};

const SHOP: &str = r#"{"shop": {"items": [
    {"name": "pen", "price": 2, "tags": ["ink", "blue"]},
    {"name": "lamp", "price": 30.5, "x-code": "L1"},
    {"name": "desk", "price": 200, "tags": []}], "open": true, "owner": null}, "a.b": {"c d": 1}, "limit": 30}"#;

/// What a path finds, as JSON; nothing as `-`.
fn at(path: &str) -> Result<String, Thrown> {
    let mut heap = Heap::new(&Limits::default());
    let root = json::read(SHOP, &mut heap)?;
    match find(path, &root, &mut heap)? {
        Some(value) => heap.json_of(&value).map(|text| text.to_string()),
        None => Ok("-".to_owned()),
    }
}

#[test]
fn paths_find_what_they_name() {
    for (path, expected) in [
        ("$.limit", "30"),
        ("limit", "30"),
        ("$['limit']", "30"),
        ("$.shop.items[1].x-code", "\"L1\""),
        ("$.shop.items[-1].name", "\"desk\""),
        ("$['a.b'][\"c d\"]", "1"),
        ("$.shop.items.length()", "3"),
        ("$.shop.owner", "null"),
        ("$.shop.nobody", "-"),
        ("$.shop.items[7]", "-"),
        ("$.shop.items[-7]", "-"),
        ("$.limit.x", "-"),
        ("$.shop.items.name", "-"),
        ("$.shop.items[*].name", r#"["pen","lamp","desk"]"#),
        ("$.shop.items[0,2].price", "[2,200]"),
        ("$.shop.items[0]['name','price','no']", r#"["pen",2]"#),
        ("$.shop.items[1:].name", r#"["lamp","desk"]"#),
        ("$.shop.items[:-1].price", "[2,30.5]"),
        ("$.shop.items[::2].price", "[2,200]"),
        ("$.shop.items[5:].price", "[]"),
        ("$..tags", r#"[["ink","blue"],[]]"#),
        ("$..tags[*]", r#"["ink","blue"]"#),
        ("$.shop..price", "[2,30.5,200]"),
        ("$.nobody[*]", "[]"),
        ("$.*.length()", "[3,1]"),
    ] {
        assert_eq!(at(path).as_deref(), Ok(expected), "{path}");
    }
}

#[test]
fn filters_choose() {
    for (filter, expected) in [
        ("@.price < 30", "[\"pen\"]"),
        ("@.price >= $.limit", r#"["lamp","desk"]"#),
        ("@.x-code", "[\"lamp\"]"),
        ("!@.tags", "[\"lamp\"]"),
        ("@.name == 'pen' || @.price == 200.0", r#"["pen","desk"]"#),
        ("(@.price > 1 && !(@.name != \"desk\"))", "[\"desk\"]"),
        ("@.name =~ /.*E.*/i", r#"["pen","desk"]"#),
        ("@.name == 2", "[]"),
        ("@.none == null", "[]"),
        ("@['price'] <= 30.5 && @.tags.length() > 0", "[\"pen\"]"),
    ] {
        assert_eq!(at(&format!("$.shop.items[?({filter})].name")).as_deref(), Ok(expected), "{filter}");
    }
}

#[test]
fn what_is_no_path_is_refused() {
    for path in [
        "",
        "$.",
        "$[",
        "$[a]",
        "$.a..",
        "$['a'",
        "$[?(@.a]",
        "$.a b",
        "$[?(@.a ==)]",
        "$.a.what()",
        "$.a.sum()",
        "$[1",
    ] {
        assert!(at(path).is_err(), "{path}");
    }
    assert!(at(&format!("$[?({}1", "(".repeat(1000))).is_err());
    assert!(at(&"$.a".repeat(5000)).is_err());
}

proptest! {
    #[test]
    fn no_path_panics(path in "[$@.\\[\\]()*?'\"a-c0-3:,!=<>&|~/ é-]{0,40}") {
        let _ = at(&path);
    }
}
