//! JSONata's own cases, run by the engine as it is set up here.

use std::cell::{Cell, LazyCell};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};

use super::*;
use crate::chance::Chance;
use crate::scope::COPIED_MAX;
use crate::suites::{self, Tally};

#[test]
fn the_cases_of_jsonata_pass_as_before() {
    let Some(folder) = suites::folder("jsonata") else { return };
    let mut tally = Tally::of("jsonata");
    for file in files(&folder) {
        let group = file.parent().unwrap().file_name().unwrap().to_string_lossy();
        let stem = file.file_stem().unwrap().to_string_lossy();
        let cases = match json_of(&file) {
            Ok(cases) if cases.is_array() => cases,
            Ok(case) => json!([case]),
            Err(why) => {
                tally.run(&format!("{group}/{stem}"), || Err(why));
                continue;
            }
        };
        for (number, case) in cases.as_array().unwrap().iter().enumerate() {
            let name = format!("{group}/{stem}/{number}");
            tally.run(&name, || run(&folder, &file, case));
        }
    }
    tally.end();
}

/// The files of all groups, sorted.
fn files(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: PathBuf| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let groups = ["groups", "skip"].into_iter().flat_map(|kind| inside(folder.join(kind)));
    let files = groups.filter(|group| group.is_dir()).flat_map(inside);
    let mut files: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|kind| kind == "json")).collect();
    files.sort_unstable();
    files
}

fn json_of(file: &Path) -> Result<Value, String> {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).map_err(|error| error.to_string())
}

fn run(folder: &Path, file: &Path, case: &Value) -> Result<(), String> {
    let text = match case["expr"].as_str() {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(file.with_file_name(case["expr-file"].as_str().unwrap())).unwrap(),
    };
    let data = match (case.get("data"), case["dataset"].as_str()) {
        (Some(data), _) => to_engine(data),
        (None, Some(name)) => to_engine(&json_of(&folder.join("datasets").join(format!("{name}.json")))?),
        (None, None) => JValue::Undefined,
    };
    let bindings = case["bindings"].as_object().cloned().unwrap_or_default();
    let given = Expression::parse(&text).and_then(|expression| evaluated(&expression, &data, &bindings));
    compare(case, given).map_err(|why| format!("{text:?}: {why}"))
}

fn evaluated(
    expression: &Expression,
    data: &JValue,
    bindings: &Map<String, Value>,
) -> Result<Option<Value>, String> {
    let chance = Chance::new(1);
    let scope = Scope {
        input: &Value::Null,
        context: LazyCell::new(Box::new(|| Value::Null) as Box<dyn FnOnce() -> Value>),
        variables: vec![bindings],
        chance: &chance,
        now_ms: 1_700_000_000_000,
        budget: Cell::new(COPIED_MAX),
    };
    expression.evaluate_on(data, &scope, Subject::data(&Value::Null))
}

fn compare(case: &Value, given: Result<Option<Value>, String>) -> Result<(), String> {
    let code = case["code"].as_str().or(case["error"]["code"].as_str());
    let is_limited = case.get("timelimit").is_some() || case.get("depth").is_some();
    match (given, code) {
        (Err(why), Some(code)) if why.contains(code) || is_limited => Ok(()),
        (given, Some(code)) => Err(format!("{given:?} instead of {code}")),
        (Ok(None), None) if case["undefinedResult"] == true => Ok(()),
        (Ok(Some(given)), None) if is_expected(case, &given) => Ok(()),
        (given, None) => Err(format!("{given:?} instead of {}", case["result"])),
    }
}

fn is_expected(case: &Value, given: &Value) -> bool {
    let Some(expected) = case.get("result") else { return false };
    match (case["unordered"] == true, expected, given) {
        (true, Value::Array(expected), Value::Array(given)) => {
            expected.len() == given.len() && expected.iter().all(|one| given.contains(one))
        }
        _ => is_same(expected, given),
    }
}

/// Whether values are the same, as numbers of JavaScript are.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-14
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, one)| other.get(name).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}
