//! Extensions that subscribe to telemetry, and to logs.

use cloudlet_runtime::Isolation;
use serde_json::{Value, json};

use crate::bench::{Bench, invocation};
use crate::extensions::{Told, listener};

/// Subscribes, and tells the test of all that it is told, until the function has done its work.
pub(crate) const LISTENER: &str = "
class Taker(BaseHTTPRequestHandler):
    def do_POST(self):
        tell(json.loads(self.rfile.read(int(self.headers['content-length']))))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_):
        pass

host = socket.gethostbyname('sandbox.localdomain') if os.environ.get('SANDBOX') else '127.0.0.1'
server = HTTPServer((host, 4243), Taker)
threading.Thread(target=server.serve_forever, daemon=True).start()
me, _ = register('INVOKE', 'SHUTDOWN')
wish = {'schemaVersion': VERSION, 'types': ['platform', 'function', 'extension'],
        'destination': {'protocol': 'HTTP', 'URI': 'http://sandbox.localdomain:4243/'},
        'buffering': {'timeoutMs': 25}}
status, _, answer = call('PUT', PATH, wish, Lambda_Extension_Identifier=me)
tell([status, answer])
print('agent prints', flush=True)
while next_event(me)['eventType'] != 'SHUTDOWN':
    pass
server.shutdown()
";

/// All events until one of this kind.
pub(crate) async fn until(told: &mut Told, kind: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    while all.iter().all(|event| event["type"] != kind) {
        let batch = told.next().await;
        all.extend(batch.as_array().unwrap().iter().cloned());
    }
    all
}

#[tokio::test]
async fn telemetry_tells_of_everything_from_the_beginning() {
    let bench = Bench::isolated(Isolation::Auto);
    let (listener, port) = listener().await;
    let agent = format!("VERSION, PATH = '2022-12-13', '/2022-07-01/telemetry'{LISTENER}");
    let mut spec = bench.extended("told", port, &agent);
    if bench.runtime.isolation().await.isolation == Isolation::Namespaces {
        spec.environment.insert("SANDBOX".to_owned(), "1".to_owned());
    }
    bench.answer(&spec, json!({"n": 1})).await;
    let mut told = Told::by(&listener).await;
    assert_eq!(told.next().await, json!([200, "OK"]));
    // What was told too late for this event is told with the next.
    bench.answer(&spec, json!({"n": 2})).await;
    let all = until(&mut told, "platform.report").await;
    let of = |kind: &str| all.iter().find(|event| event["type"] == kind).map(|event| &event["record"]);
    let id = invocation("").request_id;
    let start = of("platform.initStart").unwrap();
    assert_eq!((&start["phase"], &start["functionName"]), (&"init".into(), &"told".into()));
    assert_eq!(of("platform.initRuntimeDone").unwrap()["status"], "success");
    assert!(of("platform.initReport").unwrap()["metrics"]["durationMs"].is_number());
    assert_eq!(
        of("platform.telemetrySubscription").unwrap()["types"],
        json!(["platform", "function", "extension"])
    );
    let ready = json!({"name": "agent", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]});
    assert_eq!(of("platform.extension"), Some(&ready));
    assert_eq!(of("platform.start").unwrap()["requestId"], id);
    let done = of("platform.runtimeDone").unwrap();
    assert_eq!((&done["requestId"], &done["status"]), (&id.as_str().into(), &"success".into()));
    assert_eq!(of("platform.report").unwrap()["metrics"]["memorySizeMB"], 128);
    assert_eq!(of("function"), Some(&"fixture starting".into()));
    assert_eq!(of("extension"), Some(&"agent prints".into()));
    assert_eq!(of("platform.end"), None);
    let at = |kind: &str| all.iter().position(|event| event["type"] == kind);
    assert!(at("platform.runtimeDone") < at("platform.report"));
}

#[tokio::test]
async fn the_older_api_tells_of_ends() {
    let bench = Bench::new();
    let (listener, port) = listener().await;
    let agent = format!("VERSION, PATH = '2021-03-18', '/2020-08-15/logs'{LISTENER}");
    let agent = agent.replace("4243", "4244");
    let mut spec = bench.extended("logged", port, &agent);
    if bench.runtime.isolation().await.isolation == Isolation::Namespaces {
        spec.environment.insert("SANDBOX".to_owned(), "1".to_owned());
    }
    bench.answer(&spec, json!({"n": 1})).await;
    let mut told = Told::by(&listener).await;
    assert_eq!(told.next().await, json!([200, "OK"]));
    bench.answer(&spec, json!({"n": 2})).await;
    let all = until(&mut told, "platform.end").await;
    let kinds: Vec<&str> = all.iter().filter_map(|event| event["type"].as_str()).collect();
    assert!(
        kinds.contains(&"platform.logsSubscription") && !kinds.contains(&"platform.initStart"),
        "{kinds:?}"
    );
}
