//! Handlers in Ruby.

use cloudlet_runtime::{FunctionSpec, Isolation, RuntimeKind};
use serde_json::{Value, json};

use crate::bench::{Bench, full_invocation, invocation, json as document};

fn ruby(bench: &Bench, name: &str, code: &str) -> FunctionSpec {
    let spec = bench.empty(name, RuntimeKind::Ruby { major: 3, minor: 3 });
    std::fs::write(spec.code_dir.join("main.rb"), code).unwrap();
    spec
}

#[tokio::test]
async fn handlers_answer_by_name_and_by_class() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let code = "
module Places
  class Echo
    def self.process(event:, context:)
      { got: event, name: 'Zoë' }
    end
  end
end

def handler(event:, context:)
  @count = (@count || 0) + 1
end";
        let spec = ruby(&bench, "plain", code);
        assert_eq!(bench.answer(&spec, Value::Null).await, 1);
        assert_eq!(bench.answer(&spec, Value::Null).await, 2);
        let mut spec = ruby(&bench, "by-class", code);
        spec.handler = "main.Places::Echo.process".to_owned();
        let event = json!({"a": [1, 2.5, null, "Zoë"]});
        assert_eq!(bench.answer(&spec, event.clone()).await, json!({"got": event, "name": "Zoë"}));
    }
}

#[tokio::test]
async fn the_context_tells_about_function_and_request() {
    let bench = Bench::new();
    let code = "
def handler(event:, context:)
  {
    request: context.aws_request_id,
    arn: context.invoked_function_arn,
    function: [context.function_name, context.function_version, context.memory_limit_in_mb],
    log: context.log_group_name,
    in_time: context.get_remaining_time_in_millis.between?(1, 60_000),
    custom: context.client_context['custom'],
    identity: context.identity['cognitoIdentityId'],
    trace: ENV['_X_AMZN_TRACE_ID'],
    gems: ENV['GEM_PATH'].include?('/vendor/bundle/ruby/3.3.0'),
  }
end";
    let spec = ruby(&bench, "told", code);
    let call = full_invocation();
    let outcome = bench.runtime.invoke(&spec, call.clone()).await.unwrap();
    let expected = json!({
        "request": call.request_id,
        "arn": call.function_arn,
        "function": ["told", "$LATEST", "128"],
        "log": "/aws/lambda/told",
        "in_time": true,
        "custom": {"who": "Zoë"},
        "identity": "i-1",
        "trace": "Root=1-2-3",
        "gems": true,
    });
    assert_eq!(document(&outcome), expected);
}

#[tokio::test]
async fn an_exception_becomes_the_error_document_and_the_environment_lives_on() {
    let bench = Bench::new();
    let code = "
class Refused < StandardError; end

def check(event)
  raise Refused, \"no #{event['what']}\"
end

def handler(event:, context:)
  check(event)
end";
    let spec = ruby(&bench, "raises", code);
    let first = bench.invoke(&spec, json!({"what": "luck"})).await;
    let error = document(&first);
    assert_eq!(
        (&error["errorType"], &error["errorMessage"]),
        (&json!("Function<Refused>"), &json!("no luck"))
    );
    let trace = error["stackTrace"].as_array().unwrap();
    assert_eq!(trace.len(), 2, "{error}");
    assert!(trace[0].as_str().unwrap().contains("main.rb:5:in "), "{error}");
    let logged = bench.lines.texts().join("\n");
    assert!(
        logged.contains("Error raised from handler method\r{\r  \"errorMessage\": \"no luck\""),
        "{logged}"
    );
    assert_eq!(bench.invoke(&spec, json!({})).await.environment_id, first.environment_id);
}

#[tokio::test]
async fn what_cannot_be_loaded_or_answered_is_named() {
    let bench = Bench::new();
    let cases = [
        ("other.handler", "", "Init<LoadError>"),
        ("main", "", "Init<ArgumentError>"),
        ("main.handler", "def handler(", "Init<SyntaxError>"),
        ("main.handler", "raise 'at start'", "Init<RuntimeError>"),
        ("main.absent", "", "Function<NoMethodError>"),
        ("main.handler", "def handler(event:, context:) = exit(3)", "Function<SystemExit>"),
        ("main.Nowhere.process", "", "Function<NameError>"),
    ];
    bench.fail_each(&cases, |name, code| ruby(&bench, name, code)).await;
}

#[tokio::test]
async fn loggers_have_lambdas_lines() {
    let bench = Bench::new();
    let code = "
require 'logger'
LOG = Logger.new($stdout)
def handler(event:, context:)
  LOG.warn(\"two\\nlines\")
  puts 'printed'
end";
    let spec = ruby(&bench, "logs", code);
    bench.answer(&spec, Value::Null).await;
    let lines = bench.lines.texts();
    let id = invocation("").request_id;
    let logged = lines.iter().find(|line| line.starts_with("W, [20")).expect("no line of the logger");
    assert!(logged.ends_with(&format!("]  WARN {id} -- : two\rlines")), "{logged}");
    assert!(lines.contains(&"printed".to_owned()), "{lines:?}");
}
