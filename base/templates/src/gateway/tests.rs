//! What AWS's documentation shows of mapping templates, with data and words of our own, and what is known of `$input`.

use serde_json::json;

use super::{Failure, Rendered, Variables, render};
use crate::{Limits, Template};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn with(template: &str, variables: &Variables<'_>) -> Result<Rendered, Failure> {
    render(&Template::parse(template).unwrap(), variables, Limits::default())
}

/// What a template makes of a body.
fn of(body: &str, template: &str) -> String {
    with(template, &Variables { body: body.as_bytes(), ..Variables::default() }).unwrap().text
}

/// The same, read as JSON.
fn json_of(body: &str, template: &str) -> serde_json::Value {
    let text = of(body, template);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// As in "models and mapping templates": a body is given to a template that rearranges it.
#[test]
fn a_list_in_the_body_is_rearranged() {
    let body = r#"[{"id": 1, "type": "dog", "price": 249.99}, {"id": 2, "type": "cat", "price": 124.5},
        {"id": 3, "type": "fish", "price": 1}]"#;
    let template = r#"#set($inputRoot = $input.path('$'))
[
#foreach($elem in $inputRoot)
  {
    "description" : "Item $elem.id is a $elem.type.",
    "askingPrice" : $elem.price
  }#if($foreach.hasNext),#end

#end
]"#;
    let expected = json!([
        {"description": "Item 1 is a dog.", "askingPrice": 249.99},
        {"description": "Item 2 is a cat.", "askingPrice": 124.5},
        {"description": "Item 3 is a fish.", "askingPrice": 1},
    ]);
    assert_eq!(json_of(body, template), expected);
}

/// As in the photo album: objects in objects, and members with other names.
#[test]
fn a_photo_album_is_flattened() {
    let body = r#"{"photos": {"page": 1, "pages": "12", "photo": [
        {"id": "77", "owner": "ann@b", "title": "Sea \"view\"", "ispublic": 1},
        {"id": "78", "owner": "cy@d", "title": "Hill", "ispublic": 0}]}, "stat": "ok"}"#;
    let template = r#"#set($inputRoot = $input.path('$'))
{ "photos": [
#foreach($elem in $inputRoot.photos.photo)
    { "id": "$elem.id", "title": "$util.escapeJavaScript($elem.title)", "public": $elem.ispublic }#if($foreach.hasNext),#end
#end
  ], "pages": $input.json('$.photos.pages'), "count": $input.path('$.photos.photo').size() }"#;
    let expected = json!({
        "photos": [{"id": "77", "title": "Sea \"view\"", "public": 1}, {"id": "78", "title": "Hill", "public": 0}],
        "pages": "12", "count": 2,
    });
    assert_eq!(json_of(body, template), expected);
}

/// As in the example that passes all parameters on.
#[test]
fn all_parameters_are_passed_on() {
    let template = r##"#set($allParams = $input.params())
{ "body" : $input.json('$'), "stage" : "$context.stage", "caller" : "$!context.identity.caller",
#foreach($type in $allParams.keySet())
  #set($params = $allParams.get($type))
  "$type" : { #foreach($name in $params.keySet())"$name" : "$util.escapeJavaScript($params.get($name))"#if($foreach.hasNext),#end #end }#if($foreach.hasNext),#end
#end
, "vars": { #foreach($key in $stageVariables.keySet())"$key": "$stageVariables.get($key)"#if($foreach.hasNext),#end#end } }"##;
    let (path, querystring) = (pairs(&[("id", "7")]), pairs(&[("q", "a \"b\""), ("page", "2")]));
    let (header, stage_variables) = (pairs(&[("X-Who", "me\n")]), pairs(&[("env", "dev")]));
    let variables = Variables {
        body: br#"{"z": 1, "a": [true, null, 1.5, "e\u0301"]}"#,
        path: &path,
        querystring: &querystring,
        header: &header,
        context: json!({"stage": "dev", "identity": {"sourceIp": "127.0.0.1"}}),
        stage_variables: &stage_variables,
    };
    let text = with(template, &variables).unwrap().text;
    assert!(text.contains(r#"{"z":1,"a":[true,null,1.5,"é"]}"#), "members keep their order: {text}");
    let expected = json!({
        "body": {"z": 1, "a": [true, null, 1.5, "e\u{301}"]}, "stage": "dev", "caller": "",
        "path": {"id": "7"}, "querystring": {"q": "a \"b\"", "page": "2"}, "header": {"X-Who": "me\n"},
        "vars": {"env": "dev"},
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), expected);
}

#[test]
fn parameters_are_looked_for_in_their_order() {
    let (path, querystring) = (pairs(&[("a", "path")]), pairs(&[("a", "query"), ("b", "query")]));
    let header = pairs(&[("b", "header"), ("x-c", "header")]);
    let variables =
        Variables { path: &path, querystring: &querystring, header: &header, ..Variables::default() };
    let template = "$input.params('a') $input.params('b') $input.params('x-c') <$input.params('d')> $input.params().header['x-c'] $input.params().path";
    assert_eq!(with(template, &variables).unwrap().text, "path query header <> header {a=path}");
}

#[test]
fn values_of_the_body_render_as_java_writes_them() {
    let body = r#"{"a": 1, "b": [{"c": 5}, "x"], "d": {"e": null, "f": "g"}, "h": 1e9, "i": null}"#;
    for (template, expected) in [
        ("$input.path('$')", "{a=1, b=[{\"c\":5},\"x\"], d={e=null, f=g}, h=1.0E9, i=null}"),
        ("$input.path('$.b') $input.path('$.b[0]')", "[{\"c\":5},\"x\"] {c=5}"),
        ("$input.path('$').d.f$input.path('$').d['f']$input.path('$.d').get('f')", "ggg"),
        ("$input.json('$.d') $input.json('$.d.f') $input.json('$.a')", "{\"e\":null,\"f\":\"g\"} \"g\" 1"),
        ("$input.json('$.no') <$input.path('$.no')>", "\"\" <>"),
        ("$input.json('$.i') $input.path('$.i') <$!input.path('$.i')>", "null $input.path('$.i') <>"),
        ("$input.body.length() $input.nothing $input.nothing()", "79 $input.nothing $input.nothing()"),
        (
            "#set($d = $input.path('$.d'))#set($d.e = [1, 'z'])$input.json('$.d')",
            "{\"e\":[1,\"z\"],\"f\":\"g\"}",
        ),
    ] {
        assert_eq!(of(body, template), expected, "{template}");
    }
}

#[test]
fn an_empty_body_is_an_empty_object() {
    assert_eq!(of("", "$input.json('$') $input.path('$') $input.body <$input.path('$.a')>"), "{} {} {} <>");
}

#[test]
fn a_body_that_is_no_json_is_the_clients_mistake() {
    for body in ["plain", "{\"a\":", "1 2", &"[".repeat(100_000)] {
        let variables = Variables { body: body.as_bytes(), ..Variables::default() };
        assert_eq!(with("$input.body", &variables).unwrap().text, body);
        let failure = with("$input.json('$')", &variables).unwrap_err();
        assert!(
            matches!(&failure, Failure::Body(why) if why.starts_with("Could not parse request body")),
            "{failure}"
        );
    }
    let failure = with("$input.path('$[')", &Variables::default()).unwrap_err();
    assert!(matches!(failure, Failure::Template(_)));
}

#[test]
fn util_works_on_texts() {
    for (template, expected) in [
        ("$util.escapeJavaScript(\"it's \")$util.escapeJavaScript('\"a/b\\')", r#"it\'s \"a\/b\\"#),
        ("$util.escapeJavaScript(\"it's\").replaceAll(\"\\\\'\", \"'\")", "it's"),
        ("$util.escapeJavaScript('\u{e9}\u{1F600}\u{1}')", r"\u00E9\uD83D\uDE00\u0001"),
        (
            "$util.urlEncode('a b&c=\u{e9}*~') $util.urlDecode('a+b%26%C3%A9')",
            "a+b%26c%3D%C3%A9*%7E a b&\u{e9}",
        ),
        (
            "$util.base64Encode('a\u{e9}b') $util.base64Decode('YcOpYg') $util.base64Decode('YcOpYg==')",
            "YcOpYg== a\u{e9}b a\u{e9}b",
        ),
        ("$util.parseJson('{\"k\": [1, {\"l\": 2}]}').k[1].l", "2"),
        (
            "$util.escapeJavaScript($none) $util.nothing('a')",
            "$util.escapeJavaScript($none) $util.nothing('a')",
        ),
        ("$util.escapeJavaScript(5)", "5"),
    ] {
        assert_eq!(of("{}", template), expected, "{template}");
    }
    for template in ["$util.urlDecode('%4')", "$util.base64Decode('*')", "$util.parseJson('{')"] {
        assert!(matches!(with(template, &Variables::default()), Err(Failure::Template(_))), "{template}");
    }
}

#[test]
fn overrides_are_seen_by_the_caller() {
    let template = r#"#set($context.requestOverride.header.oHeader = "a")#set($context.requestOverride.header.multi = ["b", "c"])
#set($context.requestOverride.path.proxy = $context.path)#set($context.requestOverride.querystring['q-r'] = "s")
#set($context.responseOverride.status = 404)#set($context.responseOverride.header.h = "i")"#;
    let variables = Variables { context: json!({"path": "/p"}), ..Variables::default() };
    let rendered = with(template, &variables).unwrap();
    let request = json!({"header": {"oHeader": "a", "multi": ["b", "c"]}, "path": {"proxy": "/p"}, "querystring": {"q-r": "s"}});
    assert_eq!(rendered.request_override, request);
    assert_eq!(rendered.response_override, json!({"header": {"h": "i"}, "status": 404}));
    let carried = Variables { context: json!({"requestOverride": request}), ..Variables::default() };
    assert_eq!(with("$context.requestOverride.path.proxy", &carried).unwrap().text, "/p");
    assert_eq!(with("$context", &Variables::default()).unwrap().response_override, json!({"header": {}}));
    assert_eq!(with("", &carried).unwrap().response_override, json!(null));
}

#[test]
fn what_is_evaluated_may_mention_anything() {
    let context = json!({"path": "/p"});
    let variables = Variables { context, body: br#"{"a": 1}"#, ..Variables::default() };
    let template =
        r#"#set($d = "$")#set($t = $d + "con" + "text.path " + $d + "in" + "put.json('a')")#evaluate($t)"#;
    assert_eq!(with(template, &variables).unwrap().text, "/p 1");
}

#[test]
fn what_a_template_makes_of_itself_is_not_followed_for_ever() {
    for template in [
        "#set($context.requestOverride.header.x = $context)",
        "#set($r = $input.path('$'))#set($r.r = $r)$input.path('$..*').size()",
        "#set($r = $input.path('$'))#set($r.r = $r)$input.json('$')",
    ] {
        assert!(matches!(with(template, &Variables::default()), Err(Failure::Template(_))), "{template}");
    }
}

#[test]
fn a_large_body_is_read_and_passed_on() {
    let body = format!("[{}1]", "1,".repeat(1 << 20));
    assert_eq!(of(&body, "$input.json('$')").len(), body.len());
    assert_eq!(of(&body, "$input.path('$').size() $input.path('$[-1]')"), format!("{} 1", (1 << 20) + 1));
    let small = Limits { memory_bytes: 100, ..Limits::default() };
    let many = format!("[{}1]", "{},".repeat(1000));
    let variables = Variables { body: many.as_bytes(), ..Variables::default() };
    let template = Template::parse("$input.json('$')$input.path('$[*]')").unwrap();
    let failure = render(&template, &variables, small).unwrap_err();
    assert!(matches!(failure, Failure::Template(_)), "{failure}");
}
