//! Which API and stage a request is for: by the API's own host, or by a path for whoever has no such host.

use std::sync::Arc;

use service::domains::{self, Route};
use service::{Cloud, Result, Visit};
use store::Store;

use super::plan::{Plan, Plans};
use crate::socket;

const PATH: &str = "/_aws/execute-api/";

/// The stage that was found, and what is left of the path.
pub(super) struct Found {
    pub(super) plan: Planned,
    pub(super) path: String,
    /// What a domain of the user's own has taken off before it: `/v1`; none where the client came to the API's own address.
    pub(super) base: Option<String>,
}

/// What the stage does.
pub(super) enum Planned {
    Http(Arc<Plan>),
    Socket(Arc<socket::Plan>),
    /// A WebSocket API has no such stage.
    NoSocket,
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

/// Whether a host and a path lead to an HTTP API: nothing stands behind its paths.
pub(crate) fn keeps(store: &Store, host: &str, path: &str) -> bool {
    let found = || -> Result<bool> {
        let api = match domains::route(store, host, path)? {
            Some(route) => route.map(|route| route.api),
            None => {
                let by_path = path.strip_prefix(PATH).and_then(|rest| rest.split('/').next());
                by_path.or_else(|| host_api(host)).map(str::to_owned)
            }
        };
        let plans = api.map_or(Ok(None), |api| Plans::of(store, &api))?;
        Ok(plans.is_some_and(|plans| !plans.is_of_sockets()))
    };
    found().unwrap_or_else(|error| {
        tracing::error!(%error, "an API could not be read");
        false
    })
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
    let Some(plans) = Plans::of(&cloud.store, id)? else { return Ok(None) };
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if plans.is_of_sockets() {
        let plan = plans.socket_stage(first).map(|plan| Planned::Socket(Arc::clone(plan)));
        let plan = plan.and_then(Planned::shown).unwrap_or(Planned::NoSocket);
        return Ok(Some(Found { plan, path: format!("/{rest}"), base: None }));
    }
    let (plan, path) = match plans.stage(first) {
        Some(plan) => (plan, rest),
        None => match plans.stage("$default") {
            Some(plan) => (plan, path),
            None => return Ok(None),
        },
    };
    let plan = Planned::Http(Arc::clone(plan)).shown();
    Ok(plan.map(|plan| Found { plan, path: format!("/{path}"), base: None }))
}

impl Planned {
    /// The same, unless only names of the user's own lead to it.
    fn shown(self) -> Option<Self> {
        let is_hidden = match &self {
            Planned::Http(plan) => plan.is_hidden,
            Planned::Socket(plan) => plan.is_hidden,
            Planned::NoSocket => false,
        };
        (!is_hidden).then_some(self)
    }
}

/// What a domain leads to.
fn by_domain(cloud: &Cloud, Route { api, stage, base, path }: Route) -> Result<Option<Found>> {
    let plans = Plans::of(&cloud.store, &api)?;
    let plan = plans.as_ref().zip(stage.as_ref()).and_then(|(plans, stage)| {
        let socket = plans.socket_stage(stage).map(|plan| Planned::Socket(Arc::clone(plan)));
        socket.or_else(|| plans.stage(stage).map(|plan| Planned::Http(Arc::clone(plan))))
    });
    Ok(plan.map(|plan| Found { plan, path, base: Some(base) }))
}
