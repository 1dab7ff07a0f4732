//! JSONPath, as the language uses it: `$` is data, `$$` the context, `$name` a variable.
//!
//! A path that names one place is followed here, by name and index. Whatever searches (wildcards, slices, filters, descendants)
//! goes to `serde_json_path`. AWS's dialect has more letters in names than RFC 9535 and functions at the end of a path, so both are
//! read here. Never changes a document: `reference` does.

mod function;
pub(crate) mod reference;
pub(crate) mod segment;

use std::borrow::Cow;

use serde_json::Value;
use serde_json_path::JsonPath;

use self::function::Function;
use self::segment::Segment;
use crate::failure::Failure;
use crate::scope::Scope;

/// In how many ways a search may come to one place: `$..*..*` has a square of the depth, and each further one multiplies it.
const WAYS_MAX: usize = 10_000;

/// A path that was read.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    text: Box<str>,
    root: Root,
    query: Query,
    function: Option<Function>,
}

/// What a path begins at.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Root {
    Data,
    Context,
    Variable(Box<str>),
}

#[derive(Clone, Debug)]
enum Query {
    /// One place.
    Steps(Vec<Step>),
    /// All places that are found.
    Search(Box<JsonPath>),
}

/// A step to one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Name(String),
    Index(i64),
}

impl Path {
    /// Reads a path.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (root, rest) = root(text).ok_or("Paths must begin with '$'.")?;
        let mut segments = segment::read(rest)?;
        let function = match segments.last() {
            Some(Segment::Function(name)) => {
                let function =
                    Function::named(name).ok_or_else(|| format!("There is no function '{name}'."))?;
                segments.pop();
                Some(function)
            }
            _ => None,
        };
        let query = query(&segments)?;
        Ok(Path { text: text.into(), root, query, function })
    }

    /// The path that is the whole of the data.
    pub(crate) fn whole() -> Self {
        Path { text: "$".into(), root: Root::Data, query: Query::Steps(Vec::new()), function: None }
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The steps, where it names one place of the data.
    pub(crate) fn reference(&self) -> Option<&[Step]> {
        match (&self.root, &self.query, &self.function) {
            (Root::Data, Query::Steps(steps), None) => Some(steps),
            _ => None,
        }
    }

    /// What it finds: nothing where its one place is not there. What is found by searching is copied.
    pub(crate) fn find<'a>(
        &self,
        scope: &'a Scope<'_>,
        data: &'a Value,
    ) -> Result<Option<Cow<'a, Value>>, Failure> {
        let root = match &self.root {
            Root::Data => data,
            Root::Context => &scope.context,
            Root::Variable(name) => match scope.variable(name) {
                Some(value) => value,
                None => return Ok(None),
            },
        };
        let found = match &self.query {
            Query::Steps(steps) => match follow(root, steps) {
                Some(found) => Cow::Borrowed(found),
                None => return Ok(None),
            },
            Query::Search(path) => {
                let found = path.query(root).all().into_iter();
                let copy = |value: &Value| scope.copied(value).map(|()| value.clone());
                Cow::Owned(Value::Array(found.map(copy).collect::<Result<_, _>>()?))
            }
        };
        Ok(match &self.function {
            None => Some(found),
            Some(function) => function.apply(&found).map(Cow::Owned),
        })
    }
}

/// What a path begins at, and the rest of it.
fn root(text: &str) -> Option<(Root, &str)> {
    let rest = text.strip_prefix('$')?;
    if let Some(rest) = rest.strip_prefix('$') {
        return Some((Root::Context, rest));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    Some((if name.is_empty() { Root::Data } else { Root::Variable(name.into()) }, rest))
}

fn query(segments: &[Segment]) -> Result<Query, String> {
    let steps: Option<Vec<Step>> = segments.iter().map(Segment::step).collect();
    if let Some(steps) = steps {
        return Ok(Query::Steps(steps));
    }
    let ways = segments.iter().fold(1_usize, |ways, segment| ways.saturating_mul(segment.ways()));
    if ways > WAYS_MAX {
        return Err("The path is too complex.".into());
    }
    let mut text = String::from("$");
    for segment in segments {
        segment.write(&mut text)?;
    }
    let path = JsonPath::parse(&text).map_err(|error| error.to_string())?;
    Ok(Query::Search(Box::new(path)))
}

fn follow<'a>(mut value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    for step in steps {
        value = match step {
            Step::Name(name) => value.as_object()?.get(name)?,
            Step::Index(index) => {
                let items = value.as_array()?;
                items.get(position(*index, items.len())?)?
            }
        };
    }
    Some(value)
}

/// Where an index, which may count from the end, is in a list.
pub(crate) fn position(index: i64, length: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => length.checked_sub(usize::try_from(index.unsigned_abs()).ok()?),
    }
}

#[cfg(test)]
mod suite;
#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scope::tests::with;

    fn find(path: &str) -> Option<Value> {
        let data = json!({
            "a": {"b": [{"c": 1, "d": "x"}, {"c": 2, "d": "y"}, {"c": 3}], "my-key": 5, "é": 6, "": 7},
            "l": [1, 2, 3]
        });
        let path = Path::parse(path).unwrap();
        with(&data, &json!({"w": [9]}), |scope| path.find(scope, &data).unwrap().map(Cow::into_owned))
    }

    #[test]
    fn one_place_is_found_or_not() {
        let cases = [
            ("$.a.b[0].c", Some(json!(1))),
            ("$['a']['my-key']", Some(json!(5))),
            ("$[\"a\"].my-key", Some(json!(5))),
            ("$.a.é", Some(json!(6))),
            ("$.a['']", Some(json!(7))),
            (r"$.a['\u00e9']", Some(json!(6))),
            (r#"$["\u0061"]["my-key"]"#, Some(json!(5))),
            ("$.a[ 'b' ][ -1 ].c", Some(json!(3))),
            ("$.a.b[3]", None),
            ("$.a.b[-4]", None),
            ("$.a.b.c", None),
            ("$.l.a", None),
            ("$$.Execution.Id", Some(json!("x"))),
            ("$v.w[0]", Some(json!(9))),
            ("$w", None),
        ];
        for (path, found) in cases {
            assert_eq!(find(path), found, "{path}");
        }
    }

    #[test]
    fn searches_find_lists() {
        let cases = [
            ("$.a.b[*].c", json!([1, 2, 3])),
            ("$..c", json!([1, 2, 3])),
            ("$.a.b[-1:].c", json!([3])),
            ("$.a.b[:2].c", json!([1, 2])),
            ("$.a.b[0,2].c", json!([1, 3])),
            ("$.a.b[?(@.c==2)].d", json!(["y"])),
            ("$.a.b[?(@.d && @.c > 1)].c", json!([2])),
            ("$.a.b[?(@.d == ']')]", json!([])),
            ("$.l[?(@>1)]", json!([2, 3])),
            ("$.nothing[*]", json!([])),
            ("$v.w[*]", json!([9])),
            ("$.a['my-key','é']", json!([5, 6])),
        ];
        for (path, found) in cases {
            assert_eq!(find(path), Some(found), "{path}");
        }
    }

    #[test]
    fn functions_end_a_path() {
        let cases = [
            ("$.l.length()", json!(3)),
            ("$.a.b[*].c.sum()", json!(6.0)),
            ("$.l.avg()", json!(2.0)),
            ("$.l.min()", json!(1.0)),
            ("$.l.max()", json!(3.0)),
            ("$.l.first()", json!(1)),
            ("$.l.last()", json!(3)),
            ("$.a.keys()", json!(["b", "my-key", "é", ""])),
        ];
        for (path, found) in cases {
            assert_eq!(find(path), Some(found), "{path}");
        }
        assert_eq!(find("$.a.my-key.length()"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for path in [
            "",
            "a",
            "$.",
            "$.a[",
            "$[?(@.a =~ /x/)]",
            "$.a.nothing()",
            "$.a.length().b",
            "$[']",
            r"$['\u12']",
            "$..",
            "$.a b c[??]",
            "$..*..*..*",
            "$[*,*][*,*][?(@..a)][?(@..b)]",
        ] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
