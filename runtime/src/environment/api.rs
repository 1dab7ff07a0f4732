//! The Lambda Runtime API of one environment: HTTP/1.1 on a loopback port of its own.
//!
//! See AWS's page "Using the Lambda runtime API". One event is in work at a time; the server hands it over through the
//! [`Desk`], and the environment's answer comes back through it. Paths of extensions have files of their own.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::Tasks;
use super::extensions::{self, Extensions};
use super::logs::Logs;
use super::streaming::{self, Stream};
use super::telemetry::{self, Telemetry};
use crate::{RESPONSE_BYTES_MAX, SystemLevel};

const PREFIX: &str = "/2018-06-01/runtime/";

/// Connections that an environment may hold: a runtime needs one or two.
const CONNECTIONS_MAX: usize = 64;

/// How long accepting rests after the system refused it.
pub(super) const ACCEPT_PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Beyond the largest answer, this much is read and thrown away, so that the function hears of its mistake.
const DISCARDED_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What goes to the function with an event.
pub(crate) struct Event {
    pub(crate) payload: Bytes,
    /// `Lambda-Runtime-*`, all but the request's id.
    pub(crate) headers: Vec<(&'static str, HeaderValue)>,
    pub(crate) request_id: String,
}

/// What the function made of an event.
#[derive(Debug)]
pub(crate) enum Reply {
    Success(Bytes),
    Failure {
        kind: String,
        document: Bytes,
    },
    TooLarge,
    /// It comes piece by piece.
    Streaming(Stream),
}

/// What the function is at. An event is over when it is answered and the function waits again.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    Starting,
    Waiting,
    Working,
    /// It could not initialise.
    Failed {
        kind: String,
        document: Bytes,
    },
}

struct InWork {
    request_id: String,
    reply: oneshot::Sender<Reply>,
}

/// Where events and answers change hands.
pub(crate) struct Desk {
    events: mpsc::Sender<Event>,
    waiting: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    in_work: Mutex<Option<InWork>>,
    stage: watch::Sender<Stage>,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let (events, waiting) = mpsc::channel(1);
        let stage = watch::Sender::new(Stage::Starting);
        Self { events, waiting: tokio::sync::Mutex::new(waiting), in_work: Mutex::new(None), stage }
    }

    pub(crate) fn stage(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    /// Puts an event before the function. The receiver fails when the function dies without an answer.
    pub(crate) fn hand_over(&self, event: Event) -> oneshot::Receiver<Reply> {
        let (reply, answer) = oneshot::channel();
        *self.in_work.lock() = Some(InWork { request_id: event.request_id.clone(), reply });
        if self.events.try_send(event).is_err() {
            // The last event was never taken: without an answer this environment is given up.
            *self.in_work.lock() = None;
        }
        answer
    }

    async fn next(&self) -> Option<Event> {
        let mut waiting = self.waiting.lock().await;
        self.stage.send_replace(Stage::Waiting);
        let event = waiting.recv().await;
        self.stage.send_replace(Stage::Working);
        event
    }

    /// Takes an answer to the event in work; `false` for any other.
    fn settle(&self, request_id: &str, reply: Reply) -> bool {
        let Some(in_work) = self.in_work.lock().take_if(|in_work| in_work.request_id == request_id) else {
            return false;
        };
        // A receiver that is gone gave up waiting: the invocation was cancelled.
        let _ = in_work.reply.send(reply);
        true
    }

    fn fail_init(&self, kind: String, document: Bytes) -> bool {
        self.stage.send_if_modified(|stage| {
            let starting = matches!(stage, Stage::Starting);
            if starting {
                *stage = Stage::Failed { kind, document };
            }
            starting
        })
    }
}

/// What requests of an environment's processes are for.
pub(super) struct Apis {
    pub(super) desk: Arc<Desk>,
    pub(super) extensions: Arc<Extensions>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) logs: Arc<Logs>,
    pub(super) facts: extensions::api::Facts,
    pub(super) json_lines: Option<SystemLevel>,
    pub(super) tasks: Tasks,
}

/// Serves the API until the task is aborted.
pub(super) async fn serve(listener: TcpListener, apis: Arc<Apis>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) if connections.len() < CONNECTIONS_MAX => {
                connections.spawn(serve_connection(stream, apis.clone()));
            }
            // Too many connections: this one is closed.
            Ok(_) => {}
            // The system is short of descriptors: it is tried again when some may have been closed.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve_connection(stream: TcpStream, apis: Arc<Apis>) {
    // Without it answers are only slower.
    let _ = stream.set_nodelay(true);
    let service = hyper::service::service_fn(move |request| {
        let apis = apis.clone();
        async move { Ok::<_, Infallible>(answer(request, &apis).await) }
    });
    // A connection that breaks is the function's affair; it opens another.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, apis: &Apis) -> Response<Full<Bytes>> {
    let path = request.uri().path().to_owned();
    if let Some(route) = path.strip_prefix(extensions::api::PREFIX) {
        return extensions::api::answer(request, route, apis).await;
    }
    if let Some(api) = telemetry::api::at(&path) {
        return telemetry::api::answer(request, api, apis).await;
    }
    match path.strip_prefix(PREFIX) {
        Some(route) => answer_runtime(request, route, &apis.desk).await,
        None => unknown_path(),
    }
}

async fn answer_runtime(request: Request<Incoming>, route: &str, desk: &Desk) -> Response<Full<Bytes>> {
    match (request.method(), route.split('/').collect::<Vec<_>>().as_slice()) {
        (&Method::GET, ["invocation", "next"]) => match desk.next().await {
            Some(event) => hand_out(event),
            None => refusal(StatusCode::INTERNAL_SERVER_ERROR, "ContainerError", "The environment is ending"),
        },
        (&Method::POST, ["invocation", id, "response"]) if streaming::is_wanted(request.headers()) => {
            let (stream, parts) = Stream::of(request.headers());
            if !desk.settle(id, Reply::Streaming(stream)) {
                return settled(false);
            }
            if streaming::pump(request.into_body(), parts).await { accepted() } else { broken_body() }
        }
        (&Method::POST, ["invocation", id, "response"]) => match read(request.into_body()).await {
            Ok(Some(body)) => settled(desk.settle(id, Reply::Success(body))),
            Ok(None) if desk.settle(id, Reply::TooLarge) => too_large(),
            Ok(None) => settled(false),
            Err(()) => broken_body(),
        },
        (&Method::POST, ["invocation", id, "error"]) => {
            let kind = error_kind(&request);
            match read(request.into_body()).await {
                Ok(Some(document)) => settled(desk.settle(id, Reply::Failure { kind, document })),
                Ok(None) if desk.settle(id, Reply::TooLarge) => too_large(),
                Ok(None) => settled(false),
                Err(()) => broken_body(),
            }
        }
        (&Method::POST, ["init", "error"]) => {
            let kind = error_kind(&request);
            match read(request.into_body()).await {
                Ok(Some(document)) => init_failed(desk.fail_init(kind, document)),
                Ok(None) => too_large(),
                Err(()) => broken_body(),
            }
        }
        _ => unknown_path(),
    }
}

fn error_kind(request: &Request<Incoming>) -> String {
    let header = request.headers().get("lambda-runtime-function-error-type");
    header.and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

fn hand_out(event: Event) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(event.payload));
    let headers = response.headers_mut();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    if let Ok(id) = HeaderValue::from_str(&event.request_id) {
        headers.insert("lambda-runtime-aws-request-id", id);
    }
    headers
        .extend(event.headers.into_iter().map(|(name, value)| (http::HeaderName::from_static(name), value)));
    response
}

/// The whole body, or `None` when it is too large.
pub(super) async fn read(mut body: Incoming) -> Result<Option<Bytes>, ()> {
    let mut whole = BytesMut::new();
    let mut size = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| ())?.into_data() else { continue };
        size += data.len();
        if size > DISCARDED_BYTES_MAX {
            break;
        }
        if size <= RESPONSE_BYTES_MAX {
            whole.extend_from_slice(&data);
        }
    }
    Ok((size <= RESPONSE_BYTES_MAX).then(|| whole.freeze()))
}

fn settled(known: bool) -> Response<Full<Bytes>> {
    if known {
        accepted()
    } else {
        refusal(StatusCode::BAD_REQUEST, "InvalidRequestID", "Invalid request ID")
    }
}

fn init_failed(starting: bool) -> Response<Full<Bytes>> {
    if starting {
        return accepted();
    }
    refusal(StatusCode::FORBIDDEN, "InvalidStateTransition", "State transition is not allowed")
}

pub(super) fn accepted() -> Response<Full<Bytes>> {
    respond(StatusCode::ACCEPTED, r#"{"status":"OK"}"#.into())
}

fn too_large() -> Response<Full<Bytes>> {
    let message = format!("Exceeded maximum allowed payload size ({RESPONSE_BYTES_MAX} bytes).");
    refusal(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message)
}

pub(super) fn broken_body() -> Response<Full<Bytes>> {
    refusal(StatusCode::BAD_REQUEST, "BadRequest", "The body could not be read")
}

pub(super) fn unknown_path() -> Response<Full<Bytes>> {
    refusal(StatusCode::NOT_FOUND, "NotFound", "The Runtime API has no such path")
}

pub(super) fn refusal(status: StatusCode, kind: &str, message: &str) -> Response<Full<Bytes>> {
    respond(status, serde_json::json!({ "errorType": kind, "errorMessage": message }).to_string().into())
}

pub(super) fn respond(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}
