//! The compliance suite of JSONPath (RFC 9535), as far as AWS's dialect is the same.

use std::fs;

use serde_json::Value;

use super::*;
use crate::scope::tests::with;
use crate::suites::{self, Tally};

#[test]
fn the_compliance_suite_of_jsonpath_passes_as_before() {
    let Some(folder) = suites::folder("jsonpath") else { return };
    let text = fs::read_to_string(folder.join("cts.json")).unwrap();
    let suite: Value = serde_json::from_str(&text).unwrap();
    let mut tally = Tally::of("jsonpath");
    for case in suite["tests"].as_array().unwrap() {
        tally.run(case["name"].as_str().unwrap(), || run(case));
    }
    tally.end();
}

fn run(case: &Value) -> Result<(), String> {
    let selector = case["selector"].as_str().unwrap();
    let path = Path::parse(selector);
    if case["invalid_selector"] == true {
        return path.map_or(Ok(()), |_| Err(format!("{selector} is taken")));
    }
    let path = path.map_err(|why| format!("{selector} is refused: {why}"))?;
    let found = found(&path, &case["document"]);
    let expected = match &case["result"] {
        Value::Null => case["results"].as_array().unwrap().clone(),
        result => vec![result.clone()],
    };
    if expected.contains(&found) { Ok(()) } else { Err(format!("{selector} finds {found}")) }
}

/// What a path finds, as a list of nodes: the one place that a path names is its value on AWS.
fn found(path: &Path, document: &Value) -> Value {
    let found =
        with(document, &Value::Null, |scope| path.find(scope, document).unwrap().map(Cow::into_owned));
    match (&path.query, found) {
        (Query::Search(_), Some(found)) if path.function.is_none() => found,
        (_, found) => found.into_iter().collect(),
    }
}
