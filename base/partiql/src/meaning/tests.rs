//! Which conditions hold, what updates make of items, and what is refused in which words.

use std::collections::BTreeSet;

use expressions::{Item, Value};

use super::*;
use crate::{Statement, parse};

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn number(text: &str) -> Value {
    Value::N(text.parse().unwrap())
}

fn item() -> Item {
    let set = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    Item::from([
        ("pk".into(), text("k")),
        ("n".into(), number("5")),
        ("s".into(), text("str")),
        ("yes".into(), Value::Bool(true)),
        ("nul".into(), Value::Null),
        ("ss".into(), Value::Ss(set)),
        ("l".into(), Value::L(vec![number("1")])),
        ("m".into(), Value::M(Item::from([("k".into(), text("v"))]))),
    ])
}

fn holds(condition: &str, parameters: &[Value]) -> Result<bool, Error> {
    let (statement, count) = parse(&format!("SELECT * FROM t WHERE {condition}"))?;
    let Statement::Select(select) = statement else { unreachable!("it selects") };
    let meaning = Meaning::of(parameters, count)?;
    Ok(meaning.condition(&select.filter.unwrap())?.holds(&item()))
}

fn refused(condition: &str) -> String {
    holds(condition, &[]).unwrap_err().message().to_owned()
}

fn updated(changes: &str, parameters: &[Value]) -> Result<Item, Error> {
    let (statement, count) = parse(&format!("UPDATE t {changes} WHERE pk = 'k'"))?;
    let Statement::Update(update) = statement else { unreachable!("it updates") };
    let mut item = item();
    Meaning::of(parameters, count)?.update(&update.changes)?.apply(&mut item)?;
    Ok(item)
}

fn update_refused(changes: &str) -> String {
    updated(changes, &[]).unwrap_err().message().to_owned()
}

fn inserted(item: &str) -> Result<Item, Error> {
    let (statement, count) = parse(&format!("INSERT INTO t VALUE {item}"))?;
    let Statement::Insert(insert) = statement else { unreachable!("it inserts") };
    Meaning::of(&[], count)?.item(&insert)
}

#[test]
fn conditions_hold_or_not() {
    for yes in [
        "n = 5 AND s <> 'x' AND n != 6",
        "n BETWEEN 5 AND 6 AND NOT n BETWEEN 6 AND 7 AND n NOT BETWEEN 6 AND 7",
        "n IN [4, 5] AND n IN (4, 5) AND n IN (5) AND s NOT IN ['a', 'b']",
        "x IS MISSING AND s IS NOT MISSING AND nul IS NULL AND s IS NOT NULL",
        "yes IS BOOL AND s IS STRING AND m IS STRUCT AND n IS NUMERIC AND l IS LIST",
        "begins_with(s, 'st') AND contains(ss, 'a') AND attribute_type(ss, 'SS') AND SIZE(s) = 3",
        "attribute_exists(m.k) AND attribute_not_exists(m.x) AND m['k'] = 'v' AND l[0] = 1",
        "attribute_exists(x) = false AND true = attribute_exists(n) AND attribute_exists(n) <> 1",
        "(n BETWEEN 0 AND 5) = true AND (n = 6 OR s = 'x') = false AND attribute_exists(x) IN [true, false]",
        "attribute_exists(n) = attribute_exists(s) AND attribute_exists(n) = yes",
        "n = - - 5 OR n = 'never'",
        "ss = <<'b', 'a'>> AND l = [1] AND m = {'k': 'v'}",
    ] {
        assert_eq!(holds(yes, &[]), Ok(true), "{yes}");
        assert_eq!(holds(&format!("NOT ({yes})"), &[]), Ok(false), "{yes}");
    }
    for no in
        ["attribute_exists(n) = 1", "NOT attribute_exists(n) = true", "attribute_exists(n) = s", "x = 1"]
    {
        assert_eq!(holds(no, &[]), Ok(false), "{no}");
    }
    assert_eq!(holds("n IN (?) AND s = ?", &[number("5"), text("str")]), Ok(true));
    assert!(holds("n IN ?", &[Value::L(vec![])]).unwrap_err().message().starts_with("IN operator must have"));
    assert_eq!(holds("n IN [?, 9] AND s = ?", &[number("5"), text("str")]), Ok(true));
    let mismatch = "Number of parameters in request and statement don't match.";
    assert_eq!(holds("n = ?", &[]).unwrap_err().message(), mismatch);
    assert_eq!(holds("n = 1", &[Value::Null]).unwrap_err().message(), mismatch);
}

#[test]
fn conditions_are_refused_in_dynamodbs_words() {
    for (condition, expected) in [
        ("a", "WHERE clause must contain an expression that resolves to a boolean"),
        ("a AND b = 1", "The arguments to AND/OR must be Expressions"),
        ("NOT 5", "The argument to NOT must be a Type or Expression"),
        ("a = MISSING", "MISSING must be compared using IS operator"),
        ("a + 1", "Unsupported operator in Condition Expression. Operator: +"),
        ("a LIKE 'x'", "Unsupported operator in Condition Expression. Operator: LIKE"),
        ("a = set_add(b, <<1>>)", "Unrecognized function: set_add at 1:27:7"),
        ("EXISTS(ss)", "Unrecognized function: exists at 1:23:6"),
        (
            "attribute_exists('ss')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of \
             operands: 0",
        ),
        (
            "attribute_exists(n) > false",
            "Incorrect operand type for operator or function; operator or function: >, operand type: BOOL",
        ),
        (
            "attribute_type(l, 1)",
            "Incorrect operand type for operator or function; operator or function: attribute_type, operand type: N",
        ),
        (
            "n = 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root",
        ),
        (
            "s = <<'a', 'a'>>",
            "One or more parameter values were invalid: Input collection [a, a] contains duplicates.",
        ),
    ] {
        assert_eq!(refused(condition), expected, "{condition}");
    }
    assert!(refused("a IS SYMBOL").starts_with("Unsupported data type for IS operator: SYMBOL."));
    let many = vec!["1"; 101].join(", ");
    assert_eq!(
        refused(&format!("a IN [{many}]")),
        "The IN operator is provided with too many operands; number of operands: 101"
    );
}

#[test]
fn updates_change_items() {
    let changed = updated(
        "SET n = n - 1, x = 2 + n SET l = list_append(l, ['e']) REMOVE s SET m.z = ? SET ss = set_add(ss, <<'c'>>)",
        &[Value::Null],
    );
    let changed = changed.unwrap();
    assert_eq!(changed["n"], number("4"));
    assert_eq!(changed["x"], number("7"));
    assert_eq!(changed["l"], Value::L(vec![number("1"), text("e")]));
    assert!(!changed.contains_key("s"));
    assert_eq!(changed["m"], Value::M(Item::from([("k".into(), text("v")), ("z".into(), Value::Null)])));
    assert_eq!(changed["ss"], Value::Ss(["a", "b", "c"].map(str::to_owned).into()));
    let emptied = updated("SET ss = SET_DELETE(ss, <<'a', 'b'>>)", &[]).unwrap();
    assert!(!emptied.contains_key("ss"));
}

#[test]
fn updates_are_refused_in_dynamodbs_words() {
    for (changes, expected) in [
        (
            "SET t = set_add(ss, <<'x'>>)",
            "The first argument to SET_ADD must equal the assignment value at 1:18:7",
        ),
        (
            "SET ss = set_add(ss, 'x')",
            "The second argument to SET_ADD must be a value with type SET at 1:27:2",
        ),
        ("SET ss = set_delete(ss)", "SET_DELETE must have exactly two arguments at 1:19:10"),
        ("SET ss = set_add(ss, <<>>)", "Empty bags are not supported"),
        ("SET ss = set_add(ss, <<1>>)", "An operand in the update expression has an incorrect data type"),
        (
            "SET n = 'a' + 1",
            "Incorrect operand type for operator or function; operator or function: +, operand type: S",
        ),
        ("SET n = n * 2", "Unsupported operator in Update Expression. Operator: *"),
        ("SET n = foo(n)", "Unrecognized function: foo at 1:18:3"),
        (
            "SET n = <<2, 2.0>>",
            "One or more parameter values were invalid: Input collection [2, 2.0] contains duplicates! under root",
        ),
    ] {
        assert_eq!(update_refused(changes), expected, "{changes}");
    }
    let prefix = "UPDATE t SET x = [";
    let message = updated("SET x = [?]", &[Value::Null]).unwrap_err();
    let expected = format!("Unsupported data type: Parameter under key root[0] at 1:{}:1", prefix.len() + 1);
    assert_eq!(message.message(), expected);
    let deep = format!("SET d = {}1{}", "{'a':".repeat(32), "}".repeat(32));
    let expected = format!("Nesting Levels have exceeded supported limits under root{}", ".a".repeat(32));
    assert_eq!(update_refused(&deep), expected);
}

#[test]
fn items_are_inserted_as_they_are_written() {
    let item = inserted("{'pk': 1e2, 'm': {'l': [null, true, 'x']}, 'b': <<2, 1>>}").unwrap();
    assert_eq!(item["pk"], number("100"));
    assert_eq!(
        item["b"],
        Value::Ns(
            [number("1"), number("2")]
                .map(|value| match value {
                    Value::N(number) => number,
                    _ => unreachable!("numbers"),
                })
                .into()
        )
    );
    for (item, expected) in [
        ("{'pk': 1, 'm': {'x': 1e126}}", "larger than supported range under root.x"),
        ("{'pk': 1, 'l': [1, 1e126]}", "larger than supported range under root[1]"),
        ("{'pk': 1e126}", "larger than supported range under root"),
        ("{'a': 1, 'a': 2}", "Duplicate keys in tuple. Key: a under root at 1:30:3"),
        ("{'a': b}", "Unsupported data type: VariableReference under key root at 1:27:1"),
        ("{'ss': set_add(<<'a'>>, <<'b'>>)}", "Unsupported data type: set_add under key root at 1:28:7"),
    ] {
        let message = inserted(item).unwrap_err();
        assert!(message.message().ends_with(expected), "{item}: {message}");
    }
    let deepest = format!("{{'d': {}1{}}}", "{'a':".repeat(31), "}".repeat(31));
    assert!(inserted(&deepest).is_ok());
}
