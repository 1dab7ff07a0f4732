//! A compiled program as a custom runtime, and the Runtime API as it meets it.

use cloudlet_runtime::{Error, Isolation, PAYLOAD_BYTES_MAX, RESPONSE_BYTES_MAX};
use serde_json::json;

use crate::bench::{Bench, invocation, json as document};

#[tokio::test]
async fn a_compiled_function_answers() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let spec = bench.custom("compiled");
        assert_eq!(bench.answer(&spec, json!({"n": 1})).await, json!({"n": 1}));
    }
}

#[tokio::test]
async fn bootstrap_may_come_from_a_layer() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let mut spec = bench.custom("layered");
        spec.opt_dir = Some(std::mem::replace(&mut spec.code_dir, bench.folder("empty")));
        assert_eq!(bench.answer(&spec, json!({"n": 2})).await, json!({"n": 2}));
    }
}

#[tokio::test]
async fn what_cannot_be_executed_is_an_invalid_entrypoint() {
    let bench = Bench::new();
    let mut spec = bench.custom("absent");
    spec.code_dir = bench.folder("empty");
    let error = bench.failure(&spec, json!({})).await;
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    let message = error["errorMessage"].as_str().unwrap();
    assert!(
        message.contains("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
        "{message}"
    );

    let spec = bench.custom("garbage");
    std::fs::write(spec.code_dir.join("bootstrap"), "neither a script nor a program").unwrap();
    let error = bench.failure(&spec, json!({})).await;
    assert_eq!(error["errorType"], "Runtime.InvalidEntrypoint");
    assert!(error["errorMessage"].as_str().unwrap().ends_with("exec format error"), "{error}");
}

#[tokio::test]
async fn events_carry_the_headers_of_the_runtime_api() {
    let bench = Bench::new();
    let mut spec = bench.custom("headers");
    spec.timeout_ms = 900_000;
    let mut call = invocation("{\"do\": \"headers\"}");
    call.trace_id = Some("Root=1-2-3".to_owned());
    let outcome = bench.runtime.invoke(&spec, call.clone()).await.unwrap();
    let headers: Vec<(String, String)> = serde_json::from_slice(&outcome.payload).unwrap();
    let header =
        |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!(header("lambda-runtime-aws-request-id"), Some(call.request_id.as_str()));
    assert_eq!(header("lambda-runtime-invoked-function-arn"), Some(call.function_arn.as_str()));
    assert_eq!(header("lambda-runtime-trace-id"), Some("Root=1-2-3"));
    assert_eq!(header("lambda-runtime-client-context"), None);
    let deadline_ms: u128 = header("lambda-runtime-deadline-ms").unwrap().parse().unwrap();
    let now_ms = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    assert!(deadline_ms > now_ms && deadline_ms <= now_ms + 900_000);
}

#[tokio::test]
async fn errors_that_the_function_posts_come_back_as_they_are() {
    let bench = Bench::new();
    let spec = bench.custom("fails");
    let first = bench.invoke(&spec, json!({"do": "fail"})).await;
    assert_eq!(document(&first), json!({"errorType": "Fixture.Fail", "errorMessage": "asked to"}));
    assert_eq!(first.function_error, Some("Unhandled"));
    let second = bench.invoke(&spec, json!({})).await;
    assert_eq!(second.environment_id, first.environment_id);
}

#[tokio::test]
async fn ends_are_told_by_status_and_by_signal() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let spec = bench.custom("ends");
        let ends = [
            (json!({"do": "exit", "status": 0}), "Runtime exited without providing a reason"),
            (json!({"do": "exit", "status": 9}), "Runtime exited with error: exit status 9"),
            (json!({"do": "abort"}), "Runtime exited with error: signal: aborted"),
        ];
        for (event, reason) in ends {
            let error = bench.failure(&spec, event).await;
            let message = format!("RequestId: {} Error: {reason}", invocation("").request_id);
            assert_eq!(error, json!({"errorType": "Runtime.ExitError", "errorMessage": message}));
        }
    }
}

#[tokio::test]
async fn a_failed_initialisation_fails_the_invocation() {
    let bench = Bench::new();
    let mut spec = bench.custom("init");
    spec.environment.insert("FIXTURE_INIT".to_owned(), "error".to_owned());
    let error = bench.failure(&spec, json!({})).await;
    let id = invocation("").request_id;
    assert_eq!(error, json!({"errorType": "Fixture.Init", "errorMessage": "no luck", "requestId": id}));
    spec.environment.insert("FIXTURE_INIT".to_owned(), "exit".to_owned());
    let error = bench.failure(&spec, json!({})).await;
    assert!(error["errorMessage"].as_str().unwrap().ends_with("exit status 3"), "{error}");
    spec.environment.clear();
    assert_eq!(bench.answer(&spec, json!({"n": 1})).await, json!({"n": 1}));
}

#[tokio::test]
async fn events_up_to_the_limit_pass_and_larger_ones_do_not() {
    let bench = Bench::new();
    let spec = bench.custom("sizes");
    let event = |size: usize| format!("\"{}\"", "x".repeat(size - 2));
    let outcome = bench.runtime.invoke(&spec, invocation(event(PAYLOAD_BYTES_MAX))).await.unwrap();
    assert_eq!((outcome.function_error, outcome.payload.len()), (None, PAYLOAD_BYTES_MAX));
    let refused = bench.runtime.invoke(&spec, invocation(event(PAYLOAD_BYTES_MAX + 1))).await;
    let Err(Error::PayloadTooLarge { size_bytes, limit_bytes }) = refused else { panic!("{refused:?}") };
    assert_eq!((size_bytes, limit_bytes), (PAYLOAD_BYTES_MAX + 1, PAYLOAD_BYTES_MAX));
}

#[tokio::test]
async fn answers_up_to_the_limit_pass_and_larger_ones_are_the_functions_error() {
    let bench = Bench::new();
    let spec = bench.custom("answers");
    let largest = bench.invoke(&spec, json!({"do": "large", "bytes": RESPONSE_BYTES_MAX})).await;
    assert_eq!((largest.function_error, largest.payload.len()), (None, RESPONSE_BYTES_MAX));
    let error = bench.failure(&spec, json!({"do": "large", "bytes": RESPONSE_BYTES_MAX + 1})).await;
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
    let message = "Response payload size exceeded maximum allowed payload size (6291556 bytes).";
    assert_eq!(error["errorMessage"], message);
    let next = bench.invoke(&spec, json!({})).await;
    assert_eq!(next.environment_id, largest.environment_id, "the mistake does not end the environment");
}

#[tokio::test]
async fn an_answer_to_another_request_is_refused() {
    let bench = Bench::new();
    let spec = bench.custom("confused");
    let statuses = bench.answer(&spec, json!({"do": "confuse"})).await;
    let expected = json!({"unknown id": "400", "late init error": "403", "unknown path": "404"});
    assert_eq!(statuses, expected);
}
