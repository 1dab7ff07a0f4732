//! Which API and stage a request is for: by the API's own host, or by a path for whoever has no such host.

use std::sync::Arc;

use service::domains::{self, Route};
use service::{Cloud, Result, Visit};

use super::plan::{Plan, Plans};

const PATH: &str = "/_aws/execute-api/";

/// The stage that was found, and what is left of the path.
pub(super) struct Found {
    pub(super) plan: Arc<Plan>,
    pub(super) path: String,
    /// What a domain of the user's own has taken off before it: `/v1`; none where the client came to the API's own address.
    pub(super) base: Option<String>,
}

/// Whether a request is for an API here.
pub(crate) fn accepts(host: &str, path: &str) -> bool {
    path.starts_with(PATH) || host_api(host).is_some()
}

/// The API in `{api}.execute-api.us-east-1.localhost:4566`.
fn host_api(host: &str) -> Option<&str> {
    let (id, rest) = host.split_once('.')?;
    rest.starts_with("execute-api.").then_some(id)
}

pub(super) fn find(cloud: &Cloud, visit: &Visit) -> Result<Option<Found>> {
    if let Some(route) = domains::route(&cloud.store, &visit.host, &visit.path)? {
        return route.map_or(Ok(None), |route| by_domain(cloud, route));
    }
    let (id, path) = match (visit.path.strip_prefix(PATH), host_api(&visit.host)) {
        (Some(rest), _) => rest.split_once('/').unwrap_or((rest, "")),
        (None, Some(id)) => (id, visit.path.strip_prefix('/').unwrap_or_default()),
        (None, None) => return Ok(None),
    };
    let Some(plans) = Plans::of(cloud, id)? else { return Ok(None) };
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    let (plan, path) = match plans.stage(first) {
        Some(plan) => (plan, rest),
        None => match plans.stage("$default") {
            Some(plan) => (plan, path),
            None => return Ok(None),
        },
    };
    let found = Found { plan: Arc::clone(plan), path: format!("/{path}"), base: None };
    Ok(Some(found).filter(|found| !found.plan.is_hidden))
}

/// What a domain leads to.
fn by_domain(cloud: &Cloud, Route { api, stage, base, path }: Route) -> Result<Option<Found>> {
    let plans = Plans::of(cloud, &api)?;
    let plan = plans.as_ref().zip(stage.as_ref()).and_then(|(plans, stage)| plans.stage(stage));
    Ok(plan.map(|plan| Found { plan: Arc::clone(plan), path, base: Some(base) }))
}
