//! The grammar: what is refused, and where.

use proptest::prelude::*;

use super::*;

fn condition_problem(text: &str) -> String {
    condition(text).unwrap_err()
}

fn update_problem(text: &str) -> String {
    update(text).err().unwrap()
}

fn syntax(token: &str, near: &str) -> String {
    format!("Syntax error; token: \"{token}\", near: \"{near}\"")
}

#[test]
fn syntax_errors_show_the_token_between_its_neighbours() {
    for (text, token, near) in [
        ("ADD hits : incr", ":", "hits : incr"),
        ("INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"),
        ("SET _123 = :v", "_", "SET _123"),
        ("SET a = :v,", "<EOF>", ","),
        ("SET", "<EOF>", "SET"),
        ("SET a  =", "<EOF>", "="),
        ("SET a = :v, SET b = :v", "SET", ", SET b"),
        ("SET a = :v + :w + :x", "+", ":w + :x"),
        ("SET a[-1] = :v", "-", "[-1"),
        ("SET a = foo()", ")", "()"),
        ("ADD a b", "b", "a b"),
        ("REMOVE a.", "<EOF>", "."),
        (" ", "<EOF>", ""),
        ("SET a = :v é", "é", ":v é"),
    ] {
        assert_eq!(update_problem(text), syntax(token, near), "{text}");
    }
    for (text, token, near) in [
        ("contains (themes, :theme", "<EOF>", ":theme"),
        ("attribute_not_exists(", "<EOF>", "("),
        ("NOT (#a)", "<EOF>", ")"),
        ("#a", "<EOF>", "#a"),
        ("a = :v AND AND b = :v", "AND", "AND AND b"),
        ("foo-bar = :v", "-", "foo-bar"),
        ("a = b = c", "=", "b = c"),
        ("a = :v b = :w", "b", ":v b ="),
        ("(a = :v", "<EOF>", ":v"),
        ("a = :v)", ")", ":v)"),
        ("a BETWEEN :v OR :w", "OR", ":v OR :w"),
        ("a IN :v", ":v", "IN :v"),
        ("a IN ()", ")", "()"),
        ("between = :v", "between", "between ="),
        ("(a = b) = :c", "=", ") = :c"),
        ("(a AND b = :v)", "AND", "a AND b"),
    ] {
        assert_eq!(condition_problem(text), syntax(token, near), "{text}");
    }
    assert_eq!(projection("a, ,b").unwrap_err(), syntax(",", ", ,b"));
    assert_eq!(projection("a b").unwrap_err(), syntax("b", "a b"));
    assert_eq!(projection(":a").unwrap_err(), syntax(":a", ":a"));
}

#[test]
fn keywords_are_taken_in_any_case_and_words_that_begin_like_them_are_names() {
    for text in [
        "a = :v and not b = :w Or c between :x aNd :y",
        "a in (:v, b) AND begins_with(inner, :v)",
        "andy = :v OR notes = :w AND order1 <> :x",
        "NOT NOT a = :v",
    ] {
        assert!(condition(text).is_ok(), "{text}");
    }
    for text in
        ["set a = :v remove settings, b.c[2] Add d :v delete e :v", "SET a=:v,#b.c=if_not_exists(a,:v)+:w"]
    {
        assert!(update(text).is_ok(), "{text}");
    }
}

#[test]
fn and_binds_closer_than_or() {
    let joined = |text: &str| format!("{:?}", condition(text).unwrap());
    assert_eq!(joined("a=:v OR b=:v AND c=:v"), joined("a=:v OR (b=:v AND c=:v)"));
    assert_ne!(joined("a=:v OR b=:v AND c=:v"), joined("(a=:v OR b=:v) AND c=:v"));
    assert_eq!(joined("NOT a=:v AND b=:v"), joined("(NOT a=:v) AND b=:v"));
    assert_eq!(joined("(size(a)) < (b)"), joined("size(a) < b"));
    assert_eq!(joined("(a).b[1] = :v"), joined("a.b[1] = :v"));
}

#[test]
fn doubled_parentheses_are_redundant() {
    for text in
        ["((a = :v))", "((a)) = :v", "a = ((:v))", "((a = :v) ) AND b = :v", "(((a = :v) AND b = :v))"]
    {
        assert_eq!(condition_problem(text), "The expression has redundant parentheses;", "{text}");
    }
    for text in
        ["(a = :v)", "((a = :v) AND (b = :v))", "((a) = :v)", "(NOT (a = :v))", "(begins_with((a), :v))"]
    {
        assert!(condition(text).is_ok(), "{text}");
    }
    assert!(update("SET a = ((b)), c = ((d) + (:e)), f = (g) - (:h)").is_ok());
}

#[test]
fn limits_are_kept() {
    assert_eq!(condition_problem(""), "The expression can not be empty;");
    let long = format!("REMOVE {}", "a".repeat(4090));
    assert_eq!(
        update_problem(&long),
        "Expression size has exceeded the maximum allowed size; expression size: 4097"
    );
    assert!(update(&long[..4096]).is_ok());

    let operators = |count: usize| vec!["a=b"; count].join(" OR ");
    assert!(condition(&operators(150)).is_ok());
    assert_eq!(
        condition_problem(&operators(151)),
        "The expression contains too many operators; operator count: 301"
    );

    let deep = |steps: usize| format!("a{}", ".a".repeat(steps - 1));
    assert!(projection(&deep(32)).is_ok());
    assert_eq!(
        projection(&deep(33)).unwrap_err(),
        "The document path has too many nesting levels; nesting levels: 33"
    );
    assert_eq!(
        projection("a[99999999999999999999]").unwrap_err(),
        "List index is not within the allowable range; index: [99999999999999999999]"
    );
}

#[test]
fn nesting_has_an_end() {
    for opening in ["(", "NOT ", "NOT(", "size(", "a = (", "(a = b AND "] {
        let text = opening.repeat(4000 / opening.len());
        assert!(condition(&text).is_err(), "{opening}");
    }
    assert!(update(&format!("SET a = {}", "(".repeat(4000))).is_err());
    assert!(update(&format!("SET a = {}", "f(".repeat(2000))).is_err());
    let chain = |levels: usize, rest: &str| format!("{}a=:v{}", "(".repeat(levels), rest.repeat(levels));
    assert!(condition(&chain(120, " AND b=:v)")).is_ok());
    assert!(condition(&chain(120, " OR b=:v)")).is_ok());
    assert!(condition(&chain(10, " OR b=:v) AND c=:v")).is_ok());
    let problem = condition_problem(&chain(60, " OR b=:v) AND c=:v"));
    assert!(problem.starts_with("The expression is nested too deeply; nesting levels: 66"), "{problem}");
}

/// What expressions are made of, and what they are not.
const PIECES: [&str; 29] = [
    "a",
    "b.c",
    "#n",
    ":v",
    "(",
    ")",
    "[",
    "]",
    "0",
    ",",
    ".",
    "=",
    "<>",
    "<",
    "+",
    "-",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "SET",
    "REMOVE",
    "ADD",
    "DELETE",
    "size",
    "begins_with",
    "_",
    "é",
];

/// Texts made of what expressions are made of, most of which are none.
fn scrambled() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&PIECES[..]), 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in prop_oneof![any::<String>(), scrambled()]) {
        let _ = condition(&text);
        let _ = update(&text);
        let _ = projection(&text);
    }
}
