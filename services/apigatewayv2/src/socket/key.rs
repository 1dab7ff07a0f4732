//! API keys of clients, which `$connect` may ask for.

use ::service::{KeyUse, KeyVerdict};

use super::call::Call;
use super::plan::Route;
use super::refusal::Refusal;

/// The key's value and its id, of a client that has one which may still connect.
pub(crate) type ApiKey = Option<(String, String)>;

/// Lets a connection in whose key a usage plan lets in, where the route asks for one.
pub(crate) async fn admit(
    call: &Call,
    route: &Route,
    of_authorizer: Option<String>,
) -> Result<ApiKey, Refusal> {
    if !route.document.api_key_required {
        return Ok(None);
    }
    let header = || call.headers.get("x-api-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let value = if call.plan.authorizer_has_key { of_authorizer } else { header() };
    let value = value.ok_or_else(|| Refusal::forbidden("there is no API key"))?;
    let (api, stage) = (call.plan.api.as_str(), call.plan.stage.name.as_str());
    let used = KeyUse {
        scope: call.plan.scope,
        api,
        stage,
        method: &call.route_key,
        value: &value,
        at_ms: call.at_ms,
    };
    let verdict = call.cloud.directory().judge_key(&call.cloud, used).await;
    match verdict.map_err(|error| Refusal::new(500, "Internal server error", error.to_string()))? {
        KeyVerdict::Admitted(id) => Ok(Some((value, id))),
        KeyVerdict::Unknown => Err(Refusal::forbidden("no usage plan lets the API key in")),
        KeyVerdict::Throttled(_) => Err(Refusal::too_many()),
        KeyVerdict::Exhausted(_) => Err(Refusal::new(429, "Limit Exceeded", "the quota is used up")),
    }
}
