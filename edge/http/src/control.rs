//! The paths that are our own: health, metrics, the clock, the outbox, reset.
//!
//! They are open on loopback. Elsewhere, and for functions with a network of their own, the door asks for the root key first.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use service::{Cloud, Letter};
use wire::Fault;

use crate::response::{self, Reply};

/// Letters that the outbox shows.
const LETTERS_MAX: usize = 1000;

/// Makes what must exist again after everything was wiped.
pub type AfterReset = Box<dyn Fn(&Cloud) -> Result<(), store::Error> + Send + Sync>;

/// What the control paths need.
pub struct Control {
    /// The whole.
    pub cloud: Arc<Cloud>,
    /// Makes what must exist again after everything was wiped: the root key.
    pub after_reset: AfterReset,
}

/// A control path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Health,
    Reset,
    Metrics,
    Clock,
    Outbox,
}

impl Page {
    /// The page at `path`, if it is one of ours.
    pub(crate) fn at(path: &str) -> Option<Self> {
        match path {
            "/_cloudlet/health" | "/_localstack/health" => Some(Page::Health),
            "/_cloudlet/reset" | "/moto-api/reset" => Some(Page::Reset),
            "/_cloudlet/metrics" => Some(Page::Metrics),
            "/_cloudlet/clock" => Some(Page::Clock),
            "/_cloudlet/outbox" => Some(Page::Outbox),
            _ => None,
        }
    }
}

impl Control {
    /// Answers a control path.
    ///
    /// # Errors
    /// 405 for another method, 400 for a body that says nothing known.
    pub(crate) async fn answer(
        &self,
        page: Page,
        method: &Method,
        query: &str,
        body: &Bytes,
    ) -> Result<Reply, Fault> {
        match (page, method) {
            (Page::Health, &Method::GET | &Method::HEAD) => {
                Ok(response::json(StatusCode::OK, &self.health()))
            }
            (Page::Metrics, &Method::GET) => {
                let text = self.cloud.metrics.prometheus();
                Ok(response::typed(StatusCode::OK, "text/plain; version=0.0.4", text))
            }
            (Page::Clock, &Method::GET) => Ok(response::json(StatusCode::OK, &self.clock())),
            (Page::Clock, &Method::POST) => self.move_clock(body),
            (Page::Outbox, &Method::GET) => self.outbox(query),
            (Page::Outbox, &Method::DELETE) => {
                let cleared = Letter::clear(&self.cloud.store);
                cleared
                    .map(|()| response::json(StatusCode::OK, &json!({ "status": "ok" })))
                    .map_err(unreadable)
            }
            (Page::Reset, &Method::POST) => self.reset(),
            _ => Err(Fault::new("MethodNotAllowed", 405, format!("{method} is not allowed here."))),
        }
    }

    fn health(&self) -> Value {
        let services = self.cloud.directory().services();
        let supported: serde_json::Map<_, _> =
            services.map(|service| (service.facts().name.to_owned(), json!(service.supported()))).collect();
        let running: serde_json::Map<_, _> =
            supported.keys().map(|name| (name.clone(), json!("running"))).collect();
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "edition": "cloudlet",
            "services": running,
            "operations": supported,
        })
    }

    /// The newest letters, oldest first; `?to=` asks for those to somebody.
    fn outbox(&self, query: &str) -> Result<Reply, Fault> {
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        let to = pairs.find(|(name, _)| name == "to").map(|(_, to)| to);
        let letters = Letter::newest(&self.cloud.store.snapshot(), to.as_deref(), LETTERS_MAX);
        let letters = letters.map_err(unreadable)?;
        Ok(response::json(StatusCode::OK, &json!({ "letters": letters })))
    }

    fn clock(&self) -> Value {
        let state = self.cloud.clock.state();
        json!({ "now_ms": state.now.millis(), "offset_ms": state.offset_ms, "frozen": state.frozen })
    }

    /// `{"advance_seconds": 60}`, `{"frozen": true}`, or both: first it stops, then it moves.
    fn move_clock(&self, body: &Bytes) -> Result<Reply, Fault> {
        let bad = |what: &str| Fault::new("ValidationException", 400, what.to_owned());
        let Ok(Value::Object(wishes)) = serde_json::from_slice(body) else {
            return Err(bad(
                "The body must be a JSON object such as {\"advance_seconds\": 60, \"frozen\": true}.",
            ));
        };
        let mut advance = None;
        let mut frozen = None;
        for (name, value) in &wishes {
            match (name.as_str(), value) {
                ("advance_seconds", value) => {
                    let seconds =
                        value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                    advance = Some(
                        seconds
                            .ok_or_else(|| bad("advance_seconds must be a number that is not negative."))?,
                    );
                }
                ("frozen", Value::Bool(value)) => frozen = Some(*value),
                _ => return Err(bad(&format!("Unknown setting of the clock: {name}."))),
            }
        }
        match frozen {
            Some(true) => self.cloud.clock.freeze(),
            Some(false) => self.cloud.clock.resume(),
            None => {}
        }
        if let Some(advance) = advance {
            self.cloud.clock.advance(advance);
        }
        Ok(response::json(StatusCode::OK, &self.clock()))
    }

    fn reset(&self) -> Result<Reply, Fault> {
        let wiped = self.cloud.store.reset().and_then(|()| (self.after_reset)(&self.cloud));
        match wiped {
            Ok(()) => Ok(response::json(StatusCode::OK, &json!({ "status": "ok" }))),
            Err(error) => {
                tracing::error!(%error, "reset failed");
                Err(Fault::new("InternalFailure", 500, "The store could not be wiped."))
            }
        }
    }
}

fn unreadable(error: service::Error) -> Fault {
    tracing::error!(%error, "the outbox could not be read or written");
    Fault::new("InternalFailure", 500, "The outbox could not be read or written.")
}
