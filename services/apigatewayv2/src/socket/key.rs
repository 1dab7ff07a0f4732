//! API keys of clients, which routes may ask for: a connection has the one that it came with.

use ::service::{KeyUse, KeyVerdict};
use http::HeaderMap;

use super::call::Call;
use super::plan::{Plan, Route};
use super::refusal::Refusal;

/// The key's value and its id, of a client whose key a usage plan has let in.
pub(crate) type ApiKey = Option<(String, String)>;

/// The key that a connection comes with, where it is not an authorizer that says it.
pub(crate) fn offered(plan: &Plan, headers: &HeaderMap) -> Option<String> {
    let header = headers.get("x-api-key").filter(|_| !plan.authorizer_has_key)?;
    header.to_str().ok().map(str::to_owned)
}

/// Lets a connection or a message in whose key a usage plan lets in, where the route asks for one.
pub(crate) async fn admit(call: &Call, route: &Route) -> Result<ApiKey, Refusal> {
    if !route.document.api_key_required {
        return Ok(None);
    }
    let value = call.client.offered_key.clone();
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
