//! Which reads a condition falls into, and which item it names.

use partiql::{Statement, parse};
use proptest::prelude::*;
use store::tuple::Key;

use super::*;

fn part(name: &str) -> KeyPart {
    KeyPart { name: name.into(), kind: "S".into() }
}

fn with<T>(condition: &str, run: impl FnOnce(Keys<'_>, Meaning<'_>, &Expr) -> T) -> T {
    let (statement, _) = parse(&format!("SELECT * FROM t WHERE {condition}")).unwrap();
    let Statement::Select(select) = statement else { unreachable!("it selects") };
    let (partition, sort) = (part("pk"), part("sk"));
    let keys = Keys { partition: &partition, sort: Some(&sort) };
    run(keys, Meaning::of(&[], 0).unwrap(), &select.filter.unwrap())
}

fn branches(condition: &str) -> Result<Option<Vec<Branch>>, Error> {
    with(condition, |keys, meaning, filter| keys.branches(meaning, filter))
}

/// How many reads; none when all is read.
fn reads(condition: &str) -> Option<usize> {
    branches(condition).unwrap_or_else(|error| panic!("{condition}: {error}")).map(|branches| branches.len())
}

#[test]
fn conditions_fall_into_reads() {
    for (condition, expected) in [
        ("pk = 'a'", Some(1)),
        ("'a' = pk AND sk > '1' AND x = 2", Some(1)),
        ("pk IN ['a', 'b']", Some(2)),
        ("pk IN ('a')", Some(1)),
        ("pk IN <<'a', 'b'>>", Some(2)),
        ("pk = 'a' OR pk = 'b'", Some(2)),
        ("pk = 'a' AND sk IN ['1', '2']", Some(2)),
        ("pk IN ['a', 'b'] AND sk IN ['1', '2']", Some(4)),
        ("(pk = 'a' AND sk = '1') OR (pk = 'b' AND x = 1)", Some(2)),
        ("pk = 'a' AND (sk < '1' OR sk > '1' OR sk = '1')", Some(3)),
        ("pk = 'a' AND (x = 1 OR y = 2)", Some(1)),
        ("pk = 'a' AND (attribute_exists(x) OR NOT contains(y, 'z'))", Some(1)),
        ("pk = 'a' AND NOT sk = '1' OR pk = 'a' AND sk = '2'", Some(1)),
        ("pk = 'a' OR pk = 'a' AND NOT sk = '1'", Some(1)),
        ("pk = 'a' AND sk = '1' AND sk = '2'", Some(0)),
        ("pk = 'a' AND sk = '1' AND sk > '0'", Some(1)),
        ("x = 1", None),
        ("pk > 'a'", None),
        ("pk > 1", None),
        ("pk = 'a' OR x = 1", None),
        ("pk = 'a' OR sk = '1'", None),
        ("pk = 'a' AND pk = 'b'", None),
        ("pk = 'a' AND (pk = 'z' OR zz = '1')", None),
        ("NOT pk = 'a'", None),
        ("pk = x", None),
    ] {
        assert_eq!(reads(condition), expected, "{condition}");
    }
    let many = |count: usize| (0..count).map(|one| format!("'{one}'")).collect::<Vec<_>>().join(", ");
    assert_eq!(reads(&format!("pk IN [{}]", many(50))), Some(50));
    assert_eq!(reads(&format!("pk IN [{}] OR x = 1", many(51))), None);
    for condition in [format!("pk IN [{}]", many(51)), format!("pk IN [{}] AND sk IN ['1', '2']", many(26))] {
        assert_eq!(branches(&condition).unwrap_err().message(), TOO_MANY);
    }
}

#[test]
fn reads_are_refused_that_overlap_or_have_the_wrong_type() {
    for condition in [
        "pk IN ['a', 'a']",
        "pk = 'a' OR pk = 'a'",
        "pk = 'a' AND (sk > '0' OR sk < '5')",
        "pk = 'a' AND (sk = '1' OR x = 2)",
        "(pk = 'a' AND x = 1) OR (pk = 'a' AND x = 2)",
        "pk = 'a' AND x <> 1 OR pk = 'a' AND sk = '2'",
    ] {
        let message = branches(condition).unwrap_err();
        assert!(message.message().starts_with("Overlapping conditions with range keys"), "{condition}");
    }
    for (condition, key) in [("pk = 1 OR pk = 'a'", "pk"), ("pk = 'a' AND sk IN ['1', 2]", "sk")] {
        let message = branches(condition).unwrap_err();
        assert!(message.message().ends_with(&format!("schema: Key {key}")), "{condition}");
    }
}

#[test]
fn writes_name_one_item() {
    let named = |condition: &str| {
        with(condition, |keys, meaning, filter| {
            let named = keys.named(meaning, Some(filter));
            keys.check(&named)?;
            Ok::<_, Error>((named.key.len(), named.extra))
        })
    };
    assert_eq!(named("(pk = 'a' AND '1' = sk) AND x = 1"), Ok((2, true)));
    assert_eq!(named("pk = 'a' AND sk = '1' AND pk = 'a'"), Ok((2, false)));
    for (condition, expected) in [
        ("pk = 'a'", "Where clause does not contain a mandatory equality on all key attributes"),
        (
            "pk IN ['a'] AND sk = '1'",
            "Where clause does not contain a mandatory equality on all key attributes",
        ),
        (
            "pk = 'a' AND sk = '1' AND pk = 'b'",
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported",
        ),
        (
            "pk = 1 AND sk = '1'",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
    ] {
        assert_eq!(named(condition).unwrap_err().message(), expected, "{condition}");
    }
}

#[test]
fn reads_of_one_item_say_nothing_but_its_key() {
    for (condition, expected) in [
        ("pk = 'a' AND sk = '1'", true),
        ("(sk = '1') AND pk IN ['a'] AND pk = 'a'", true),
        ("pk = 'a'", false),
        ("pk = 'a' AND sk = '1' AND x = 1", false),
        ("pk = 'a' AND sk = '1' AND pk = 'b'", false),
        ("pk IN ['b'] AND pk = 'a' AND sk = '1'", false),
        ("pk IN ['a', 'b'] AND sk = '1'", false),
    ] {
        let point = with(condition, |keys, meaning, filter| keys.point(meaning, filter));
        assert_eq!(point.is_some(), expected, "{condition}");
    }
}

#[test]
fn columns_are_named_by_what_they_end_in() {
    let name = |name: &str| Step::Name(name.into());
    let path = |steps| expressions::Path::new("m".into(), steps);
    assert_eq!(column(&path(vec![])), "m");
    assert_eq!(column(&path(vec![name("k"), Step::Index(0)])), "k[0]");
    assert_eq!(column(&path(vec![Step::Index(1), name("k")])), "k");
}

/// Conditions on keys of few values, and on another attribute.
fn condition() -> impl Strategy<Value = String> {
    let one_of = |texts: &[&'static str]| prop::sample::select(texts.to_vec());
    let leaf = prop_oneof![
        one_of(&["'a'", "'b'"]).prop_map(|value| format!("pk = {value}")),
        one_of(&["'a'", "'a', 'b'", "'b', 'c'"]).prop_map(|values| format!("pk IN [{values}]")),
        (one_of(&["=", "<>", "<", "<=", ">", ">="]), one_of(&["'1'", "'2'", "'3'"]))
            .prop_map(|(comparator, value)| format!("sk {comparator} {value}")),
        one_of(&["'1'", "'1', '3'"]).prop_map(|values| format!("sk IN [{values}]")),
        Just("sk BETWEEN '2' AND '3'".to_owned()),
        Just("begins_with(sk, '2')".to_owned()),
        Just("x = 'y'".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let some = prop::collection::vec(inner.clone(), 2..4);
        prop_oneof![
            3 => some.clone().prop_map(|all| format!("({})", all.join(" AND "))),
            2 => some.prop_map(|any| format!("({})", any.join(" OR "))),
            1 => inner.prop_map(|inner| format!("NOT ({inner})")),
        ]
    })
}

fn every_item() -> impl Iterator<Item = Item> {
    let attribute = |name: &str, value: &str| (name.to_owned(), Value::S(value.to_owned()));
    ["a", "b", "c"].into_iter().flat_map(move |pk| {
        ["0", "1", "2", "22", "3", "4"].into_iter().flat_map(move |sk| {
            ["y", "z"].map(|x| Item::from([attribute("pk", pk), attribute("sk", sk), attribute("x", x)]))
        })
    })
}

proptest! {
    #[test]
    fn reads_find_each_item_once_that_a_condition_holds_for(text in condition()) {
        let (holds, branches) = with(&text, |keys, meaning, filter| {
            (meaning.condition(filter).unwrap(), keys.branches(meaning, filter))
        });
        let Ok(Some(branches)) = branches else { return Ok(()) };
        let partition = Key::new();
        for item in every_item() {
            let place = Vec::from(partition.clone().bytes(key::bytes(&item["sk"])));
            let reads = branches.iter().filter(|branch| {
                branch.partition == item["pk"] && branch.sort.within(&partition).contains(&place)
            });
            let count = reads.count();
            prop_assert!(count <= 1, "{text}: read twice: {item:?}");
            prop_assert!(count == 1 || !holds.holds(&item), "{text}: not read: {item:?}");
        }
    }
}
