//! Updates: which ones are refused, and what they make of items.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::Names;

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::N(text.parse().unwrap())
}

fn texts(texts: &[&str]) -> Value {
    Value::Ss(texts.iter().map(|text| (*text).to_owned()).collect())
}

fn list(texts: &[&str]) -> Value {
    Value::L(texts.iter().map(|element| text(element)).collect())
}

fn map(entries: &[(&str, Value)]) -> BTreeMap<String, Value> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn item() -> Item {
    map(&[
        ("pk", text("key")),
        ("n", number("10")),
        ("s", text("text")),
        ("ss", texts(&["a", "b"])),
        ("ns", Value::Ns(BTreeSet::from([1.into(), 2.into()]))),
        ("bs", Value::Bs(BTreeSet::from([Bytes::from_static(b"a")]))),
        ("l", list(&["a", "b", "c", "d"])),
        ("m", Value::M(map(&[("k", number("1")), ("l", Value::L(vec![Value::M(Item::new())]))]))),
    ])
}

fn values() -> BTreeMap<String, Value> {
    map(&[
        (":n", number("2.5")),
        (":huge", number("9.9E125")),
        (":s", text("new")),
        (":t", text("newer")),
        (":bool", Value::Bool(true)),
        (":ss", texts(&["b", "c"])),
        (":ab", texts(&["a", "b"])),
        (":ns", Value::Ns(BTreeSet::from([2.into(), 3.into()]))),
        (":bs", Value::Bs(BTreeSet::from([Bytes::from_static(b"a")]))),
        (":l", list(&["x", "y"])),
        (":deep", (0..31).fold(Value::Null, |inner, _| Value::L(vec![inner]))),
    ])
}

fn read(expression: &str) -> Result<Update, Error> {
    let names = [("#l", "l"), ("#name", "name"), ("#dotted", "a.b")];
    let names = names.map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()));
    Names::new(Some(BTreeMap::from(names)), Some(values())).unwrap().update(expression)
}

fn refused(expression: &str) -> String {
    let message = read(expression).unwrap_err().to_string();
    message.strip_prefix("Invalid UpdateExpression: ").unwrap().to_owned()
}

/// The attributes that the update changes, with what they become.
fn changed(expression: &str) -> BTreeMap<String, Option<Value>> {
    let (before, mut after) = (item(), item());
    read(expression).unwrap().apply(&mut after).unwrap();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
    changed.map(|name| (name.clone(), after.get(name).cloned())).collect()
}

/// The message of an update that is read but does not fit the item, which then is as it was.
fn failed(expression: &str) -> String {
    let mut item = self::item();
    let error = read(expression).unwrap().apply(&mut item).unwrap_err();
    assert_eq!(item, self::item(), "{expression}");
    error.to_string()
}

fn one(name: &str, value: Value) -> BTreeMap<String, Option<Value>> {
    BTreeMap::from([(name.to_owned(), Some(value))])
}

fn gone(name: &str) -> BTreeMap<String, Option<Value>> {
    BTreeMap::from([(name.to_owned(), None)])
}

#[test]
fn set_assigns_what_operands_were_before() {
    assert_eq!(changed("SET s = :s"), one("s", text("new")));
    assert_eq!(changed("SET #name = s"), one("name", text("text")));
    assert_eq!(changed("SET #dotted = s"), one("a.b", text("text")));
    assert_eq!(changed("SET n = n + :n"), one("n", number("12.5")));
    assert_eq!(changed("SET n = (:n - n)"), one("n", number("-7.5")));
    assert_eq!(changed("SET n = (n) + (n)"), one("n", number("20")));
    assert_eq!(changed("SET n = if_not_exists(n, :n)"), BTreeMap::new());
    assert_eq!(changed("SET x = if_not_exists(x, :n) + :n"), one("x", number("5")));
    assert_eq!(changed("SET x = if_not_exists(x, if_not_exists(y, s))"), one("x", text("text")));
    assert_eq!(changed("SET l = list_append(#l, :l)"), one("l", list(&["a", "b", "c", "d", "x", "y"])));
    assert_eq!(
        changed("SET x = list_append(:l, if_not_exists(x, :l))"),
        one("x", list(&["x", "y", "x", "y"]))
    );
    let swapped = changed("SET n = s, s = n");
    assert_eq!(swapped, BTreeMap::from([("n".into(), Some(text("text"))), ("s".into(), Some(number("10")))]));
    assert_eq!(changed("SET x = n REMOVE n")["x"], Some(number("10")));
    assert_eq!(changed("SET m.k = m.k + :n")["m"].as_ref().and_then(|m| m_at(m, "k")), Some(number("3.5")));
}

fn m_at(value: &Value, name: &str) -> Option<Value> {
    match value {
        Value::M(map) => map.get(name).cloned(),
        _ => None,
    }
}

#[test]
fn elements_of_lists() {
    assert_eq!(changed("SET l[1] = :s"), one("l", list(&["a", "new", "c", "d"])));
    assert_eq!(changed("SET l[9] = :t, l[7] = :s"), one("l", list(&["a", "b", "c", "d", "new", "newer"])));
    assert_eq!(changed("REMOVE l[1], l[2]"), one("l", list(&["a", "d"])));
    assert_eq!(changed("REMOVE l[0], l[9]"), one("l", list(&["b", "c", "d"])));
    assert_eq!(changed("SET l[3] = :s REMOVE l[0]"), one("l", list(&["b", "c", "new"])));
    let inner = |value| one("m", Value::M(map(&[("k", number("1")), ("l", Value::L(vec![value]))])));
    assert_eq!(changed("SET m.l[0].x = :s"), inner(Value::M(map(&[("x", text("new"))]))));
}

#[test]
fn remove_takes_values_away() {
    assert_eq!(changed("REMOVE n"), gone("n"));
    assert_eq!(changed("REMOVE x"), BTreeMap::new());
    assert_eq!(changed("REMOVE m.l, m.x"), one("m", Value::M(map(&[("k", number("1"))]))));
}

#[test]
fn add_and_delete() {
    assert_eq!(
        changed("ADD n :n, x :n"),
        one("n", number("12.5")).into_iter().chain(one("x", number("2.5"))).collect()
    );
    assert_eq!(changed("ADD ss :ss"), one("ss", texts(&["a", "b", "c"])));
    assert_eq!(changed("ADD x :ss"), one("x", texts(&["b", "c"])));
    assert_eq!(changed("ADD ns :ns"), one("ns", Value::Ns([1, 2, 3].map(Number::from).into())));
    assert_eq!(changed("ADD m.k :n")["m"].as_ref().and_then(|m| m_at(m, "k")), Some(number("3.5")));
    assert_eq!(changed("DELETE ss :ss"), one("ss", texts(&["a"])));
    assert_eq!(changed("DELETE ss :ab"), gone("ss"));
    assert_eq!(changed("DELETE bs :bs"), gone("bs"));
    assert_eq!(changed("DELETE x :ss"), BTreeMap::new());
}

#[test]
fn updates_that_do_not_fit_the_item_change_nothing() {
    let absent = "The provided expression refers to an attribute that does not exist in the item";
    for expression in ["SET s = :s, n = x", "SET x = x + :n", "SET x = list_append(x, :l)", "SET x = l[4]"] {
        assert_eq!(failed(expression), absent, "{expression}");
    }
    let kind = "An operand in the update expression has an incorrect data type";
    for expression in [
        "SET s = :s, n = s + :n",
        "SET n = list_append(s, :l)",
        "ADD s :n",
        "ADD n :ss",
        "DELETE s :ss",
        "DELETE ns :ss",
        "SET x = if_not_exists(x, :s) + :n",
    ] {
        assert_eq!(failed(expression), kind, "{expression}");
    }
    let path = "The document path provided in the update expression is invalid for update";
    for expression in [
        "SET s = :s, x.y = :s",
        "SET s.y = :s",
        "SET l.y = :s",
        "SET m[0] = :s",
        "SET l[4].x = :s",
        "REMOVE x.y",
        "REMOVE s[0]",
        "ADD x.y :n",
        "DELETE x.y :ss",
    ] {
        assert_eq!(failed(expression), path, "{expression}");
    }
    assert!(failed("SET s = :s, n = :huge + :huge").starts_with("Number overflow."));
    assert!(failed("SET s = :s, m.k = :deep").starts_with("Nesting Levels have exceeded supported limits"));
    assert!(changed("SET x = :deep").contains_key("x"));
}

#[test]
fn touched_paths_select_what_was_and_what_is() {
    let before = item();
    let mut after = item();
    let touched = read("SET m.k = :n, x = :s REMOVE l[1], n").unwrap().apply(&mut after).unwrap();
    let m = |k: &str| Value::M(map(&[("k", number(k))]));
    assert_eq!(touched.of(&before), map(&[("m", m("1")), ("l", list(&["b"])), ("n", number("10"))]));
    assert_eq!(touched.of(&after), map(&[("m", m("2.5")), ("l", list(&["c"])), ("x", text("new"))]));
    let paths: Vec<String> = touched.paths().iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["[l, [1]]", "[m, k]", "[n]", "[x]"]);
}

#[test]
fn faults_of_the_expression() {
    let paths = |what: &str, one: &str, two: &str| {
        format!(
            "Two document paths {what} with each other; must remove or rewrite one of these paths; path one: {one}, \
             path two: {two}"
        )
    };
    assert_eq!(refused("SET a = :s, a = :t"), paths("overlap", "[a]", "[a]"));
    assert_eq!(refused("SET l[0].x = :s REMOVE #l"), paths("overlap", "[l, [0], x]", "[l]"));
    assert_eq!(refused("REMOVE a.b, c, a[0]"), paths("conflict", "[a, b]", "[a, [0]]"));
    assert_eq!(
        refused("SET a = :s REMOVE b SET c = :t"),
        "The \"SET\" section can only be used once in an update expression;"
    );
    assert_eq!(refused("SET a = foo(b)"), "Invalid function name; function: foo");
    assert_eq!(
        refused("SET a = size(b)"),
        "The function is not allowed in an update expression; function: size"
    );
    assert_eq!(refused("SET name = foo(b)"), "Attribute name is a reserved keyword; reserved keyword: name");
    assert_eq!(
        refused("SET a = :nope, #nope = :s"),
        "An expression attribute name used in the document path is not defined; attribute name: #nope"
    );
    assert_eq!(
        refused("SET a = :s, a = :nope"),
        "An expression attribute value used in expression is not defined; attribute value: :nope"
    );
}

#[test]
fn operands_are_checked() {
    let operand = |operator: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
        )
    };
    assert_eq!(refused("SET a = a + :s"), operand("+", "S"));
    assert_eq!(refused("SET a = list_append(a, :l) - a"), operand("-", "L"));
    assert_eq!(refused("SET a = list_append(:s, a)"), operand("list_append", "S"));
    let wrong = "Incorrect operand type for operator or function; operator:";
    assert_eq!(
        refused("ADD a :s"),
        format!("{wrong} ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND")
    );
    assert_eq!(
        refused("DELETE a :n"),
        format!("{wrong} DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND")
    );
    assert_eq!(
        refused("SET a = if_not_exists(:s, :t)"),
        "Operator or function requires a document path; operator or function: if_not_exists"
    );
    assert_eq!(
        refused("SET a = if_not_exists(a)"),
        "Incorrect number of operands for operator or function; operator or function: if_not_exists, number of \
         operands: 1"
    );
}

proptest! {
    /// Counting through updates is counting.
    #[test]
    fn counters_count(steps in prop::collection::vec(-1000i64..1000, 0..20)) {
        let mut item = Item::new();
        for step in &steps {
            let value = Value::N(step.to_string().parse().unwrap());
            let mut names = Names::new(None, Some(map(&[(":step", value)]))).unwrap();
            names.update("ADD visits :step").unwrap().apply(&mut item).unwrap();
        }
        let expected = number(&steps.iter().sum::<i64>().to_string());
        prop_assert_eq!(item.get("visits").cloned().unwrap_or(number("0")), expected);
    }

    /// Removals mean the indexes from before, in whatever order they are written.
    #[test]
    fn removals_leave_the_rest(indexes in prop::collection::btree_set(0usize..8, 1..6), seed in any::<u64>()) {
        let all: Vec<String> = (0..6).map(|element| element.to_string()).collect();
        let elements = |texts: &[&String]| Value::L(texts.iter().map(|element| text(element)).collect());
        let mut item = map(&[("l", elements(&all.iter().collect::<Vec<_>>()))]);
        let mut order: Vec<usize> = indexes.iter().copied().collect();
        let shift = seed as usize % order.len();
        order.rotate_left(shift);
        let removals: Vec<String> = order.iter().map(|index| format!("l[{index}]")).collect();
        let expression = format!("REMOVE {}", removals.join(", "));
        Names::new(None, None).unwrap().update(&expression).unwrap().apply(&mut item).unwrap();
        let kept: Vec<&String> =
            all.iter().enumerate().filter(|(index, _)| !indexes.contains(index)).map(|(_, text)| text).collect();
        prop_assert_eq!(&item["l"], &elements(&kept));
    }
}
