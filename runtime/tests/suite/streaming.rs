//! Answers that come piece by piece.

use cloudlet_runtime::{FunctionSpec, Outcome, Piece, RESPONSE_BYTES_MAX};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::bench::{Bench, invocation, json as document};

/// Runs a function, and takes what it streams.
async fn taken(bench: &Bench, spec: &FunctionSpec, event: Value) -> (Option<String>, Vec<u8>, Outcome) {
    let (sender, mut pieces) = mpsc::channel(1);
    let mut call = invocation(event.to_string());
    call.pieces = Some(sender);
    let take = async {
        let (mut head, mut data) = (None, Vec::new());
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Head { content_type } => head = Some(content_type),
                Piece::Data(bytes) => data.extend_from_slice(&bytes),
            }
        }
        (head, data)
    };
    let run = async {
        let outcome = bench.runtime.invoke(spec, call.clone()).await.unwrap();
        drop(call);
        outcome
    };
    let ((head, data), outcome) = tokio::join!(take, run);
    (head, data, outcome)
}

#[tokio::test]
async fn pieces_are_taken_as_they_come() {
    let bench = Bench::new();
    let event = json!({"do": "stream", "pieces": 50, "bytes": 100_000});
    let spec = bench.custom("streams");
    let (head, data, outcome) = taken(&bench, &spec, event).await;
    assert_eq!((head.as_deref(), data.len()), (Some("text/x-fixture"), 5_000_000));
    assert_eq!((outcome.function_error, outcome.payload.len()), (None, 0));
}

#[tokio::test]
async fn an_answer_that_does_not_stream_has_no_pieces() {
    let bench = Bench::new();
    let spec = bench.custom("plain");
    let (head, data, outcome) = taken(&bench, &spec, json!({"n": 1})).await;
    assert_eq!((head, data.len()), (None, 0));
    assert_eq!(document(&outcome), json!({"n": 1}));
}

#[tokio::test]
async fn what_fails_on_the_way_is_told_behind_the_pieces() {
    let bench = Bench::new();
    let mut spec = bench.custom("fails");
    let event = |then: &str| json!({"do": "stream", "pieces": 2, "bytes": 3, "then": then});
    let (_, data, outcome) = taken(&bench, &spec, event("fail")).await;
    assert_eq!((data.as_slice(), outcome.function_error), (&b"xxxxxx"[..], Some("Unhandled")));
    assert_eq!(document(&outcome), json!({"errorType": "Fixture.Stream", "errorMessage": "halfway"}));
    let (_, data, broken) = taken(&bench, &spec, event("break")).await;
    assert_eq!((data.len(), document(&broken)["errorType"].as_str()), (6, Some("Runtime.TruncatedResponse")));
    assert_eq!(broken.environment_id, outcome.environment_id, "its environment lives on");
    let (_, data, ended) = taken(&bench, &spec, event("exit")).await;
    assert_eq!(data.len(), 6);
    assert!(document(&ended)["errorMessage"].as_str().unwrap().ends_with("exit status 4"));
    spec.timeout_ms = 2000;
    let (_, data, late) = taken(&bench, &spec, event("hang")).await;
    assert_eq!((data.len(), document(&late)["errorType"].as_str()), (6, Some("Sandbox.Timedout")));
}

#[tokio::test]
async fn who_does_not_take_pieces_gets_the_whole_up_to_the_limit() {
    let bench = Bench::new();
    let spec = bench.custom("collected");
    let event = |bytes: usize| json!({"do": "stream", "pieces": 1, "bytes": bytes});
    let largest = bench.invoke(&spec, event(RESPONSE_BYTES_MAX)).await;
    assert_eq!((largest.function_error, largest.payload.len()), (None, RESPONSE_BYTES_MAX));
    let error = bench.failure(&spec, event(RESPONSE_BYTES_MAX + 1)).await;
    assert_eq!(error["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn handlers_in_javascript_stream() {
    let bench = Bench::new();
    let code = "
        export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
            if (event.early) throw new RangeError('early');
            if (event.http) stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
            else stream.setContentType('text/plain');
            for (let n = 0; n < event.times; n++) {
                if (!stream.write('x'.repeat(1000))) await new Promise((go) => stream.once('drain', go));
            }
            stream.write({ id: context.awsRequestId.length });
            if (event.late) throw new TypeError('late');
            if (event.end) { stream.end('!'); }
        });";
    let spec = bench.node("streams", "main.mjs", code);
    let whole = bench.invoke(&spec, json!({"times": 300, "end": true})).await;
    assert_eq!((whole.function_error, whole.payload.len()), (None, 300_000 + 9 + 1));
    let unended = bench.invoke(&spec, json!({"times": 1})).await;
    assert_eq!((unended.function_error, unended.payload.len()), (None, 1009));
    let http = bench.invoke(&spec, json!({"times": 0, "http": true})).await;
    assert_eq!(&http.payload[..], b"{\"statusCode\":201}\0\0\0\0\0\0\0\0{\"id\":36}");
    let error = bench.failure(&spec, json!({"early": true})).await;
    assert_eq!(
        (error["errorType"].as_str(), error["errorMessage"].as_str()),
        (Some("RangeError"), Some("early"))
    );
    let error = bench.failure(&spec, json!({"times": 1, "late": true})).await;
    assert_eq!(
        (error["errorType"].as_str(), error["errorMessage"].as_str()),
        (Some("TypeError"), Some("late"))
    );
    let last = bench.invoke(&spec, json!({"times": 0})).await;
    assert_eq!(last.environment_id, whole.environment_id, "failures do not end the environment");
}
