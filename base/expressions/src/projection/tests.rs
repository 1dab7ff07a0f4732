//! Projections: which ones are refused, and what they select.

use super::*;
use crate::Names;

fn text(text: &str) -> Value {
    Value::S(text.to_owned())
}

fn map<const N: usize>(entries: [(&str, Value); N]) -> BTreeMap<String, Value> {
    entries.map(|(name, value)| (name.to_owned(), value)).into()
}

fn item() -> Item {
    let list = Value::L(vec![text("l0"), Value::M(map([("x", text("1")), ("y", text("2"))])), text("l2")]);
    map([
        ("pk", text("key")),
        ("m", Value::M(map([("a", text("A")), ("b", text("B")), ("l", list.clone())]))),
        ("l", list),
    ])
}

fn read(expression: &str) -> Result<Projection, crate::Error> {
    let names = [("#m", "m"), ("#b", "b"), ("#dotted", "m.a")];
    let names = names.map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()));
    Names::new(Some(BTreeMap::from(names)), None).unwrap().projection(expression)
}

fn selected(expression: &str) -> Item {
    read(expression).unwrap().project(&item())
}

#[test]
fn selected_parts_keep_their_place() {
    assert_eq!(selected("pk"), map([("pk", text("key"))]));
    assert_eq!(
        selected("#m.#b, pk, m.a"),
        map([("m", Value::M(map([("a", text("A")), ("b", text("B"))]))), ("pk", text("key")),])
    );
    assert_eq!(selected("l[2], l[0]"), map([("l", Value::L(vec![text("l0"), text("l2")]))]));
    assert_eq!(
        selected("m.l[1].y, l[1].x, l[10]"),
        map([
            ("l", Value::L(vec![Value::M(map([("x", text("1"))]))])),
            ("m", Value::M(map([("l", Value::L(vec![Value::M(map([("y", text("2"))]))]))]))),
        ])
    );
}

#[test]
fn paths_that_lead_nowhere_select_nothing() {
    for expression in ["x", "#dotted", "m.x", "m[0]", "l.a", "l[3]", "pk.x", "pk[0]", "l[0].x.y"] {
        assert_eq!(selected(expression), Item::new(), "{expression}");
    }
}

#[test]
fn faults_of_the_expression() {
    let refused = |expression: &str| read(expression).unwrap_err().to_string();
    let clash = |what: &str, one: &str, two: &str| {
        format!(
            "Invalid ProjectionExpression: Two document paths {what} with each other; must remove or rewrite one of \
             these paths; path one: {one}, path two: {two}"
        )
    };
    assert_eq!(refused("m, #m"), clash("overlap", "[m]", "[m]"));
    assert_eq!(refused("pk, m.l[1], m.a.b, m.l"), clash("overlap", "[m, l, [1]]", "[m, l]"));
    assert_eq!(refused("m.a, pk, m[1]"), clash("conflict", "[m, a]", "[m, [1]]"));
    assert_eq!(refused("m[1], m.a, m.b, m.b.c"), clash("overlap", "[m, b]", "[m, b, c]"));
    assert_eq!(
        refused("pk, m.name, #nope"),
        "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name"
    );
    assert_eq!(
        refused("#nope"),
        "Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; \
         attribute name: #nope"
    );
    assert_eq!(refused(""), "Invalid ProjectionExpression: The expression can not be empty;");
}

#[test]
fn attributes_of_an_index() {
    let projection = Projection::of_attributes(["pk", "x", "pk"]);
    assert_eq!(projection.project(&item()), map([("pk", text("key"))]));
    assert_eq!(projection.paths().len(), 2);
}
