//! Legacy tests and changes, told against the expressions that say the same.

use super::*;
use crate::value::Item;

fn text(value: &str) -> Value {
    Value::S(value.into())
}

fn number(value: u64) -> Value {
    Value::N(value.into())
}

fn item() -> Item {
    let list = Value::L(vec![number(1), text("x")]);
    [("s", text("hello")), ("n", number(5)), ("l", list)].map(|(name, value)| (name.to_owned(), value)).into()
}

fn holds(attribute: &str, operator: &str, values: &[Value]) -> bool {
    let test = Test::new(attribute, Operator::from_name(operator).unwrap(), values.to_vec()).unwrap();
    condition(vec![test], false).holds(&item())
}

fn refused(operator: &str, values: &[Value]) -> String {
    let test = Test::new("a", Operator::from_name(operator).unwrap(), values.to_vec());
    test.unwrap_err().message().to_owned()
}

#[test]
fn operators_compare() {
    for (attribute, operator, values, expected) in [
        ("n", "EQ", &[number(5)][..], true),
        ("n", "EQ", &[text("5")], false),
        ("n", "NE", &[number(5)], false),
        ("missing", "NE", &[number(5)], true),
        ("n", "LE", &[number(5)], true),
        ("n", "LT", &[number(5)], false),
        ("n", "GE", &[number(5)], true),
        ("n", "GT", &[number(5)], false),
        ("n", "GT", &[text("1")], false),
        ("n", "IN", &[number(1), number(2), number(5)], true),
        ("n", "IN", &[number(1)], false),
        ("n", "BETWEEN", &[number(5), number(7)], true),
        ("n", "BETWEEN", &[number(6), number(7)], false),
        ("n", "NOT_NULL", &[], true),
        ("n", "NULL", &[], false),
        ("missing", "NULL", &[], true),
        ("s", "CONTAINS", &[text("ell")], true),
        ("l", "CONTAINS", &[number(1)], true),
        ("s", "NOT_CONTAINS", &[text("ell")], false),
        ("s", "NOT_CONTAINS", &[number(1)], true),
        ("missing", "NOT_CONTAINS", &[number(1)], false),
        ("s", "BEGINS_WITH", &[text("he")], true),
        ("n", "BEGINS_WITH", &[text("he")], false),
    ] {
        assert_eq!(holds(attribute, operator, values), expected, "{attribute} {operator} {values:?}");
    }
}

#[test]
fn tests_hold_together_or_one_by_one() {
    let tests = || {
        let test = |value| Test::new("n", Operator::Eq, vec![number(value)]).unwrap();
        vec![test(4), test(5)]
    };
    assert!(!condition(tests(), false).holds(&item()));
    assert!(condition(tests(), true).holds(&item()));
}

#[test]
fn values_that_do_not_fit_are_refused() {
    const INVALID: &str = "One or more parameter values were invalid: ";
    for (operator, values, problem) in [
        ("EQ", &[][..], "Invalid number of argument(s) for the EQ ComparisonOperator"),
        ("BETWEEN", &[number(1)], "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
        ("NULL", &[number(1)], "Invalid number of argument(s) for the NULL ComparisonOperator"),
        ("IN", &[number(1), text("a")], "AttributeValues inside AttributeValueList must be of same type"),
        ("LT", &[Value::Bool(true)], "ComparisonOperator LT is not valid for BOOL AttributeValue type"),
        (
            "CONTAINS",
            &[Value::L(vec![])],
            "ComparisonOperator CONTAINS is not valid for L AttributeValue type",
        ),
        (
            "BEGINS_WITH",
            &[number(3)],
            "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
        ),
    ] {
        assert_eq!(refused(operator, values), format!("{INVALID}{problem}"));
    }
    assert!(
        refused("BETWEEN", &[number(2), number(1)]).starts_with("The BETWEEN condition was provided a range")
    );
}

#[test]
fn keys_are_ranges() {
    let range = |operator, value| key_conditions(vec![Test::new("k", operator, vec![value]).unwrap()]);
    assert!(range(Operator::Ge, number(1)).is_ok());
    assert_eq!(
        range(Operator::Ne, number(1)).unwrap_err().message(),
        "Attempted conditional constraint is not an indexable operation"
    );
    assert_eq!(key_conditions(Vec::new()).unwrap_err().message(), "Conditions can be of length 1 or 2 only");
}

fn updated(action: &str, attribute: &str, value: Option<Value>) -> Result<Option<Value>, String> {
    let change = Change::new(action, value).map_err(|error| error.message().to_owned())?;
    let mut item = item();
    let update = update([(attribute.to_owned(), change)]);
    update.apply(&mut item).map_err(|error| error.message().to_owned())?;
    Ok(item.remove(attribute))
}

#[test]
fn attributes_change() {
    let set = |members: &[&str]| Value::Ss(members.iter().map(|&member| member.to_owned()).collect());
    assert_eq!(updated("PUT", "n", Some(text("x"))), Ok(Some(text("x"))));
    assert_eq!(updated("ADD", "n", Some(number(2))), Ok(Some(number(7))));
    assert_eq!(updated("ADD", "new", Some(set(&["a"]))), Ok(Some(set(&["a"]))));
    let longer = Value::L(vec![number(1), text("x"), number(2)]);
    assert_eq!(updated("ADD", "l", Some(Value::L(vec![number(2)]))), Ok(Some(longer)));
    assert_eq!(updated("DELETE", "n", None), Ok(None));
    assert_eq!(updated("DELETE", "new", Some(set(&["a"]))), Ok(None));
    assert_eq!(updated("ADD", "s", Some(number(1))), Err("Type mismatch for attribute to update".into()));
    assert_eq!(
        updated("DELETE", "n", Some(set(&["a"]))),
        Err("Type mismatch for attribute to update".into())
    );
}

#[test]
fn changes_without_a_proper_value_are_refused() {
    let refused = |action, value| updated(action, "a", value).unwrap_err();
    assert!(
        refused("PUT", None).ends_with("Only DELETE action is allowed when no attribute value is specified")
    );
    assert!(refused("ADD", Some(text("x"))).ends_with("ADD action is not supported for the type S"));
    let message = "DELETE action with value is not supported for the type N";
    assert!(refused("DELETE", Some(number(1))).ends_with(message));
}
