//! The grammar: what is read, what is refused and how, and that printed statements are read again.

use proptest::prelude::*;

use super::*;

fn printed(text: &str) -> String {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).0.to_string()
}

fn problem(text: &str) -> String {
    parse(text).map(|(statement, _)| statement.to_string()).unwrap_err().message().to_owned()
}

fn detail(text: &str) -> String {
    let problem = problem(text);
    let detail = problem.strip_prefix("Statement wasn't well formed, can't be processed: ");
    detail.unwrap_or_else(|| panic!("{text}: {problem}")).to_owned()
}

/// What an expression has inside, in the order of the text.
#[test]
fn expressions_are_walked() {
    let text = "SELECT * FROM t WHERE a IN [1, <<2>>, {'k': 3}] AND NOT (b BETWEEN 4 AND size(c) OR d IS MISSING) AND e + 5 > 6";
    let (Statement::Select(select), _) = parse(text).unwrap() else { panic!("a select") };
    let mut seen = Vec::new();
    select.filter.unwrap().walk(&mut |expr| {
        let shown = expr.to_string();
        let name = shown.trim_matches('"').to_owned();
        seen.extend((name.len() == 1).then_some(name));
    });
    assert_eq!(seen.join(" "), "a 1 2 3 b 4 c d e 5 6");
}

#[test]
fn statements_are_about_a_table_or_an_index() {
    for (text, expected) in [
        ("SELECT * FROM t.i", ("t", Some("i"))),
        ("EXISTS(SELECT * FROM t WHERE k = 1)", ("t", None)),
        ("INSERT INTO t VALUE {'k': 1}", ("t", None)),
        ("UPDATE t SET a = 1 WHERE k = 1", ("t", None)),
        ("DELETE FROM t WHERE k = 1", ("t", None)),
    ] {
        assert_eq!(parse(text).unwrap().0.source(), expected, "{text}");
    }
}

#[test]
fn statements_are_read() {
    for (text, expected) in [
        ("select * from Music", "SELECT * FROM \"Music\""),
        (
            "SELECT a.\"b c\"[0]['k'] , d FROM \"T\".\"I\" WHERE a=? AND (b<>'it''s' or NOT c IS MISSING) ORDER BY a DESC, b;",
            "SELECT \"a\".\"b c\"[0].\"k\", \"d\" FROM \"T\".\"I\" WHERE \"a\" = ? AND (\"b\" <> 'it''s' OR (NOT (\"c\" IS MISSING))) \
             ORDER BY \"a\" DESC, \"b\" ASC",
        ),
        (
            "SELECT * FROM t WHERE a NOT IN (1, 2) AND b not between -1 and +.5e3 AND begins_with(c, 'x') AND size(d) >= 3",
            "SELECT * FROM \"t\" WHERE (NOT (\"a\" IN [1, 2])) AND (NOT (\"b\" BETWEEN -1 AND .5e3)) AND begins_with(\"c\", 'x') AND \
             (size(\"d\") >= 3)",
        ),
        (
            "INSERT INTO t VALUE {'pk': ?, 'l': [1, {'a': <<'x'>>}], 'n': null, 'b': TRUE}",
            "INSERT INTO \"t\" VALUE {'pk': ?, 'l': [1, {'a': <<'x'>>}], 'n': NULL, 'b': true}",
        ),
        (
            "UPDATE t SET a = a - 1, b = list_append(b, [- - 2]) SET c = SET_ADD(c, <<1>>) REMOVE d[1] WHERE k = 'x' RETURNING \
             modified new *",
            "UPDATE \"t\" SET \"a\" = \"a\" - 1 SET \"b\" = list_append(\"b\", [2]) SET \"c\" = set_add(\"c\", <<1>>) REMOVE \"d\"[1] \
             WHERE \"k\" = 'x' RETURNING MODIFIED NEW *",
        ),
        ("from t where k = 1 set a = 2", "UPDATE \"t\" SET \"a\" = 2 WHERE \"k\" = 1"),
        (
            "DELETE FROM t WHERE k=1 RETURNING ALL OLD *",
            "DELETE FROM \"t\" WHERE \"k\" = 1 RETURNING ALL OLD *",
        ),
        (
            "EXISTS(SELECT * FROM t WHERE k=1 AND a=2)",
            "EXISTS(SELECT * FROM \"t\" WHERE (\"k\" = 1) AND (\"a\" = 2))",
        ),
        ("SELECT * FROM t WHERE NOT a = 1 = true", "SELECT * FROM \"t\" WHERE NOT ((\"a\" = 1) = true)"),
        ("SELECT * FROM t WHERE a < b + 1 + 2", "SELECT * FROM \"t\" WHERE \"a\" < ((\"b\" + 1) + 2)"),
    ] {
        let expected = expected.replace("WHERE \"a\" = ? AND", "WHERE (\"a\" = ?) AND");
        let expected = expected.replace("(\"b\" <> 'it''s' OR", "((\"b\" <> 'it''s') OR");
        assert_eq!(printed(text), expected, "{text}");
        assert_eq!(printed(&expected), expected, "{text}");
    }
    assert_eq!(parse("SELECT * FROM t WHERE a = ? AND b IN [?, ?]").unwrap().1, 3);
}

#[test]
fn what_is_no_statement_is_refused_as_by_dynamodb() {
    for (text, expected) in [
        ("SELECTT * FROMM t", "Expected data manipulation"),
        ("UPDATE Payment-dev SET a = 1 WHERE b = 2", "Expected data manipulation"),
        ("SELECT * FROM t WHERE pk = 1 foo", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE pk = 1 e5", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE pk = 1)", "Unexpected token after expression"),
        ("SELECT * FROM t ORDER BY pk WHERE pk = 1", "Unexpected token after expression"),
        ("INSERT INTO t VALUE {'pk': 1} foo", "Unexpected token after expression"),
        ("INSERT INTO t a VALUE {'pk': 1}", "Unexpected token after expression"),
        ("DELETE FROM t WHERE pk = 1 ORDER BY pk", "Unexpected token after expression"),
        ("FROM t SET c = 1 WHERE pk = 1", "Unexpected token after expression"),
        ("SELECT * FROM t WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE;", "Unexpected term"),
        ("UPDATE t SET a = 1 WHERE", "Unexpected term"),
        ("SELECT * FROM t WHERE NOT", "Unexpected term"),
        ("SELECT * FROM t WHERE (", "Unexpected term"),
        ("SELECT * FROM", "Unexpected term"),
        ("SELECT * FROM t WHERE a = 1 AND", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE a = 1 OR", "Missing right-hand side expression of infix operator"),
        ("SELECT * FROM t WHERE ORDER BY a", "Unexpected keyword"),
        ("SELECT * FROM t WHERE user = 1", "Unexpected keyword"),
        ("SELECT * FROM t WHERE IS NULL", "Unexpected operator"),
        ("SELECT * FROM t WHERE a = LIKE", "Unexpected operator"),
        ("SELECT * FROM t WHERE a IS FOO", "Expected type name"),
        ("DELETE FROM", "Expected identifier for simple path"),
        ("DELETE FROM;", "Expected identifier for simple path"),
        ("DELETE FROM WHERE a = 1", "Expected identifier for simple path"),
        ("SELECT * FROM t WHERE attribute_exists(m.inner)", "Invalid path dot component"),
        ("SELECT * FROM t WHERE pk = 1 # note", ""),
    ] {
        assert_eq!(detail(text), expected, "{text}");
    }
}

#[test]
fn what_dynamodb_lacks_is_refused_in_its_words() {
    for (text, expected) in [
        ("SELECT * FROM t a WHERE pk = 1", "Aliasing is not supported"),
        ("SELECT * FROM t AS a WHERE pk = 1", "Aliasing is not supported"),
        ("UPDATE t a SET b = 1 WHERE pk = 1", "Aliasing is not supported"),
        ("DELETE FROM t a WHERE pk = 1", "Aliasing is not supported"),
        ("SELECT a AS b FROM t", "Aliasing is not supported"),
        ("SELECT * FROM a, b", "Only select from a single table or index is supported."),
        ("SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"),
        ("SELECT * FROM a.\"\"", "Path component cannot be an empty string"),
        ("SELECT attribute_exists(a) FROM t", "Unexpected path component at 1:8:16"),
        ("SELECT COUNT(*) FROM t", "Unexpected path component at 1:8:5"),
        ("SELECT l[-1] FROM t", "List index is not within the allowable range; index: [-1] at 1:11:1"),
        (
            "SELECT l[2147483648] FROM t",
            "List index is not within the allowable range; index: [2147483648] at 1:10:10",
        ),
        ("SELECT * FROM t LIMIT 5", "Unsupported clause: LIMIT at 1:17:5"),
        ("INSERT INTO t VALUE {'a': 1} RETURNING ALL OLD *", "RETURNING is not supported in INSERT"),
        (
            "INSERT INTO t.i VALUE {'a': 1}",
            "FROM clause may only contain a single table name in data manipulation statements",
        ),
        (
            "DELETE FROM t WHERE a = 1 RETURNING MODIFIED OLD *",
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
        ),
    ] {
        assert_eq!(problem(text), expected, "{text}");
    }
    assert_eq!(printed("SELECT l[-0] FROM t"), "SELECT \"l\"[0] FROM \"t\"");
}

#[test]
fn depth_is_bounded_and_length_is_not() {
    for (open, close) in [("(", ")"), ("[", "]"), ("NOT ", ""), ("f(", ")"), ("{'a':", "}"), ("- a = ", "")] {
        let text = format!("SELECT * FROM t WHERE {}1{}", open.repeat(1000), close.repeat(1000));
        assert!(parse(&text).is_err());
    }
    assert!(parse(&format!("SELECT * FROM t WHERE a{}", " = a".repeat(2000))).is_err());
    assert!(parse(&format!("UPDATE t SET a = 1{} WHERE a = 1", " + 1".repeat(2000))).is_err());
    assert!(parse(&format!("SELECT * FROM t WHERE a = 1{}", " AND a = 1".repeat(2000))).is_ok());
    assert!(parse(&format!("SELECT * FROM t WHERE a = 1{}", " OR a = 1".repeat(2000))).is_ok());
    let deepest = format!("UPDATE t SET a = {}1{} WHERE a = 1", "{'a':".repeat(40), "}".repeat(40));
    assert!(parse(&deepest).is_ok());
}

/// Expressions as texts, so that only what can be written is printed.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("\"b \"\"c\".d[3]".to_owned()),
        "'[a-z'\"]{0,3}'"
            .prop_map(|text: String| { format!("'{}'", text[1..text.len() - 1].replace('\'', "''")) }),
        Just("-1.5e3".to_owned()),
        Just("?".to_owned()),
        Just("NULL".to_owned()),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let two = || (inner.clone(), inner.clone());
        prop_oneof![
            (two(), prop::sample::select(vec!["AND", "OR", "=", "<>", "<", ">=", "+", "-", "IN", "||"]))
                .prop_map(|((left, right), operator)| format!("{left} {operator} ({right})")),
            two().prop_map(|(tested, bound)| format!("({tested}) BETWEEN ({bound}) AND ({bound})")),
            inner.clone().prop_map(|inner| format!("NOT ({inner})")),
            inner.clone().prop_map(|inner| format!("({inner}) IS NOT MISSING")),
            two().prop_map(|(one, two)| format!("[({one}), ({two})]")),
            two().prop_map(|(one, two)| format!("{{'k': ({one}), 'l': f(({two}))}}")),
        ]
    })
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in any::<String>()) {
        drop(parse(&text));
    }

    #[test]
    fn no_words_are_too_strange(words in prop::collection::vec(prop::sample::select(vec![
        "SELECT", "FROM", "WHERE", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE", "DELETE", "RETURNING", "ALL", "OLD",
        "EXISTS", "NOT", "AND", "OR", "IN", "IS", "BETWEEN", "MISSING", "NULL", "ORDER", "BY", "a", "\"b\"", "'c'", "1", "?",
        "(", ")", "[", "]", "{", "}", "<<", ">>", ",", ".", ":", "=", "<", "+", "-", "*", ";",
    ]), 0..24)) {
        drop(parse(&words.join(" ")));
    }

    #[test]
    fn printed_statements_are_read_again(filter in expression(), value in expression()) {
        let Ok((statement, count)) = parse(&format!("UPDATE t SET a.b = {value} REMOVE c WHERE {filter}")) else {
            return Ok(());
        };
        let text = statement.to_string();
        let (again, again_count) = parse(&text).unwrap();
        prop_assert_eq!(again.to_string(), text);
        prop_assert_eq!(count, again_count);
    }
}
