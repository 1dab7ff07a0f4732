//! External extensions in layers: programs of Python that speak the Extensions API, and tell a gate of the test what they hear.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use cloudlet_runtime::{FunctionSpec, Isolation};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::net::tcp::OwnedReadHalf;
use tokio::net::{TcpListener, TcpStream};

use crate::bench::{Bench, Gate, invocation};

/// What an extension needs to call its API, and to tell the test.
const AGENT: &str = r#"#!/usr/bin/env python3
import http.client, json, os, socket, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

name = os.path.basename(__file__)
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
test = socket.create_connection(("127.0.0.1", int(os.environ["TEST_PORT"]))).makefile("w")

def tell(what):
    test.write(json.dumps(what) + "\n")
    test.flush()

def call(method, path, body=None, **headers):
    connection = http.client.HTTPConnection(api)
    connection.request(method, path, body if body is None else json.dumps(body),
                       {key.replace("_", "-"): value for key, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, answer.headers, json.loads(answer.read() or b"null")

def register(*events, **headers):
    status, headers, body = call("POST", "/2020-01-01/extension/register", {"events": events},
                                 Lambda_Extension_Name=name, **headers)
    return headers["Lambda-Extension-Identifier"], body

def next_event(me):
    return call("GET", "/2020-01-01/extension/event/next", Lambda_Extension_Identifier=me)[2]
"#;

impl Bench {
    /// A compiled function with a layer that has one extension.
    pub(crate) fn extended(&self, name: &str, port: u16, agent: &str) -> FunctionSpec {
        let mut spec = self.custom(name);
        spec.opt_dir = Some(self.layer(name, &format!("{AGENT}{agent}")));
        spec.environment.insert("TEST_PORT".to_owned(), port.to_string());
        spec
    }

    fn layer(&self, name: &str, agent: &str) -> PathBuf {
        let opt = self.folder(&format!("{name}-opt"));
        fs::create_dir_all(opt.join("extensions")).unwrap();
        let program = opt.join("extensions/agent");
        fs::write(&program, agent).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        opt
    }
}

/// What an extension tells.
pub(crate) struct Told(Lines<BufReader<OwnedReadHalf>>);

impl Told {
    pub(crate) async fn by(listener: &TcpListener) -> Self {
        let (stream, _) = listener.accept().await.unwrap();
        Self::of(stream)
    }

    pub(crate) fn of(stream: TcpStream) -> Self {
        // The writing half would end it.
        let (read, write) = stream.into_split();
        write.forget();
        Self(BufReader::new(read).lines())
    }

    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.0.next_line().await.unwrap().unwrap()).unwrap()
    }

    async fn ended(mut self) {
        assert_eq!(self.0.next_line().await.unwrap_or_default(), None);
    }
}

pub(crate) async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn an_extension_hears_of_every_event_and_of_the_end() {
    for isolation in [Isolation::Plain, Isolation::Auto] {
        let bench = Bench::isolated(isolation);
        let (listener, port) = listener().await;
        let agent = "
me, facts = register('INVOKE', 'SHUTDOWN', Lambda_Extension_Accept_Feature='accountId')
tell([facts, sorted(key for key in os.environ if key in ('_HANDLER', 'AWS_REGION'))])
print('agent prints')
sys.stdout.flush()
while True:
    event = next_event(me)
    tell(event)
    if event['eventType'] == 'SHUTDOWN':
        sys.exit(0)
";
        let spec = bench.extended("heard", port, agent);
        assert_eq!(bench.answer(&spec, json!({"n": 1})).await, json!({"n": 1}));
        let mut told = Told::by(&listener).await;
        let facts = json!({
            "functionName": "heard", "functionVersion": "$LATEST", "handler": "main.handler", "accountId": "123456789012",
        });
        assert_eq!(told.next().await, json!([facts, ["AWS_REGION"]]));
        let event = told.next().await;
        assert_eq!(event["eventType"], "INVOKE");
        assert_eq!(event["requestId"], invocation("").request_id);
        assert_eq!(event["invokedFunctionArn"], invocation("").function_arn);
        assert!(event["deadlineMs"].as_u64().is_some());

        bench.answer(&spec, json!({"n": 2})).await;
        assert_eq!(told.next().await["eventType"], "INVOKE");
        bench.runtime.retire(&spec.key);
        let end = told.next().await;
        assert_eq!((&end["eventType"], &end["shutdownReason"]), (&"SHUTDOWN".into(), &"spindown".into()));
        told.ended().await;
        let lines = bench.lines.texts();
        let state = "EXTENSION\tName: agent\tState: Ready\tEvents: [INVOKE, SHUTDOWN]";
        assert!(lines.iter().any(|line| line == state), "{lines:?}");
        assert!(lines.iter().any(|line| line == "agent prints"), "{lines:?}");
    }
}

#[tokio::test]
async fn a_late_function_is_killed_and_its_extension_hears_why() {
    let bench = Bench::new();
    let (listener, port) = listener().await;
    let agent = "
me, _ = register('SHUTDOWN')
tell('registered')
tell(next_event(me)['shutdownReason'])
";
    let mut spec = bench.extended("late", port, agent);
    spec.timeout_ms = 300;
    assert_eq!(bench.failure(&spec, json!({"do": "hang"})).await["errorType"], "Sandbox.Timedout");
    let mut told = Told::by(&listener).await;
    assert_eq!(told.next().await, "registered");
    assert_eq!(told.next().await, "timeout");
    told.ended().await;

    assert_eq!(bench.failure(&spec, json!({"do": "exit"})).await["errorType"], "Runtime.ExitError");
    let mut told = Told::by(&listener).await;
    assert_eq!(told.next().await, "registered");
    assert_eq!(told.next().await, "failure");
}

#[tokio::test]
async fn extensions_hear_of_the_end_of_the_server() {
    let bench = Bench::new();
    let (listener, port) = listener().await;
    let spec = bench.extended(
        "left",
        port,
        "
me, _ = register('SHUTDOWN')
tell(next_event(me)['shutdownReason'])
",
    );
    bench.answer(&spec, json!({})).await;
    let mut told = Told::by(&listener).await;
    bench.runtime.take_leave().await;
    assert_eq!(told.next().await, "spindown");
    told.ended().await;
}

#[tokio::test]
async fn an_extension_that_does_not_end_is_killed() {
    let bench = Bench::new();
    let gate = Gate::new().await;
    let agent = "
me, _ = register('SHUTDOWN')
next_event(me)
threading.Event().wait()
";
    let spec = bench.extended("stubborn", gate.port(), agent);
    bench.answer(&spec, json!({})).await;
    let held = gate.arrival().await;
    let began = std::time::Instant::now();
    bench.runtime.retire(&spec.key);
    held.gone().await;
    let took_ms = began.elapsed().as_millis();
    assert!((1900..10_000).contains(&took_ms), "{took_ms}");
}

#[tokio::test]
async fn failures_of_extensions_are_failures_of_the_function() {
    let bench = Bench::new();
    let (_listener, port) = listener().await;
    let error = "Lambda_Extension_Function_Error_Type='Agent.NoLicence'";
    let cases = [
        ("sys.exit(3)", "Extension.Crash", "exit code 3"),
        ("register()[0]\nsys.exit(0)", "Extension.Crash", "exit code 0"),
        (
            &format!(
                "me = register()[0]\ncall('POST', '/2020-01-01/extension/init/error', {{}}, Lambda_Extension_Identifier=me, {error})"
            ),
            "Extension.InitError",
            "Agent.NoLicence",
        ),
        (
            &format!(
                "me = register('INVOKE')[0]\nnext_event(me)\ncall('POST', '/2020-01-01/extension/exit/error', {{}}, Lambda_Extension_Identifier=me, {error})"
            ),
            "Extension.ExitError",
            "Agent.NoLicence",
        ),
    ];
    for (number, (agent, kind, reason)) in cases.into_iter().enumerate() {
        let spec = bench.extended(&format!("failing-{number}"), port, agent);
        let message = format!("RequestId: {} Error: {reason}", invocation("").request_id);
        let told = bench.failure(&spec, json!({})).await;
        assert_eq!(told, json!({"errorType": kind, "errorMessage": message}));
    }
    let mut spec = bench.custom("garbage");
    spec.opt_dir = Some(bench.layer("garbage", "neither a script nor a program"));
    let told = bench.failure(&spec, json!({})).await;
    assert_eq!(told["errorType"], "Extension.LaunchError");
    assert!(
        told["errorMessage"].as_str().unwrap().ends_with("extensions/agent: exec format error"),
        "{told}"
    );
}

#[tokio::test]
async fn requests_that_break_the_rules_are_refused() {
    let bench = Bench::new();
    let (listener, port) = listener().await;
    let agent = "
base = '/2020-01-01/extension/'
def refused(*arguments, **headers):
    status, _, body = call(*arguments, **headers)
    return [status, body['errorType']]
tell([
    refused('POST', base + 'register', {}),
    refused('POST', base + 'register', {'events': ['LUNCH']}, Lambda_Extension_Name=name),
    refused('POST', base + 'register', {'events': ['SHUTDOWN']}, Lambda_Extension_Name='inside'),
    refused('GET', base + 'event/next'),
    refused('GET', base + 'event/next', Lambda_Extension_Identifier='x'),
    refused('GET', base + 'event/next', Lambda_Extension_Identifier='00000000-0000-4000-8000-000000000000'),
])
me, _ = register('INVOKE')
tell([
    refused('POST', base + 'register', {}, Lambda_Extension_Name=name),
    refused('POST', base + 'init/error', {}, Lambda_Extension_Identifier=me),
    refused('PUT', '/2022-07-01/telemetry', {'types': ['all']}, Lambda_Extension_Identifier=me),
])
next_event(me)
wish = {'schemaVersion': '2022-12-13', 'types': ['platform'], 'destination': {'protocol': 'TCP', 'port': 1}}
tell([
    refused('POST', base + 'register', {}, Lambda_Extension_Name='late'),
    refused('PUT', '/2022-07-01/telemetry', wish, Lambda_Extension_Identifier=me),
])
next_event(me)
";
    let spec = bench.extended("rules", port, agent);
    bench.answer(&spec, json!({})).await;
    let mut told = Told::by(&listener).await;
    let refused = |kinds: &[&str]| json!(kinds.iter().map(|kind| json!([403, kind])).collect::<Vec<_>>());
    let first = [
        "Extension.InvalidExtensionName",
        "Extension.InvalidEventType",
        "Extension.InvalidEventType",
        "Extension.MissingExtensionIdentifier",
        "Extension.InvalidExtensionIdentifier",
        "Extension.UnknownExtensionIdentifier",
    ];
    assert_eq!(told.next().await, refused(&first));
    let second = json!([
        [403, "Extension.InvalidExtensionState"],
        [403, "Extension.MissingHeader"],
        [400, "ValidationError"],
    ]);
    assert_eq!(told.next().await, second);
    let third = ["Extension.RegistrationClosed", "Telemetry.SubscriptionClosed"];
    assert_eq!(told.next().await, refused(&third));
}
