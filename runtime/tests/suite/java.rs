//! Handlers in Java. Who has no compiler has no such functions, and these tests say so.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cloudlet_runtime::{FunctionSpec, Isolation, RuntimeKind};
use serde_json::{Value, json};

use crate::bench::{Bench, full_invocation, json as document};

const JAVA: RuntimeKind = RuntimeKind::Java { major: 17 };

/// The package `example`, compiled against the classes that the runtime brings.
async fn compiled(bench: &Bench) -> PathBuf {
    bench.runtime.check(JAVA).await.unwrap();
    let code = bench.folder("java");
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/java");
    let sources =
        ["example", "events"].into_iter().flat_map(|folder| fs::read_dir(tests.join(folder)).unwrap());
    let mut compiler = Command::new("javac");
    compiler.args(["-J-XX:TieredStopAtLevel=1", "-proc:none", "--release", "11", "-cp"]);
    compiler.arg(bench.folder("runtime/bootstraps/java")).arg("-d").arg(&code);
    compiler.args(sources.map(|source| source.unwrap().path()));
    assert!(compiler.status().unwrap().success());
    code
}

fn function(bench: &Bench, code: &Path, handler: &str) -> FunctionSpec {
    let key = handler.replace("::", "-");
    FunctionSpec { code_dir: code.to_owned(), handler: handler.to_owned(), ..bench.empty(&key, JAVA) }
}

#[tokio::test]
async fn handlers_of_all_forms_answer() {
    let bench = Bench::new();
    let code = compiled(&bench).await;
    let cases = [
        ("example.Forms::count", json!({}), json!(1)),
        ("example.Forms::fixed", json!("Zoë"), json!("hello Zoë")),
        ("example.Forms::map", json!({"a": [1, 2.5, null, {"b": "\u{1}\"\\"}]}), Value::Null),
        ("example.Forms::sum", json!([1, 2, 39]), json!(42)),
        ("example.Forms::half", json!(5), json!(2.5)),
        ("example.Forms::nothing", json!({"any": 1}), Value::Null),
        ("example.Forms::told", json!({}), json!("example.Forms-told")),
        ("example.Forms::drain", json!({}), Value::Null),
        ("example.Forms::chosen", json!("x"), json!("the one with a context")),
        (
            "example.Forms::messages",
            json!({"Records": [{"eventSourceARN": "arn:q", "body": "b", "attributes": {"SentTimestamp": "7"}}]}),
            json!(["arn:q", "b", "7"]),
        ),
        ("example.Typed", json!({"name": "four", "other": 1}), json!({"four": 4})),
        ("example.Typed::handleRequest", json!({"name": "four"}), json!({"four": 4})),
        ("example.Streams", json!({"as": "it is"}), json!({"as": "it is"})),
    ];
    for (handler, event, expected) in cases {
        let spec = function(&bench, &code, handler);
        let expected = match handler {
            "example.Forms::map" => {
                let mut seen = event.clone();
                seen["seen"] = json!(true);
                seen
            }
            _ => expected,
        };
        assert_eq!(bench.answer(&spec, event).await, expected, "{handler}");
    }
    let outcome = bench.invoke(&function(&bench, &code, "example.Forms::bytes"), json!([1])).await;
    assert_eq!(outcome.payload, "<[1]>$LATEST");
}

#[tokio::test]
async fn beans_are_read_and_written() {
    let bench = Bench::new();
    let code = compiled(&bench).await;
    let spec = function(&bench, &code, "example.Forms::order");
    let event = json!({
        "id": "o-1", "state": "OPEN", "gift": true, "unknown": {"ignored": 1}, "note": null, "seal": "AQID",
        "lines": [{"name": "tea", "price": 3}, {"name": "cup", "price": 4}],
        "byName": {"tea": {"name": "tea", "price": 3}},
        "made": "2026-01-02T03:04:05Z",
    });
    let expected = json!({
        "id": "o-1", "state": "OPEN", "gift": true, "total": 7, "seal": "AQID",
        "lines": [{"name": "tea", "price": 3}, {"name": "cup", "price": 4}],
        "byName": {"tea": {"name": "tea", "price": 3}},
        "made": 1_767_323_045.0,
    });
    assert_eq!(bench.answer(&spec, event.clone()).await, expected);
    let first = bench.invoke(&spec, event.clone()).await;
    assert_eq!(bench.invoke(&spec, event).await.environment_id, first.environment_id);
}

#[tokio::test]
async fn the_context_and_the_log_tell() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = compiled(&bench).await;
        let spec = function(&bench, &code, "example.Told");
        let call = full_invocation();
        let outcome = bench.runtime.invoke(&spec, call.clone()).await.unwrap();
        let expected = json!({
            "request": call.request_id,
            "arn": call.function_arn,
            "memory": 256,
            "group": "/aws/lambda/example.Told",
            "inTime": true,
            "custom": {"who": "Zoë"},
            "identity": "i-1",
            "trace": "Root=1-2-3",
            "environment": "AWS_Lambda_java17",
        });
        assert_eq!(document(&outcome), expected);
        let lines = bench.lines.texts();
        for line in ["by the context\rin two lines", "[WARN] of a level", "printed, Zoë"] {
            assert!(lines.iter().any(|known| known == line), "{line}: {lines:?}");
        }
    }
}

#[tokio::test]
async fn failures_are_told_as_aws_tells_them() {
    let bench = Bench::new();
    let code = compiled(&bench).await;
    let cases = [
        ("no.Such::run", json!({}), "java.lang.ClassNotFoundException", "Class not found: no.Such"),
        (
            "example.Broken$Unmade::run",
            json!({}),
            "java.lang.ExceptionInInitializerError",
            "Error loading class example.Broken$Unmade",
        ),
        (
            "example.Broken$Choosy::run",
            json!({}),
            "java.lang.Exception",
            "Class example.Broken$Choosy has no public zero-argument constructor",
        ),
        (
            "example.Broken::number",
            json!({}),
            "java.lang.RuntimeException",
            "An error occurred during JSON parsing",
        ),
        (
            "example.Broken::circle",
            json!({}),
            "java.lang.RuntimeException",
            "An error occurred during JSON serialization of response",
        ),
    ];
    for (handler, event, kind, message) in cases {
        let error = bench.failure(&function(&bench, &code, handler), event).await;
        assert_eq!(
            (&error["errorType"], &error["errorMessage"]),
            (&json!(kind), &json!(message)),
            "{handler}"
        );
    }
    for name in ["hidden", "absent", "odd"] {
        let error =
            bench.failure(&function(&bench, &code, &format!("example.Broken::{name}")), json!({})).await;
        let message = format!(
            "No public method named {name} with appropriate method signature found on class example.Broken"
        );
        assert_eq!(error["errorMessage"], message);
    }
    let error = bench.failure(&function(&bench, &code, "example.Broken"), json!({})).await;
    let message = "Class does not implement an appropriate handler interface: example.Broken";
    assert_eq!(error["errorMessage"], message);
}

#[tokio::test]
async fn what_is_thrown_becomes_the_error_document_and_the_environment_lives_on() {
    let bench = Bench::new();
    let code = compiled(&bench).await;
    let spec = function(&bench, &code, "example.Broken::raise");
    let first = bench.invoke(&spec, json!({"what": "luck"})).await;
    let error = document(&first);
    assert_eq!(error["errorType"], "example.Broken$Refused");
    assert_eq!(error["errorMessage"], "no luck");
    let trace = error["stackTrace"].to_string();
    assert!(trace.contains("example.Broken.raise(Broken.java:") && !trace.contains("cloudlet"), "{trace}");
    let logged = bench.lines.texts().join("\n");
    let cause = "no luck: example.Broken$Refused\rexample.Broken$Refused: no luck\r\tat example.Broken.raise";
    assert!(
        logged.contains(cause) && logged.contains("Caused by: java.lang.IllegalArgumentException"),
        "{logged}"
    );
    assert_eq!(bench.invoke(&spec, json!({})).await.environment_id, first.environment_id);
}

#[tokio::test]
async fn functions_that_end_or_hoard_are_reported() {
    let bench = Bench::new();
    let code = compiled(&bench).await;
    let error = bench.failure(&function(&bench, &code, "example.Broken::end"), json!(3)).await;
    assert_eq!(error["errorType"], "Runtime.ExitError");
    // What the heap may have leaves room for the rest of the machine.
    let spec = FunctionSpec { memory_mb: 512, ..function(&bench, &code, "example.Broken::hoard") };
    let error = bench.failure(&spec, json!(1000)).await;
    assert_eq!(error["errorType"], "java.lang.OutOfMemoryError");
}

#[tokio::test]
async fn libraries_are_found_in_the_package_and_in_layers() {
    let bench = Bench::new();
    let classes = compiled(&bench).await;
    let jar = |at: &Path| {
        fs::create_dir_all(at.parent().unwrap()).unwrap();
        let packed = Command::new("jar").arg("cf").arg(at).arg("-C").arg(&classes).arg(".").status();
        assert!(packed.unwrap().success());
    };
    let (code, layers) = (bench.folder("packaged"), bench.folder("layers"));
    jar(&code.join("lib/example.jar"));
    jar(&layers.join("java/lib/example.jar"));
    let spec = function(&bench, &code, "example.Forms::count");
    assert_eq!(bench.answer(&spec, json!({})).await, 1);
    let code_dir = bench.folder("none");
    let spec = FunctionSpec { code_dir, opt_dir: Some(layers), key: "layered".to_owned(), ..spec };
    assert_eq!(bench.answer(&spec, json!({})).await, 1);
}
