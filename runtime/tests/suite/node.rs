//! Handlers in JavaScript.

use cloudlet_runtime::Isolation;
use serde_json::{Value, json};

use crate::bench::{Bench, full_invocation, json as document};

#[tokio::test]
async fn handlers_of_all_styles_answer() {
    let bench = Bench::new();
    let cases = [
        ("main.mjs", "export const handler = async (event) => ({ got: event });"),
        ("main.js", "exports.handler = async (event) => ({ got: event });"),
        ("main.cjs", "exports.handler = (event) => Promise.resolve({ got: event });"),
        ("main.js", "exports.handler = (event, context, callback) => callback(null, { got: event });"),
        (
            "main.js",
            "exports.handler = (event, context, callback) => { setTimeout(callback, 1, null, { got: event }); };",
        ),
        (
            "main.js",
            "exports.handler = (event, context) => { setImmediate(context.succeed, { got: event }); };",
        ),
        ("main.mjs", "export default { handler: async (event) => ({ got: event }) };"),
    ];
    for (number, (file, code)) in cases.into_iter().enumerate() {
        let spec = bench.node(&format!("style-{number}"), file, code);
        for event in [json!({"n": 1, "name": "Zoë"}), json!(2)] {
            assert_eq!(bench.answer(&spec, event.clone()).await, json!({"got": event}), "{code}");
        }
    }
}

#[tokio::test]
async fn handlers_run_with_and_without_a_sandbox() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = "let count = 0; export const handler = async () => ++count;";
        let spec = bench.node("counter", "main.mjs", code);
        assert_eq!(bench.answer(&spec, Value::Null).await, 1);
        assert_eq!(bench.answer(&spec, Value::Null).await, 2);
    }
}

#[tokio::test]
async fn modules_are_told_by_the_package() {
    let bench = Bench::new();
    let spec = bench.node(
        "typed",
        "main.js",
        "export const handler = async () => import.meta.url.split('/').pop();",
    );
    std::fs::write(spec.code_dir.join("package.json"), "{\"type\": \"module\"}").unwrap();
    assert_eq!(bench.answer(&spec, Value::Null).await, "main.js");
}

#[tokio::test]
async fn the_context_tells_about_function_and_request() {
    let bench = Bench::new();
    let code = "
export const handler = async (event, context) => ({
  request: context.awsRequestId,
  arn: context.invokedFunctionArn,
  function: [context.functionName, context.functionVersion, context.memoryLimitInMB],
  log: [context.logGroupName, context.logStreamName.startsWith('20')],
  inTime: context.getRemainingTimeInMillis() > 0,
  custom: context.clientContext.custom,
  trace: process.env._X_AMZN_TRACE_ID,
});";
    let spec = bench.node("told", "main.mjs", code);
    let call = full_invocation();
    let outcome = bench.runtime.invoke(&spec, call.clone()).await.unwrap();
    let expected = json!({
        "request": call.request_id,
        "arn": call.function_arn,
        "function": ["told", "$LATEST", "128"],
        "log": ["/aws/lambda/told", true],
        "inTime": true,
        "custom": {"who": "Zoë"},
        "trace": "Root=1-2-3",
    });
    assert_eq!(document(&outcome), expected);
}

#[tokio::test]
async fn what_is_thrown_becomes_the_error_document() {
    let bench = Bench::new();
    let code = "
class Refused extends Error { name = 'Refused'; }
export const handler = async (event) => {
  if (event.text) throw event.text;
  throw new Refused('no luck');
};";
    let spec = bench.node("throws", "main.mjs", code);
    let first = bench.invoke(&spec, json!({})).await;
    let error = document(&first);
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("Refused"), &json!("no luck")));
    assert!(error["trace"].to_string().contains("main.mjs"), "{error}");
    let second = bench.invoke(&spec, json!({"text": "bare"})).await;
    assert_eq!(document(&second), json!({"errorType": "string", "errorMessage": "bare", "trace": []}));
    assert_eq!(second.environment_id, first.environment_id);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_named_as_aws_names_it() {
    let bench = Bench::new();
    let works = "exports.handler = async () => 1;";
    let cases = [
        ("main.handler", "require('no-such-module');", "Runtime.ImportModuleError"),
        ("other.handler", works, "Runtime.ImportModuleError"),
        ("main.handler", "exports.handler = async ( => 1;", "Runtime.UserCodeSyntaxError"),
        ("main.absent", works, "Runtime.HandlerNotFound"),
        ("main.handler", "exports.handler = 'text';", "Runtime.HandlerNotFound"),
        ("main", works, "Runtime.MalformedHandlerName"),
        ("main.handler", "throw new TypeError('at start');", "TypeError"),
    ];
    bench.fail_each(&cases, |name, code| bench.node(name, "main.js", code)).await;
}

#[tokio::test]
async fn an_async_handler_that_can_never_settle_is_an_error() {
    let bench = Bench::new();
    let code = "export const handler = async (event) => event ?? await new Promise(() => {});";
    let spec = bench.node("never", "main.mjs", code);
    assert_eq!(bench.failure(&spec, Value::Null).await["errorType"], "Runtime.NodeJsExit");
    assert_eq!(bench.answer(&spec, json!(1)).await, 1);
    let spec = bench.node("silent", "main.js", "exports.handler = (event, context, callback) => {};");
    assert_eq!(bench.answer(&spec, json!(1)).await, Value::Null);
}

#[tokio::test]
async fn rejections_and_exceptions_that_nobody_handles_end_the_function() {
    let bench = Bench::new();
    let code = "
exports.handler = async (event) => {
  if (event === 'reject') Promise.reject(new Error('lost'));
  if (event === 'throw') setImmediate(() => { throw new RangeError('stray'); });
  if (event) await new Promise((resolve) => setTimeout(resolve, 60000));
  return 'fine';
};";
    let spec = bench.node("stray", "main.js", code);
    let first = bench.invoke(&spec, json!("reject")).await;
    assert_eq!(document(&first)["errorType"], "Runtime.UnhandledPromiseRejection");
    let second = bench.invoke(&spec, json!("throw")).await;
    let error = document(&second);
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("RangeError"), &json!("stray")));
    let third = bench.invoke(&spec, Value::Null).await;
    assert_eq!(document(&third), "fine");
    assert!(first.environment_id != second.environment_id && second.environment_id != third.environment_id);
}

#[tokio::test]
async fn layers_are_found() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let layers = bench.folder("layers");
        let module = layers.join("nodejs/node_modules/shared");
        std::fs::create_dir_all(&module).unwrap();
        std::fs::write(module.join("index.js"), "exports.word = 'from a layer';").unwrap();
        let code = "const { word } = require('shared'); exports.handler = async () => word;";
        let mut spec = bench.node("layered", "main.js", code);
        spec.opt_dir = Some(layers);
        assert_eq!(bench.answer(&spec, Value::Null).await, "from a layer");
    }
}
