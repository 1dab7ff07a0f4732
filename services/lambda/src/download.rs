//! Addresses from which packages can be downloaded: whoever was shown one may read the package for ten minutes, without a
//! signature, as with the links to S3 that AWS shows.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream;
use service::{Cloud, Context, Result, Visit};
use wire::{Answer, Body, Fault};

use crate::keys::Id;
use crate::package::{self, Stored};

const PATH: &str = "/_aws/lambda/packages/";
/// How long an address holds.
const HOLDS_MS: i64 = 600_000;
/// Tells these tokens from those of lists.
const SEAL: &str = "lambda:package";

/// Where a package can be read.
pub(crate) fn location(context: &Context, package: &Stored) -> String {
    if let Some(folder) = &package.folder {
        return format!("file://{folder}");
    }
    let until_ms = context.now().millis() + HOLDS_MS;
    let payload = [&package.id[..], &package.size_bytes.to_be_bytes(), &until_ms.to_be_bytes()].concat();
    format!("{}{PATH}{}", context.caller.endpoint, context.cloud.page_tokens.seal(SEAL, &payload))
}

/// Whether a request is for a package.
pub(crate) fn accepts(_host: &str, path: &str) -> bool {
    path.starts_with(PATH)
}

pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    match read(cloud, &visit) {
        Ok(Some(zip)) => {
            let mut answer = Answer::text(200, "application/zip", Bytes::new());
            answer.body = zip;
            answer
        }
        Ok(None) => Answer::json(403, r#"{"Message":"The address is not valid, or not any more."}"#),
        Err(error) => {
            tracing::error!(%error, "a package could not be read");
            Answer::json(500, r#"{"Message":"Internal failure"}"#)
        }
    }
}

/// The package, a piece at a time: a slow client holds one of them, and no snapshot.
fn read(cloud: Arc<Cloud>, visit: &Visit) -> Result<Option<Body>> {
    let token = visit.path.strip_prefix(PATH).unwrap_or_default();
    let opened = opened(&cloud, token).filter(|_| visit.method == http::Method::GET);
    let Some((id, size_bytes)) = opened else { return Ok(None) };
    if !package::is_stored(&cloud.store.snapshot(), &id)? {
        return Ok(None);
    }
    let pieces = stream::try_unfold((cloud, 0), move |(cloud, number)| async move {
        let piece = package::piece(&cloud.store.snapshot(), &id, number);
        let piece = piece.map_err(|error| service::Error::from(error).into_fault())?;
        Ok::<_, Fault>(piece.map(|piece| (piece, (cloud, number + 1))))
    });
    Ok(Some(Body::stream(Some(size_bytes), pieces)))
}

/// The package that a token is for and its size, as long as it holds.
fn opened(cloud: &Cloud, token: &str) -> Option<(Id, u64)> {
    let payload = cloud.page_tokens.open(SEAL, token).ok()?;
    let (id, rest) = payload.split_first_chunk::<16>()?;
    let (size_bytes, until) = rest.split_first_chunk::<8>()?;
    let until_ms = i64::from_be_bytes(until.try_into().ok()?);
    (cloud.clock.now().millis() < until_ms).then_some((*id, u64::from_be_bytes(*size_bytes)))
}
