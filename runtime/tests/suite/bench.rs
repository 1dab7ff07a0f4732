//! What every test needs: a runtime of its own, functions to run in it, and a place to read their logs.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cloudlet_runtime::{
    FunctionSpec, Invocation, Isolation, LogSink, LogSource, Options, Outcome, Runtime, RuntimeKind,
};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A runtime with folders of its own.
pub(crate) struct Bench {
    pub(crate) runtime: Runtime,
    pub(crate) lines: Arc<Lines>,
    folder: TempDir,
}

/// A collected log.
#[derive(Default)]
pub(crate) struct Lines(Mutex<Vec<(LogSource, String)>>);

impl LogSink for Lines {
    fn line(&self, source: &LogSource, line: &[u8]) {
        self.0.lock().unwrap().push((source.clone(), String::from_utf8(line.to_vec()).unwrap()));
    }
}

impl Lines {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(_, text)| text.clone()).collect()
    }

    pub(crate) fn sources(&self) -> Vec<LogSource> {
        self.0.lock().unwrap().iter().map(|(source, _)| source.clone()).collect()
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn isolated(isolation: Isolation) -> Self {
        Self::with(|options| options.isolation = isolation)
    }

    /// Any interpreter of the language will do, and the launcher is the one that was built with this test.
    pub(crate) fn with(adjust: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines = Arc::new(Lines::default());
        let mut options = Options::new(folder.path().join("runtime"), lines.clone());
        options.launcher = Some(env!("CARGO_BIN_EXE_cloudlet-sandbox").into());
        options.interpreter_fallback = true;
        adjust(&mut options);
        Self { runtime: Runtime::new(options).unwrap(), lines, folder }
    }

    /// A folder for files beside the functions'.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn python(&self, name: &str, code: &str) -> FunctionSpec {
        self.function(name, RuntimeKind::Python { minor: 12 }, "main.py", code)
    }

    pub(crate) fn node(&self, name: &str, file: &str, code: &str) -> FunctionSpec {
        self.function(name, RuntimeKind::Node { major: 22 }, file, code)
    }

    /// The fixture as a custom runtime.
    pub(crate) fn custom(&self, name: &str) -> FunctionSpec {
        let code_dir = self.folder(name);
        fs::copy(env!("CARGO_BIN_EXE_cloudlet-runtime-fixture"), code_dir.join("bootstrap")).unwrap();
        spec(name, RuntimeKind::ProvidedAl2023, code_dir)
    }

    /// A function without files, with as much memory as its machine needs to begin.
    pub(crate) fn empty(&self, name: &str, runtime: RuntimeKind) -> FunctionSpec {
        let memory_mb = if matches!(runtime, RuntimeKind::Java { .. }) { 256 } else { 128 };
        FunctionSpec { memory_mb, ..spec(name, runtime, self.folder(name)) }
    }

    fn function(&self, name: &str, runtime: RuntimeKind, file: &str, code: &str) -> FunctionSpec {
        let code_dir = self.folder(name);
        fs::write(code_dir.join(file), code).unwrap();
        spec(name, runtime, code_dir)
    }

    pub(crate) async fn invoke(&self, spec: &FunctionSpec, event: Value) -> Outcome {
        self.runtime.invoke(spec, invocation(event.to_string())).await.unwrap()
    }

    /// Invokes a function that is expected to succeed.
    pub(crate) async fn answer(&self, spec: &FunctionSpec, event: Value) -> Value {
        let outcome = self.invoke(spec, event).await;
        assert_eq!(outcome.function_error, None, "{}", String::from_utf8_lossy(&outcome.payload));
        json(&outcome)
    }

    /// Invokes functions with these handlers and this code, which are expected to fail, each with that type of error.
    pub(crate) async fn fail_each(
        &self,
        cases: &[(&str, &str, &str)],
        function: impl Fn(&str, &str) -> FunctionSpec,
    ) {
        for (number, (handler, code, kind)) in cases.iter().enumerate() {
            let spec = function(&format!("broken-{number}"), code);
            let spec = FunctionSpec { handler: (*handler).to_owned(), ..spec };
            let error = self.failure(&spec, Value::Null).await;
            assert_eq!(error["errorType"], **kind, "{error}");
        }
    }

    /// Invokes a function that is expected to fail; returns the error document.
    pub(crate) async fn failure(&self, spec: &FunctionSpec, event: Value) -> Value {
        let outcome = self.invoke(spec, event).await;
        assert_eq!(
            outcome.function_error,
            Some("Unhandled"),
            "{}",
            String::from_utf8_lossy(&outcome.payload)
        );
        json(&outcome)
    }
}

fn spec(name: &str, runtime: RuntimeKind, code_dir: PathBuf) -> FunctionSpec {
    FunctionSpec {
        key: name.to_owned(),
        function_name: name.to_owned(),
        version: "$LATEST".to_owned(),
        account: "123456789012".to_owned(),
        region: "eu-west-1".to_owned(),
        code_dir,
        is_code_foreign: false,
        opt_dir: None,
        handler: "main.handler".to_owned(),
        runtime,
        memory_mb: 128,
        timeout_ms: 60_000,
        tmp_mb: 512,
        environment: BTreeMap::new(),
        log_group: format!("/aws/lambda/{name}"),
        starts_ahead: false,
        json_lines: None,
    }
}

pub(crate) fn invocation(payload: impl Into<bytes::Bytes>) -> Invocation {
    Invocation {
        request_id: "8f5d4a1e-0000-4000-8000-000000000001".to_owned(),
        payload: payload.into(),
        function_arn: "arn:aws:lambda:eu-west-1:123456789012:function:tested".to_owned(),
        ..Invocation::default()
    }
}

/// One that says everything that a client can say.
pub(crate) fn full_invocation() -> Invocation {
    Invocation {
        client_context: Some("{\"custom\": {\"who\": \"Zoë\"}}".to_owned()),
        cognito_identity: Some("{\"cognitoIdentityId\": \"i-1\"}".to_owned()),
        trace_id: Some("Root=1-2-3".to_owned()),
        ..invocation("{}")
    }
}

pub(crate) fn json(outcome: &Outcome) -> Value {
    serde_json::from_slice(&outcome.payload).unwrap()
}

/// Where functions report that they are at work. A function that connects is held up until it is let go, and seen to
/// end when its connection does.
pub(crate) struct Gate(TcpListener);

/// A function's connection.
pub(crate) struct Held(TcpStream);

impl Gate {
    pub(crate) async fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().unwrap().port()
    }

    pub(crate) async fn arrival(&self) -> Held {
        Held(self.0.accept().await.unwrap().0)
    }
}

impl Held {
    pub(crate) async fn let_go(&mut self) {
        self.0.write_all(b"!").await.unwrap();
    }

    /// Waits until nothing has come for a while.
    pub(crate) async fn falls_silent(&mut self) {
        const WHILE: Duration = Duration::from_millis(300);
        let mut buffer = [0; 4096];
        while let Ok(read) = tokio::time::timeout(WHILE, self.0.read(&mut buffer)).await {
            assert_ne!(read.unwrap(), 0, "it has ended");
        }
    }

    pub(crate) async fn says_something(&mut self) {
        assert_ne!(self.0.read(&mut [0; 4096]).await.unwrap(), 0, "it has ended");
    }

    /// Waits until no process holds the other end any more.
    pub(crate) async fn gone(mut self) {
        // A killed process may reset the connection.
        let _ = self.0.read_to_end(&mut Vec::new()).await;
    }
}

/// A Python function that connects to the port in its event and waits there until it is let go.
pub(crate) const GATED: &str = "
import socket
kept = []
def handler(event, context):
    if event:
        connection = socket.create_connection(('127.0.0.1', event['port']))
        kept.append(connection)
        connection.recv(1)
    return len(kept)
";
