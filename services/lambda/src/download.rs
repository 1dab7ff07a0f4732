//! Addresses from which packages can be downloaded: whoever was shown one may read the package for ten minutes, without a
//! signature, as with the links to S3 that AWS shows.

use std::sync::Arc;

use service::{Cloud, Context, Result, Visit};
use wire::Answer;

use crate::keys::Id;
use crate::package::{self, Stored};

const PATH: &str = "/_aws/lambda/packages/";
/// How long an address holds.
const HOLDS_MS: i64 = 600_000;
/// Tells these tokens from those of lists.
const SEAL: &str = "lambda:package";

/// Where a package can be read.
pub(crate) fn location(context: &Context, package: &Stored) -> String {
    let until_ms = context.now().millis() + HOLDS_MS;
    let payload = [&package.id[..], &until_ms.to_be_bytes()].concat();
    format!("{}{PATH}{}", context.caller.endpoint, context.cloud.page_tokens.seal(SEAL, &payload))
}

/// Whether a request is for a package.
pub(crate) fn accepts(_host: &str, path: &str) -> bool {
    path.starts_with(PATH)
}

pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    match read(&cloud, &visit) {
        Ok(Some(zip)) => Answer::text(200, "application/zip", zip),
        Ok(None) => Answer::json(403, r#"{"Message":"The address is not valid, or not any more."}"#),
        Err(error) => {
            tracing::error!(%error, "a package could not be read");
            Answer::json(500, r#"{"Message":"Internal failure"}"#)
        }
    }
}

fn read(cloud: &Cloud, visit: &Visit) -> Result<Option<Vec<u8>>> {
    let token = visit.path.strip_prefix(PATH).unwrap_or_default();
    let Some(id) = opened(cloud, token).filter(|_| visit.method == http::Method::GET) else {
        return Ok(None);
    };
    let zip = package::read(&cloud.store.snapshot(), &id)?;
    Ok(Some(zip).filter(|zip| !zip.is_empty()))
}

/// The package that a token is for, as long as it holds.
fn opened(cloud: &Cloud, token: &str) -> Option<Id> {
    let payload = cloud.page_tokens.open(SEAL, token).ok()?;
    let (id, until) = payload.split_first_chunk::<16>()?;
    let until_ms = i64::from_be_bytes(until.try_into().ok()?);
    (cloud.clock.now().millis() < until_ms).then_some(*id)
}
