//! Forms on their way in: read up to their file, which streams; and signed in one of their fields.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Poller, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Method};
use multer::{Field, Multipart};
use service::{Cloud, Form, FormFile, Service};
use wire::{Body, Fault};

use super::{Door, Peer, Refusal, close};
use crate::body::Receiver;
use crate::inlet::Inlet;
use crate::response::{self, Reply};
use crate::{cross_origin, host, identify};

/// The greatest size of all that stands before the file, in bytes.
const FIELDS_BYTES_MAX: usize = 20 * 1024;
/// How much is read until the file must have begun: the fields with what stands around them, and what came with them.
const PREAMBLE_BYTES_MAX: usize = 1024 * 1024;
const FILE: &str = "file";

/// The service that a request brings a form.
pub(super) fn asked<'a>(cloud: &'a Cloud, parts: &Parts) -> Option<&'a Service> {
    if parts.method != Method::POST {
        return None;
    }
    let content_type = parts.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let is_form =
        content_type.get(..19).is_some_and(|begin| begin.eq_ignore_ascii_case("multipart/form-data"));
    let takes_forms = |service: &Service| service.takes_forms();
    host::service_among(cloud.directory(), parts, takes_forms).filter(|_| is_form)
}

impl Door {
    /// Takes a form in.
    pub(super) async fn form(
        &self,
        service: &Service,
        parts: &Parts,
        body: Receiver,
        peer: &Peer<'_>,
    ) -> Reply {
        let inlet = Inlet::new(body);
        let for_pages = cross_origin::headers(&self.control.cloud, service, parts);
        let outcome = self.take(service, parts, inlet.clone(), peer).await;
        let refused = |fault| Refusal { fault, protocol: identify::spoken(service) };
        let mut reply = outcome.unwrap_or_else(|fault| refused(fault).into_reply(peer.request_id));
        reply.headers_mut().extend(for_pages);
        close(inlet, parts, reply).await
    }

    async fn take(
        &self,
        service: &Service,
        parts: &Parts,
        inlet: Inlet,
        peer: &Peer<'_>,
    ) -> Result<Reply, Fault> {
        let cloud = &self.control.cloud;
        let path = host::path_of(service, parts).into_owned();
        let form = read(path, &parts.headers, inlet).await?;
        let identity = self.identities.of_form(cloud, parts, service, &form);
        let identity = identity.map_err(|refused| refused.into_fault(identify::spoken(service)))?;
        let context = self.context(parts, identity, peer);
        let answer = cloud.directory().take_form(&context, service, form).await?;
        Ok(response::from_answer(answer, peer.request_id))
    }
}

/// Reads a form up to its file.
async fn read(path: String, headers: &HeaderMap, inlet: Inlet) -> Result<Form, Fault> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(content_type).map_err(|error| malformed(&error))?;
    let has_file = Arc::new(AtomicBool::new(false));
    let pieces = Pieces { inlet, has_file: Arc::clone(&has_file), came: 0, rests: false };
    let mut multipart = Multipart::new(pieces, boundary);
    let mut fields = Vec::new();
    let mut size = 0;
    while let Some(field) = multipart.next_field().await.map_err(unread)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name.eq_ignore_ascii_case(FILE) {
            has_file.store(true, Ordering::Relaxed);
            return Ok(Form { path, fields, file: Some(file(field)) });
        }
        size += name.len();
        let value = value(field, &mut size).await?;
        fields.push((name, value));
    }
    Ok(Form { path, fields, file: None })
}

async fn value(mut field: Field<'static>, size: &mut usize) -> Result<String, Fault> {
    let mut value = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(unread)? {
        *size += piece.len();
        if *size > FIELDS_BYTES_MAX {
            return Err(too_long());
        }
        value.extend_from_slice(&piece);
    }
    // What is no text is a value that nothing else is.
    Ok(String::from_utf8_lossy(&value).into_owned())
}

fn file(field: Field<'static>) -> FormFile {
    let name = field.file_name().map(str::to_owned);
    FormFile { name, body: Body::stream(None, field.map(|piece| piece.map_err(unread))) }
}

/// What comes of a request, no faster than it is wanted.
struct Pieces {
    inlet: Inlet,
    has_file: Arc<AtomicBool>,
    came: usize,
    /// The parser takes all that is there: after each piece it is told that there is nothing, so that it hands on what it has.
    rests: bool,
}

impl Stream for Pieces {
    type Item = Result<Bytes, Fault>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Poller<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.came > PREAMBLE_BYTES_MAX && !self.has_file.load(Ordering::Relaxed) {
            return Poll::Ready(Some(Err(too_long())));
        }
        let piece = self.inlet.poll_data(context);
        if let Poll::Ready(Some(Ok(piece))) = &piece {
            self.came = self.came.saturating_add(piece.len());
            self.rests = true;
        }
        piece
    }
}

fn too_long() -> Fault {
    let message = "Your POST request fields preceding the upload file were too large.";
    Fault::new("MaxPostPreDataLengthExceededError", 400, message)
        .with_element("MaxPostPreDataLengthBytes", FIELDS_BYTES_MAX.to_string())
}

/// What stopped the reading: the body itself, or its form.
fn unread(error: multer::Error) -> Fault {
    match error {
        multer::Error::StreamReadFailed(cause) => match cause.downcast::<Fault>() {
            Ok(fault) => *fault,
            Err(other) => malformed(&other),
        },
        other => malformed(&other),
    }
}

fn malformed(why: &dyn std::fmt::Display) -> Fault {
    tracing::debug!(%why, "a form cannot be read");
    let message = "The body of your POST request is not well-formed multipart/form-data.";
    Fault::new("MalformedPOSTRequest", 400, message)
}
