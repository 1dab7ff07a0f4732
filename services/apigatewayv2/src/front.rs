//! The front: requests to `{api}.execute-api.…` hosts, and to `/_aws/execute-api/{api}/{stage}/…`.

use std::sync::Arc;
use std::time::Duration;

use api_lambda as lambda;
use bytes::Bytes;
use http_events::{Place, Request};
use service::{Cloud, Result, Visit};
use store::Reads as _;
use wire::{Answer, Fault};

use crate::api::{HttpApi, Integration};
use crate::{keys, pattern};

const PATH: &str = "/_aws/execute-api/";

/// Whether a request is for an API here.
pub(crate) fn accepts(host: &str, path: &str) -> bool {
    path.starts_with(PATH) || host_api(host).is_some()
}

/// The API in `{api}.execute-api.localhost:4566`.
fn host_api(host: &str) -> Option<&str> {
    let (id, rest) = host.split_once('.')?;
    rest.starts_with("execute-api.").then_some(id)
}

/// Runs the function behind the route that a request takes.
pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    let answered = match find(&cloud, &visit) {
        Ok(Some(found)) => found.run(&cloud, &visit).await,
        Ok(None) => return Answer::json(404, r#"{"message":"Not Found"}"#),
        Err(error) => Err(error),
    };
    answered.unwrap_or_else(|error| {
        tracing::warn!(%error, path = visit.path, request_id = &*visit.request_id, "an integration failed");
        http_events::failure()
    })
}

/// Where a request leads.
struct Found {
    api: HttpApi,
    integration: Integration,
    stage: String,
    path: String,
    route_key: String,
    variables: std::collections::BTreeMap<String, String>,
}

fn find(cloud: &Cloud, visit: &Visit) -> Result<Option<Found>> {
    let (id, path) = match visit.path.strip_prefix(PATH) {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => (host_api(&visit.host).unwrap_or_default(), visit.path.trim_start_matches('/')),
    };
    let Some(api) = cloud.store.snapshot().get_record::<HttpApi>(&keys::api(id))? else { return Ok(None) };
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (stage, path) = if api.stages.contains_key(first) { (first, rest) } else { ("$default", path) };
    if !api.stages.contains_key(stage) {
        return Ok(None);
    }
    let keys = api.routes.values().map(|route| route.key.as_str());
    let Some((route_key, variables)) = pattern::best(keys, visit.method.as_str(), path) else {
        return Ok(None);
    };
    let route = api.routes.values().find(|route| route.key == route_key);
    let integration = route.and_then(|route| api.integrations.get(route.integration.as_ref()?)).cloned();
    let (stage, path, route_key) = (stage.to_owned(), format!("/{path}"), route_key.to_owned());
    Ok(integration.map(|integration| Found { integration, stage, path, route_key, variables, api }))
}

/// A visit as functions see it.
fn request(visit: &Visit, at_ms: i64) -> Request<'_> {
    Request {
        request_id: &visit.request_id,
        method: visit.method.as_str(),
        host: &visit.host,
        query: &visit.query,
        headers: &visit.headers,
        body: &visit.body,
        source_ip: visit.source_ip,
        at_ms,
    }
}

impl Found {
    /// The default stage has no name in the path.
    fn place(&self) -> Place<'_> {
        let is_default = self.stage == "$default";
        let variables = self.api.stages.get(&self.stage).map(|stage| stage.variables.clone());
        Place {
            account: self.api.scope.account.as_str(),
            api: &self.api.id,
            route_key: &self.route_key,
            stage: &self.stage,
            path: if is_default { self.path.clone() } else { format!("/{}{}", self.stage, self.path) },
            variables: self.variables.clone(),
            stage_variables: variables.unwrap_or_default(),
            authorizer: None,
        }
    }

    async fn run(self, cloud: &Arc<Cloud>, visit: &Visit) -> Result<Answer> {
        let context = cloud.context_of("apigateway", self.api.scope);
        let request = request(visit, cloud.clock.now().millis());
        let (place, format) = (self.place(), self.integration.payload_format.as_str());
        let event = if format == "1.0" { request.version_1(&place) } else { request.version_2(&place) };
        let input = lambda::InvokeInput {
            function_name: self.integration.uri.clone(),
            payload: Some(Bytes::from(event.to_string())),
            ..lambda::InvokeInput::default()
        };
        let patience = Duration::from_millis(self.integration.timeout_ms.unsigned_abs().into());
        let Ok(output) = tokio::time::timeout(patience, context.call::<lambda::Invoke>(input)).await else {
            return Ok(Answer::json(503, r#"{"message":"Service Unavailable"}"#));
        };
        let output: lambda::InvokeOutput = output.map_err(|fault: Fault| fault)?;
        if output.function_error.is_some() {
            return Ok(http_events::failure());
        }
        Ok(http_events::answer(&output.payload.unwrap_or_default(), format))
    }
}
