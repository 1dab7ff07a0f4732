//! Key conditions: which ones are refused, and what they read.

use std::collections::BTreeMap;

use super::*;
use crate::Names;

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn values() -> BTreeMap<String, Value> {
    let values = [(":p", text("p")), (":a", text("a")), (":z", text("z")), (":n", Value::N(1.into()))];
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

fn read(expression: &str) -> Result<KeyConditions, Error> {
    Names::new(None, Some(values())).unwrap().key_condition(expression)
}

const PK: KeyAttribute<'_> = KeyAttribute { name: "pk", kind: Type::S };
const SK: KeyAttribute<'_> = KeyAttribute { name: "sk", kind: Type::S };

fn sort(expression: &str) -> Option<RangeCondition> {
    let condition = read(expression).unwrap().for_key(PK, Some(SK)).unwrap();
    assert_eq!(condition.partition, text("p"));
    condition.sort
}

#[test]
fn ranges() {
    assert_eq!(sort("pk = :p"), None);
    assert_eq!(sort("(:p = pk)"), None);
    for (expression, range) in [
        ("sk = :a", RangeCondition::Eq(text("a"))),
        ("sk < :a", RangeCondition::Lt(text("a"))),
        ("sk <= :a", RangeCondition::Le(text("a"))),
        ("sk > :a", RangeCondition::Gt(text("a"))),
        ("sk >= :a", RangeCondition::Ge(text("a"))),
        (":a < sk", RangeCondition::Gt(text("a"))),
        (":a <= sk", RangeCondition::Ge(text("a"))),
        (":a > sk", RangeCondition::Lt(text("a"))),
        (":a >= sk", RangeCondition::Le(text("a"))),
        ("sk BETWEEN :a AND :z", RangeCondition::Between(text("a"), text("z"))),
        ("begins_with(sk, :a)", RangeCondition::BeginsWith(text("a"))),
    ] {
        assert_eq!(sort(&format!("pk = :p AND {expression}")), Some(range.clone()), "{expression}");
        assert_eq!(sort(&format!("({expression}) AND (pk = :p)")), Some(range), "{expression}");
    }
}

#[test]
fn ranges_hold_for_keys() {
    let holding = |expression: &str| {
        let range = sort(&format!("pk = :p AND {expression}")).unwrap();
        let keys = ["", "a", "ab", "z", "zz"];
        keys.into_iter().filter(|key| range.holds(&text(key))).collect::<Vec<_>>()
    };
    assert_eq!(holding("sk = :a"), ["a"]);
    assert_eq!(holding("sk < :a"), [""]);
    assert_eq!(holding("sk <= :a"), ["", "a"]);
    assert_eq!(holding("sk > :a"), ["ab", "z", "zz"]);
    assert_eq!(holding("sk >= :z"), ["z", "zz"]);
    assert_eq!(holding("sk BETWEEN :a AND :z"), ["a", "ab", "z"]);
    assert_eq!(holding("begins_with(sk, :a)"), ["a", "ab"]);
    assert!(!RangeCondition::Ge(text("a")).holds(&Value::N(7.into())));
}

#[test]
fn faults_of_the_expression() {
    let invalid = "Invalid condition in KeyConditionExpression:";
    let operator = |operator: &str| format!("Invalid operator used in KeyConditionExpression: {operator}");
    let nested_operations = "KeyConditionExpressions cannot contain nested operations".to_owned();
    for (expression, problem) in [
        ("pk = :p OR sk = :a", operator("OR")),
        ("pk = :p AND NOT sk = :a", operator("NOT")),
        ("pk = :p AND sk IN (:a)", operator("IN")),
        ("pk <> :p", operator("<>")),
        ("attribute_exists(pk)", operator("attribute_exists")),
        ("attribute_not_exists(pk)", operator("attribute_not_exists")),
        ("contains(pk, :p)", operator("contains")),
        ("pk = :p AND size(sk) = :n", nested_operations.clone()),
        ("pk = :p AND sk BETWEEN size(x) AND :n", nested_operations),
        ("pk = :p AND sk.foo = :a", "KeyConditionExpressions cannot have conditions on nested attributes".into()),
        ("pk = :p AND sk > :a AND sk < :z", "KeyConditionExpressions must only contain one condition per key".into()),
        ("pk = sk", format!("{invalid} Multiple attribute names used in one condition")),
        (":a = :p", format!("{invalid} No key attribute specified")),
        (
            "pk = :p AND begins_with(:a, sk)",
            format!("{invalid} begins_with operator must have the key attribute as its first operand"),
        ),
        (
            "pk = :p AND :a BETWEEN :a AND :z",
            format!("{invalid} BETWEEN operator must have the key attribute as its first operand"),
        ),
        ("", "Invalid KeyConditionExpression: The expression can not be empty;".into()),
        ("pk = :p AND sk BETWEEN :z AND :a", "Invalid KeyConditionExpression: The BETWEEN operator requires upper \
          bound to be greater than or equal to lower bound; lower bound operand: AttributeValue: {S:z}, upper bound \
          operand: AttributeValue: {S:a}".into()),
    ] {
        assert_eq!(read(expression).unwrap_err().to_string(), problem, "{expression}");
    }
}

#[test]
fn conditions_must_fit_the_key() {
    let refused = |expression: &str, sort: Option<KeyAttribute<'_>>| {
        read(expression).unwrap().for_key(PK, sort).unwrap_err().to_string()
    };
    let missed = |name: &str| format!("Query condition missed key schema element: {name}");
    let mismatch =
        "One or more parameter values were invalid: Condition parameter type does not match schema type";
    assert_eq!(refused("sk = :a", Some(SK)), missed("pk"));
    assert_eq!(
        refused("pk = :p AND sk = :a AND x = :z", Some(SK)),
        "Conditions can be of length 1 or 2 only"
    );
    assert_eq!(refused("pk = :p AND x = :a", Some(SK)), missed("sk"));
    assert_eq!(refused("pk > :p AND sk = :a", Some(SK)), "Query key condition not supported");
    assert_eq!(refused("pk = :p AND sk = :a", None), "Query key condition not supported");
    assert_eq!(refused("pk = :n", None), mismatch);
    assert_eq!(refused("pk = :p AND sk = :n", Some(SK)), mismatch);
}

#[test]
fn a_key_of_several_attributes_is_named_from_its_beginning() {
    let sorts = ["a", "b", "c"].map(|name| KeyAttribute { name, kind: Type::S });
    let on = |expression: &str| read(expression).unwrap().for_composite(&[PK], &sorts);
    let parts = |expression: &str| {
        let condition = on(expression).unwrap();
        (condition.sort.len(), condition.last.is_some())
    };
    assert_eq!(parts("pk = :p"), (0, false));
    assert_eq!(parts("b = :a AND pk = :p AND a = :a"), (2, false));
    assert_eq!(parts("pk = :p AND a = :a AND b > :a"), (1, true));
    let gap = |names: &str, name: &str| {
        format!(
            "RANGE key attributes {names} must have equality conditions specified in the query because a condition is present \
             on key attribute {name}"
        )
    };
    let refused = |expression: &str| on(expression).unwrap_err().to_string();
    assert_eq!(refused("pk = :p AND a = :a AND c = :a"), gap("b", "c"));
    assert_eq!(refused("pk = :p AND c = :a"), gap("a, b", "c"));
    assert_eq!(refused("pk = :p AND a > :a AND b = :a"), gap("a", "b"));
    assert_eq!(refused("a = :a"), "Query condition missed key schema element: pk");
    assert_eq!(refused("pk = :p AND x = :a"), "Query key condition not supported");
}
