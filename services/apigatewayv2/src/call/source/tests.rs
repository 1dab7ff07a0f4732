//! Expressions: what they are, and that whatever else is refused.

use proptest::prelude::*;

use super::*;
use crate::call::mapping::Step as Change;
use crate::pattern::Pattern;
use crate::socket::select::{Selection, is_key};

#[test]
fn expressions_are_read() {
    let header = Source::Header("x-a".into());
    assert_eq!(Source::parse("$request.header.X-A"), Some(header.clone()));
    assert_eq!(Source::parse("$request.path"), Some(Source::WholePath));
    let steps = vec![Step::Name("a".into()), Step::Index(0), Step::Name("b".into())];
    assert_eq!(Source::parse("$request.body.a[0].b"), Some(Source::Body(steps.clone())));
    assert_eq!(Source::parse("$response.body.a[0].b"), Some(Source::ResponseBody(steps)));
    assert_eq!(Source::parse("$context.authorizer.sub"), Some(Source::Context("authorizer.sub".into())));
    for none in [
        "",
        "$",
        "$request",
        "$request.header",
        "$request.cookie.a",
        "$response.path",
        "request.header.a",
        "$request.body..a",
        "$request.body.a[x]",
        "$request.body.a[*]",
    ] {
        assert_eq!(Source::parse(none), None, "{none}");
    }
    let parsed = Template::parse("a-${request.header.x-a}-b").unwrap();
    let text = |text: &str| Piece::Text(text.into());
    assert_eq!(parsed, Template(vec![text("a-"), Piece::Source(header), text("-b")]));
    assert!(Template::parse("$nothing.here").is_err());
    assert!(Template::parse("a${request.header.a").is_err());
}

#[test]
fn bodies_are_searched() {
    let found = |body: &str, path: &str| within(body.as_bytes(), &steps(path).unwrap());
    assert_eq!(found(r#"{"a":[{"b":"c"}]}"#, "a[0].b"), Some("c".into()));
    assert_eq!(found(r#"{"a":[{"b":"c"}]}"#, "a"), Some(r#"[{"b":"c"}]"#.into()));
    assert_eq!(found(r#"{"a":null}"#, "a"), None);
    assert_eq!(found("no json", "a"), None);
}

/// Texts made of the pieces of all kinds of expressions, in any order, and of anything.
fn expression() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "$",
        "${",
        "}",
        "{",
        ".",
        "request",
        "response",
        "context",
        "stageVariables",
        "header",
        "querystring",
        "path",
        "body",
        "a",
        "[",
        "0]",
        "]",
        "'",
        "\\",
        "/",
        "(",
        "*",
        "append:",
        "overwrite:",
        "remove:",
        "statuscode",
        "route",
        "integration",
        "$default",
        " ",
        "GET /",
        "+}",
        "ü",
        "\u{0}",
    ]);
    prop_oneof![prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()), any::<String>()]
}

proptest! {
    #[test]
    fn any_text_is_an_expression_or_none(text in expression(), other in expression(), body in expression()) {
        let source = Source::parse(&text);
        prop_assert!(source.is_none() || text.starts_with('$'));
        let _ = Template::parse(&text);
        let _ = Change::of_request(&text, &other);
        let _ = Change::of_response(&text, &other);
        let _ = Selection::parse(&text);
        let _ = Pattern::parse(&text);
        let _ = is_key(&text);
        if let Some(steps) = steps(&text) {
            let _ = within(body.as_bytes(), &steps);
        }
    }
}
