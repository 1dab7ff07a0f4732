//! Handlers in Python.

use cloudlet_runtime::Isolation;
use serde_json::{Value, json};

use crate::bench::{Bench, invocation, json as document};

#[tokio::test]
async fn a_handler_gets_the_event_and_its_answer_comes_back() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let spec =
            bench.python("echo", "def handler(event, context):\n    return {'got': event, 'name': 'Zoë'}");
        let event = json!({"a": [1, 2.5, null]});
        assert_eq!(bench.answer(&spec, event.clone()).await, json!({"got": event, "name": "Zoë"}));
    }
}

#[tokio::test]
async fn the_context_tells_about_function_and_request() {
    let bench = Bench::new();
    let code = "
import os
def handler(event, context):
    left_ms = context.get_remaining_time_in_millis()
    return {
        'request': context.aws_request_id,
        'arn': context.invoked_function_arn,
        'function': [context.function_name, context.function_version, context.memory_limit_in_mb],
        'log': [context.log_group_name, context.log_stream_name.startswith('20')],
        'in_time': 0 < left_ms <= 60000,
        'custom': context.client_context.custom,
        'identity': context.identity.cognito_identity_id,
        'trace': os.environ['_X_AMZN_TRACE_ID'],
    }
";
    let spec = bench.python("told", code);
    let mut call = invocation("{}");
    call.client_context = Some("{\"custom\": {\"who\": \"Zoë\"}}".to_owned());
    call.cognito_identity =
        Some("{\"cognitoIdentityId\": \"i-1\", \"cognitoIdentityPoolId\": \"p-1\"}".to_owned());
    call.trace_id = Some("Root=1-5759e988-bd862e3fe1be46a994272793".to_owned());
    let outcome = bench.runtime.invoke(&spec, call.clone()).await.unwrap();
    let expected = json!({
        "request": call.request_id,
        "arn": call.function_arn,
        "function": ["told", "$LATEST", "128"],
        "log": ["/aws/lambda/told", true],
        "in_time": true,
        "custom": {"who": "Zoë"},
        "identity": "i-1",
        "trace": "Root=1-5759e988-bd862e3fe1be46a994272793",
    });
    assert_eq!(document(&outcome), expected);
}

#[tokio::test]
async fn variables_are_the_functions_own_and_lambdas() {
    let bench = Bench::new();
    let code = "import os\ndef handler(event, context):\n    return dict(os.environ)";
    let mut spec = bench.python("variables", code);
    for (name, value) in [
        ("STAGE", "blue = green"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_REGION", "mars-1"),
        ("TZ", "CET"),
    ] {
        spec.environment.insert(name.to_owned(), value.to_owned());
    }
    let variables = bench.answer(&spec, json!({})).await;
    assert_eq!(variables["STAGE"], "blue = green");
    assert_eq!(variables["AWS_ENDPOINT_URL"], "http://127.0.0.1:1");
    assert_eq!(variables["AWS_REGION"], "eu-west-1", "a fact cannot be replaced");
    assert_eq!(variables["TZ"], "CET", "a default can");
    assert_eq!(variables["AWS_EXECUTION_ENV"], "AWS_Lambda_python3.12");
    assert_eq!(variables["_HANDLER"], "main.handler");
    assert_eq!(variables["AWS_LAMBDA_INITIALIZATION_TYPE"], "on-demand");
    // Cargo's are in this process, and must not be in the function's.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some() && variables["CARGO_MANIFEST_DIR"].is_null());
}

#[tokio::test]
async fn an_exception_becomes_the_error_document_and_the_environment_lives_on() {
    let bench = Bench::new();
    let code = "
class Refused(Exception):
    pass
def check(event):
    raise Refused('no ' + event['what'])
def handler(event, context):
    check(event)
";
    let spec = bench.python("raises", code);
    let first = bench.invoke(&spec, json!({"what": "luck"})).await;
    let error = document(&first);
    assert_eq!(first.function_error, Some("Unhandled"));
    assert_eq!((&error["errorType"], &error["errorMessage"]), (&json!("Refused"), &json!("no luck")));
    assert_eq!(error["requestId"], invocation("").request_id);
    let trace = error["stackTrace"].to_string();
    assert!(
        trace.contains("main.py") && trace.contains("in check") && !trace.contains("bootstrap"),
        "{trace}"
    );
    let again = bench.invoke(&spec, json!({"what": "time"})).await;
    assert_eq!(document(&again)["errorMessage"], "no time");
    assert_eq!(again.environment_id, first.environment_id);
}

#[tokio::test]
async fn what_cannot_be_loaded_is_named_as_aws_names_it() {
    let bench = Bench::new();
    let works = "def handler(event, context):\n    return 1";
    let cases = [
        ("main.handler", "import no_such_module", "Runtime.ImportModuleError"),
        ("other.handler", works, "Runtime.ImportModuleError"),
        ("main.handler", "def handler(:", "Runtime.UserCodeSyntaxError"),
        ("main.absent", works, "Runtime.HandlerNotFound"),
        ("main", works, "Runtime.MalformedHandlerName"),
        ("main.handler", "1 / 0", "ZeroDivisionError"),
    ];
    for (number, (handler, code, kind)) in cases.into_iter().enumerate() {
        let mut spec = bench.python(&format!("broken-{number}"), code);
        spec.handler = handler.to_owned();
        let error = bench.failure(&spec, json!({})).await;
        assert_eq!(error["errorType"], kind, "{error}");
        assert_eq!(error["requestId"], invocation("").request_id, "{error}");
    }
}

#[tokio::test]
async fn events_and_answers_that_are_not_json_are_errors() {
    let bench = Bench::new();
    let spec = bench.python("set", "def handler(event, context):\n    return {1, 2}");
    assert_eq!(bench.failure(&spec, json!({})).await["errorType"], "Runtime.MarshalError");
    let outcome = bench.runtime.invoke(&spec, invocation("not json")).await.unwrap();
    assert_eq!(document(&outcome)["errorType"], "Runtime.UnmarshalError");
}

#[tokio::test]
async fn a_function_that_ends_itself_is_reported_and_replaced() {
    let bench = Bench::new();
    let spec = bench
        .python("exits", "import sys\ndef handler(event, context):\n    sys.exit(event) if event else None");
    let first = bench.invoke(&spec, json!(3)).await;
    let message =
        format!("RequestId: {} Error: Runtime exited with error: exit status 3", invocation("").request_id);
    assert_eq!(document(&first), json!({"errorType": "Runtime.ExitError", "errorMessage": message}));
    let second = bench.invoke(&spec, json!(0)).await;
    assert_eq!(second.function_error, None);
    assert_ne!(second.environment_id, first.environment_id);
}

#[tokio::test]
async fn too_much_memory_ends_the_function() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = "
import threading
def handler(event, context):
    hoard = b'x' * (event * 1024 * 1024)
    threading.Event().wait()
";
        let spec = bench.python("greedy", code);
        let outcome = bench.invoke(&spec, json!(200)).await;
        let error = document(&outcome);
        assert_eq!(error["errorType"], "Runtime.ExitError");
        assert!(
            error["errorMessage"].as_str().unwrap().ends_with("Runtime exited with error: signal: killed"),
            "{error}"
        );
        assert_eq!(outcome.max_memory_mb, 128);
    }
}

#[tokio::test]
async fn layers_are_found() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let layers = bench.folder("layers");
        std::fs::create_dir(layers.join("python")).unwrap();
        std::fs::write(layers.join("python/shared.py"), "WORD = 'from a layer'").unwrap();
        let mut spec =
            bench.python("layered", "import shared\ndef handler(event, context):\n    return shared.WORD");
        spec.opt_dir = Some(layers);
        assert_eq!(bench.answer(&spec, Value::Null).await, "from a layer");
    }
}

#[tokio::test]
async fn a_handler_in_a_folder_is_found() {
    let bench = Bench::new();
    let mut spec = bench.python("nested", "");
    std::fs::create_dir(spec.code_dir.join("src")).unwrap();
    std::fs::write(spec.code_dir.join("src/app.py"), "def run(event, context):\n    return 'nested'")
        .unwrap();
    spec.handler = "src/app.run".to_owned();
    assert_eq!(bench.answer(&spec, Value::Null).await, "nested");
}
