//! Answers that functions stream: chunks as they come, and trailers that say when something failed on the way.
//!
//! See "Response streaming" on AWS's page "Building a custom runtime".

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::sync::mpsc;

use crate::{Piece, RESPONSE_BYTES_MAX, STREAM_BYTES_MAX};

const MODE: &str = "lambda-runtime-function-response-mode";
const ERROR_KIND: &str = "lambda-runtime-function-error-type";
const ERROR_BODY: &str = "lambda-runtime-function-error-body";

/// Parts that may wait for whoever takes them.
const PARTS_MAX: usize = 8;

/// A streamed answer on its way.
#[derive(Debug)]
pub(crate) struct Stream {
    content_type: String,
    parts: mpsc::Receiver<Part>,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum Part {
    Data(Bytes),
    Failed { kind: String, document: Bytes },
    End,
}

/// How a streamed answer ended.
#[derive(Debug)]
pub(crate) enum Passed {
    /// With what nobody took as it came.
    Whole(Bytes),
    Failed {
        kind: String,
        document: Bytes,
    },
    TooLarge,
    /// The function broke it off.
    Broken,
}

/// Whether the function streams its answer.
pub(super) fn is_wanted(headers: &HeaderMap) -> bool {
    headers.get(MODE).is_some_and(|mode| mode.as_bytes().eq_ignore_ascii_case(b"streaming"))
}

/// Hands on what the function sends. `false` when it breaks off.
pub(super) async fn pump(mut body: Incoming, parts: mpsc::Sender<Part>) -> bool {
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let part = match frame.into_data() {
            Ok(data) => Part::Data(data),
            Err(frame) => match frame.into_trailers().ok().and_then(|trailers| failure(&trailers)) {
                Some(failure) => {
                    // Whoever has gone needs no reasons.
                    let _ = parts.send(failure).await;
                    return true;
                }
                None => continue,
            },
        };
        if parts.send(part).await.is_err() {
            return true;
        }
    }
    let _ = parts.send(Part::End).await;
    true
}

fn failure(trailers: &HeaderMap) -> Option<Part> {
    let kind = trailers.get(ERROR_KIND)?.to_str().ok()?.to_owned();
    let document = trailers.get(ERROR_BODY).and_then(|body| STANDARD.decode(body.as_bytes()).ok());
    Some(Part::Failed { kind, document: document.unwrap_or_default().into() })
}

impl Stream {
    pub(super) fn of(headers: &HeaderMap) -> (Self, mpsc::Sender<Part>) {
        let kind = headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let (sender, parts) = mpsc::channel(PARTS_MAX);
        let content_type = kind.unwrap_or("application/octet-stream").to_owned();
        (Stream { content_type, parts }, sender)
    }

    /// Gives its parts to whoever takes them, or collects them. A taker who has gone does not stop the function.
    pub(super) async fn pass_on(mut self, taker: Option<&mpsc::Sender<Piece>>) -> Passed {
        let limit = if taker.is_some() { STREAM_BYTES_MAX } else { RESPONSE_BYTES_MAX };
        let (mut whole, mut size) = (BytesMut::new(), 0);
        if let Some(taker) = taker {
            let _ = taker.send(Piece::Head { content_type: self.content_type }).await;
        }
        while let Some(part) = self.parts.recv().await {
            match part {
                Part::Data(data) => {
                    size += data.len();
                    if size > limit {
                        return Passed::TooLarge;
                    }
                    match taker {
                        Some(taker) => drop(taker.send(Piece::Data(data)).await),
                        None => whole.extend_from_slice(&data),
                    }
                }
                Part::Failed { kind, document } => return Passed::Failed { kind, document },
                Part::End => return Passed::Whole(whole.freeze()),
            }
        }
        Passed::Broken
    }
}
