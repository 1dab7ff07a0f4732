//! Methods, each with what Java's would return.

use crate::{Context, Limits, Template};

fn value(expression: &str) -> String {
    let text = format!("#set($one = 1)#set($v = {expression})$v");
    let mut context = Context::new(Limits::default());
    let rendered = Template::parse(&text).and_then(|template| template.render(&mut context));
    rendered.unwrap_or_else(|error| format!("error: {}", error.message()))
}

/// Calls on a receiver, each with what it returns.
fn all(receiver: &str, calls: &[(&str, &str)]) {
    for (call, expected) in calls {
        let text = format!("#set($r = {receiver})#set($one = 1)#set($v = $r.{call})$v");
        let mut context = Context::new(Limits::default());
        let rendered = Template::parse(&text).unwrap().render(&mut context);
        assert_eq!(
            rendered.unwrap_or_else(|error| format!("error: {}", error.message())),
            *expected,
            "{receiver}.{call}"
        );
    }
}

#[test]
fn texts() {
    all(
        "'Hello, World'",
        &[
            ("length()", "12"),
            ("substring(7)", "World"),
            ("substring(0, 5)", "Hello"),
            ("substring(12)", ""),
            ("substring(5, 4)", "error: index 5 to 4 is out of bounds for length 12"),
            ("substring(-1)", "error: index -1 is out of bounds for length 12"),
            ("indexOf('o')", "4"),
            ("indexOf('o', 5)", "8"),
            ("lastIndexOf('o')", "8"),
            ("indexOf('z')", "-1"),
            ("replace('l', 'L')", "HeLLo, WorLd"),
            ("toLowerCase()", "hello, world"),
            ("toUpperCase()", "HELLO, WORLD"),
            ("contains('lo')", "true"),
            ("startsWith('Hell')", "true"),
            ("endsWith('d')", "true"),
            ("equals('Hello, World')", "true"),
            ("equalsIgnoreCase('hello, WORLD')", "true"),
            ("concat('!')", "Hello, World!"),
            ("charAt(4)", "o"),
            ("isEmpty()", "false"),
            ("empty", "false"),
            ("compareTo('Help')", "-4"),
            ("toString()", "Hello, World"),
            ("getBytes()", "error: the method getBytes of String is not built"),
            ("nothing()", "$v"),
            ("length(1)", "$v"),
            ("class", "$v"),
        ],
    );
    all("\"\\u0009 a \"", &[("trim()", "a"), ("isBlank()", "false")]);
    all("'1'", &[("equals(1)", "false")]);
}

#[test]
fn places_count_as_in_java() {
    all(
        "'a\u{1F600}é'",
        &[
            ("length()", "4"),
            ("indexOf('é')", "3"),
            ("substring(3)", "é"),
            ("substring(1, 3)", "\u{1F600}"),
            ("charAt(3)", "é"),
            ("substring(5)", "error: index 5 is out of bounds for length 4"),
        ],
    );
}

#[test]
fn patterns() {
    all(
        "'a1,b22,,c'",
        &[
            ("replaceAll('[0-9]+', '#')", "a#,b#,,c"),
            (r"replaceAll('([a-z])(\d*)', '$2$1')", "1a,22b,,c"),
            (r"replaceAll('(?<l>[a-z])', '${l}\$')", "a$1,b$22,,c$"),
            ("replaceAll('b', '$3')", "error: a replacement names group 3, which is not there"),
            (r"replaceAll('b', '\')", "error: a replacement ends with a backslash"),
            ("replaceFirst(',', ';')", "a1;b22,,c"),
            (r"matches('\w\d,.*')", "true"),
            ("matches('a1')", "false"),
            ("split(',')", "[a1, b22, , c]"),
            ("split(',', 2)", "[a1, b22,,c]"),
            ("split(',').size()", "4"),
            (r"split('\Q,\E')[1]", "b22"),
        ],
    );
    all("'a,b,,'", &[("split(',')", "[a, b]"), ("split(',', -1)", "[a, b, , ]")]);
    all("','", &[("split(',').size()", "0")]);
    all("''", &[("split(',').size()", "1"), (r"matches('^$')", "true")]);
    all("'abc'", &[("split('')", "[a, b, c]"), ("replaceAll('', '-')", "-a-b-c-")]);
    all("'a<b>\"c'", &[(r#"replaceAll('\<|\>|\"', '')"#, "abc")]);
    all("'é_1'", &[(r"replaceAll('\W', '')", "_1"), (r"replaceAll('[\W\d]', '')", "_")]);
}

#[test]
fn lists() {
    all(
        "[3, 1, 'a', 1]",
        &[
            ("size()", "4"),
            ("get(2)", "a"),
            ("get(4)", "error: index 4 is out of bounds for length 4"),
            ("contains(1)", "true"),
            ("contains('1')", "false"),
            ("indexOf(1)", "1"),
            ("lastIndexOf(1)", "3"),
            ("add('b')", "true"),
            ("addAll([5])", "true"),
            ("remove(0)", "3"),
            ("remove('a')", "true"),
            ("remove('z')", "false"),
            ("set(0, 9)", "3"),
            ("isEmpty()", "false"),
            ("subList(1, 3)", "[1, a]"),
            ("containsAll([1, 3])", "true"),
            ("clear()", "$v"),
            ("equals([3, 1, 'a', 1])", "true"),
            ("stream()", "error: the method stream of List is not built"),
            ("size", "$v"),
        ],
    );
    assert_eq!(value("[1].toString()"), "error: ')' was expected, '.' was found");
}

#[test]
fn maps() {
    all(
        "{'a': 1, 'b': [2]}",
        &[
            ("size()", "2"),
            ("get('a')", "1"),
            ("get('z')", "$v"),
            ("put('a', 5)", "1"),
            ("put('z', 5)", "$v"),
            ("containsKey('b')", "true"),
            ("containsValue([2])", "true"),
            ("keySet()", "[a, b]"),
            ("values()", "[1, [2]]"),
            ("entrySet()", "[a=1, b=[2]]"),
            ("remove('a')", "1"),
            ("getOrDefault('z', 'd')", "d"),
            ("putIfAbsent('a', 2)", "1"),
            ("isEmpty()", "false"),
            ("a", "1"),
            ("b[0]", "2"),
        ],
    );
}

#[test]
fn numbers() {
    all(
        "5",
        &[
            ("toString()", "5"),
            ("toString().length()", "1"),
            ("compareTo(7)", "-1"),
            ("equals(5.0)", "false"),
            ("parseInt('-12')", "-12"),
            ("parseInt('x')", "error: no number: \"x\""),
            ("doubleValue()", "5.0"),
            ("valueOf('3')", "3"),
        ],
    );
    all("5.7", &[("intValue()", "5"), ("parseDouble('1.50')", "1.5"), ("longValue()", "5")]);
    all("true", &[("toString()", "true"), ("booleanValue()", "true"), ("equals(true)", "true")]);
}
