//! Conditions: which ones are refused, and which hold.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::{Error, Names, Number};

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::N(text.parse().unwrap())
}

fn item() -> Item {
    let numbers = BTreeSet::from([Number::from(1), Number::from(20)]);
    Item::from([
        ("s".into(), text("héllo𝄞")),
        ("n".into(), number("12.5")),
        ("b".into(), Value::B(Bytes::from_static(b"\x01\x02\x03"))),
        ("t".into(), Value::Bool(true)),
        ("z".into(), Value::Null),
        ("ss".into(), Value::Ss(BTreeSet::from(["x".to_owned(), "y".to_owned()]))),
        ("ns".into(), Value::Ns(numbers)),
        ("bs".into(), Value::Bs(BTreeSet::from([Bytes::from_static(b"\x01")]))),
        ("l".into(), Value::L(vec![number("1"), text("two"), Value::Null])),
        ("m".into(), Value::M(Item::from([("k".into(), Value::L(vec![number("7")]))]))),
        ("s2".into(), text("héllo𝄞")),
    ])
}

fn values() -> BTreeMap<String, Value> {
    let values = [
        (":s", text("héllo𝄞")),
        (":he", text("hé")),
        (":x", text("x")),
        (":two", text("two")),
        (":S", text("S")),
        (":NULL", text("NULL")),
        (":7", number("7")),
        (":1", number("1.0")),
        (":12", number("12")),
        (":13", number("13")),
        (":3", number("3")),
        (":b", Value::B(Bytes::from_static(b"\x02\x03"))),
        (":b1", Value::B(Bytes::from_static(b"\x01"))),
        (":t", Value::Bool(true)),
        (":z", Value::Null),
        (":ss", Value::Ss(BTreeSet::from(["y".to_owned(), "x".to_owned()]))),
        (":l", Value::L(vec![])),
        (":m", Value::M(Item::new())),
    ];
    values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn read(expression: &str) -> Result<Condition, Error> {
    let names = BTreeMap::from([("#s".to_owned(), "s".to_owned()), ("#dotted".to_owned(), "m.k".to_owned())]);
    Names::new(Some(names), Some(values())).unwrap().condition("FilterExpression", expression)
}

fn problem(expression: &str) -> String {
    let message = read(expression).unwrap_err().to_string();
    message.strip_prefix("Invalid FilterExpression: ").unwrap().to_owned()
}

#[test]
fn what_holds() {
    for expression in [
        "s = :s",
        "#s = s2",
        ":s = s",
        "s <> :he",
        "s <> :12",
        "absent <> :s",
        "absent <> absent2",
        "s > :he AND s >= :he AND :he < s AND :he <= s",
        "n > :12 AND n < :13",
        "n BETWEEN :12 AND :13",
        ":12 BETWEEN :12 AND n",
        "b > :b1",
        "t = :t AND z = :z AND ss = :ss",
        "m.k[0] = :7",
        "l[0] = :1",
        "n IN (:s, absent, :12) OR s IN (:x, s2)",
        "NOT n IN (:12, :13)",
        "attribute_exists(m.k[0]) AND attribute_not_exists(m.k[1]) AND attribute_not_exists(#dotted)",
        "attribute_not_exists(s.k) AND attribute_not_exists(l.k) AND attribute_not_exists(m[0])",
        "attribute_type(s, :S) AND attribute_type(z, :NULL) AND NOT attribute_type(absent, :S)",
        "begins_with(s, :he) AND begins_with(b, :b1) AND NOT begins_with(b, :b) AND NOT begins_with(n, :he)",
        "contains(s, :he) AND contains(b, :b) AND contains(ss, :x) AND contains(ns, :1) AND contains(bs, :b1)",
        "contains(l, :two) AND contains(l, :1) AND contains(l, :z) AND NOT contains(l, :x) AND NOT contains(m, :x)",
        "NOT contains(n, :1) AND NOT contains(absent, :x) AND NOT contains(s, absent)",
        "size(b) = :3 AND size(l) = :3 AND size(s) = :7 AND size(m) = :1 AND size(ss) < :3 AND size(#s) > size(m)",
        "NOT size(n) > :1 AND NOT size(absent) > :1",
        "s = :x OR NOT (s = :x OR n = :12)",
    ] {
        assert!(read(expression).unwrap().holds(&item()), "{expression}");
    }
}

#[test]
fn what_does_not_hold() {
    for expression in [
        "absent = absent2",
        "absent = :s",
        "absent < :s OR absent >= :s OR absent BETWEEN :12 AND :13",
        "absent IN (:s)",
        "s < :12 OR s > :12",
        "m = :m OR l = :l",
        "t < s OR s < t",
        "n BETWEEN :13 AND absent",
        "NOT (s = :s AND n <> :12)",
    ] {
        assert!(!read(expression).unwrap().holds(&item()), "{expression}");
    }
    assert!(read("attribute_not_exists(s)").unwrap().holds(&Item::new()));
}

#[test]
fn functions_are_checked() {
    let function = |problem: &str, name: &str| format!("{problem}; function: {name}");
    assert_eq!(problem("foo(a)"), function("Invalid function name", "foo"));
    assert_eq!(problem("Size(a) = :1"), function("Invalid function name", "Size"));
    let not_here = "The function is not allowed in a condition expression";
    assert_eq!(problem("if_not_exists(a, :s)"), function(not_here, "if_not_exists"));
    let misused = "The function is not allowed to be used this way in an expression";
    assert_eq!(problem("size(a)"), function(misused, "size"));
    assert_eq!(problem("a = :s AND NOT size(a)"), function(misused, "size"));
    assert_eq!(problem("contains(a, :x) = :t"), function(misused, "contains"));
    assert_eq!(problem("contains(attribute_exists(a), :x)"), function(misused, "attribute_exists"));
    let count = |name: &str, count: u32| {
        format!(
            "Incorrect number of operands for operator or function; operator or function: {name}, number of \
             operands: {count}"
        )
    };
    assert_eq!(problem("attribute_exists(a, c)"), count("attribute_exists", 2));
    assert_eq!(problem("begins_with(a)"), count("begins_with", 1));
    assert_eq!(problem("size(a, c) = :1"), count("size", 2));
    let path = "Operator or function requires a document path; operator or function: attribute_exists";
    assert_eq!(problem("attribute_exists(:s)"), path);
    assert_eq!(
        problem("attribute_type(a, :x)"),
        "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"
    );
}

#[test]
fn operands_are_checked() {
    let operand = |operator: &str, kind: &str| {
        format!(
            "Incorrect operand type for operator or function; operator or function: {operator}, operand type: {kind}"
        )
    };
    assert_eq!(problem("begins_with(a, :12)"), operand("begins_with", "N"));
    assert_eq!(problem("begins_with(size(a), :x)"), operand("begins_with", "N"));
    assert_eq!(problem("attribute_type(a, :12)"), operand("attribute_type", "N"));
    assert_eq!(problem("attribute_type(a, c)"), operand("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"));
    assert_eq!(problem("size(:12) = :12"), operand("size", "N"));
    assert_eq!(problem("size(size(a)) = :12"), operand("size", "N"));
    assert_eq!(problem("a < :t"), operand("<", "BOOL"));
    assert_eq!(problem(":ss >= a"), operand(">=", "SS"));
    assert_eq!(problem("a BETWEEN :12 AND :l"), operand("BETWEEN", "L"));
    let between = "The BETWEEN operator requires";
    assert_eq!(
        problem("a BETWEEN :s AND :he"),
        format!(
            "{between} upper bound to be greater than or equal to lower bound; lower bound operand: \
             AttributeValue: {{S:héllo𝄞}}, upper bound operand: AttributeValue: {{S:hé}}"
        )
    );
    assert_eq!(
        problem("a BETWEEN :12 AND :x"),
        format!(
            "{between} same data type for lower and upper bounds; lower bound operand: AttributeValue: {{N:12}}, \
             upper bound operand: AttributeValue: {{S:x}}"
        )
    );
    let distinct = |operator: &str, path: &str| {
        format!(
            "The first operand must be distinct from the remaining operands for this operator or function; \
             operator: {operator}, first operand: {path}"
        )
    };
    assert_eq!(problem("contains(#s, s)"), distinct("contains", "[s]"));
    assert_eq!(problem("a.c[1] = a.c[1]"), distinct("=", "[a, c, [1]]"));
    assert_eq!(problem("a IN (:s, a)"), distinct("IN", "[a]"));
    assert_eq!(problem("a BETWEEN :12 AND a"), distinct("BETWEEN", "[a]"));
    let many = vec![":12"; 101].join(",");
    assert_eq!(
        problem(&format!("a IN ({many})")),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
    assert!(read(&format!("a IN ({})", &many[4..])).is_ok());
}

#[test]
fn the_first_fault_is_the_same_as_in_dynamodb() {
    assert_eq!(problem("name = :nope AND foo(a)"), "Invalid function name; function: foo");
    assert_eq!(
        problem("a = :nope AND a.name = :s"),
        "Attribute name is a reserved keyword; reserved keyword: name"
    );
    assert_eq!(
        problem("a = :nope AND begins_with(a, :12)"),
        "An expression attribute value used in expression is not defined; attribute value: :nope"
    );
    assert_eq!(
        problem("#nope = :nope"),
        "An expression attribute name used in the document path is not defined; attribute name: #nope"
    );
}

#[test]
fn paths_are_listed() {
    let condition = read("size(m.k) = :7 AND (s IN (n) OR attribute_not_exists(l[0]))").unwrap();
    let paths: Vec<String> = condition.paths().iter().map(ToString::to_string).collect();
    assert_eq!(paths, ["[m, k]", "[s]", "[n]", "[l, [0]]"]);
}

#[test]
fn the_deepest_conditions_are_evaluated() {
    let deep = format!("{}s=:s{}", "(".repeat(31), " OR s=:x) AND n<>:1".repeat(31));
    assert!(read(&deep).unwrap().holds(&item()));
    let negated = format!("{}s=:s", "NOT ".repeat(62));
    assert!(read(&negated).unwrap().holds(&item()));
}

/// A logical expression and its truth.
#[derive(Clone, Debug)]
enum Logic {
    Atom(bool),
    Not(Box<Logic>),
    And(Vec<Logic>),
    Or(Vec<Logic>),
}

impl Logic {
    fn truth(&self) -> bool {
        match self {
            Self::Atom(truth) => *truth,
            Self::Not(inner) => !inner.truth(),
            Self::And(inner) => inner.iter().all(Self::truth),
            Self::Or(inner) => inner.iter().any(Self::truth),
        }
    }

    /// The expression, with parentheses only where `NOT`, `AND` and `OR` do not bind as they should.
    fn text(&self) -> String {
        let join = |inner: &[Self], keyword: &str, loose: fn(&Self) -> bool| {
            let parts =
                inner.iter().map(|part| if loose(part) { format!("({})", part.text()) } else { part.text() });
            parts.collect::<Vec<_>>().join(keyword)
        };
        match self {
            Self::Atom(true) => "s = :s".to_owned(),
            Self::Atom(false) => "attribute_exists(absent)".to_owned(),
            Self::Not(inner) if matches!(**inner, Self::And(_) | Self::Or(_)) => {
                format!("NOT ({})", inner.text())
            }
            Self::Not(inner) => format!("NOT {}", inner.text()),
            Self::And(inner) => join(inner, " AND ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(inner) => join(inner, " or ", |part| matches!(part, Self::Or(_))),
        }
    }
}

fn any_logic() -> impl Strategy<Value = Logic> {
    any::<bool>().prop_map(Logic::Atom).prop_recursive(5, 40, 3, |inner| {
        let several = || prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            inner.clone().prop_map(|inner| Logic::Not(Box::new(inner))),
            several().prop_map(Logic::And),
            several().prop_map(Logic::Or),
        ]
    })
}

proptest! {
    #[test]
    fn logic_holds_when_it_is_true(logic in any_logic()) {
        let text = logic.text();
        prop_assume!(text.len() <= 4096);
        prop_assert_eq!(read(&text).unwrap().holds(&item()), logic.truth(), "{}", text);
    }
}
