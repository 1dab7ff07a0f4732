//! Which API, stage and method a request is for.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use ::service::domains::{self, Route};
use ::service::{Cloud, Result, Visit};
use api_apigateway as api;
use store::{Reads as _, Store};

use super::compiled::{self, Compiled};
use super::content;
use super::notes::Notes;
use super::request::{Call, Identity, Target};
use super::settings;
use crate::apis::Owner;
use crate::document::Home;
use crate::keys;

const PATH: &str = "/_aws/execute-api/";
/// The methods that clients may use.
const VERBS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// An API, by a host or by a path.
pub(crate) struct Addressed<'a> {
    pub(crate) api: &'a str,
    /// The stage, and what is behind it.
    pub(crate) stage: &'a str,
    pub(crate) path: &'a str,
}

impl<'a> Addressed<'a> {
    pub(crate) fn of(host: &'a str, path: &'a str) -> Option<Self> {
        if let Some(rest) = path.strip_prefix(PATH) {
            let (api, rest) = rest.split_once('/').unwrap_or((rest, ""));
            return Some(Addressed::within(api, rest));
        }
        if let Some(rest) = path.strip_prefix("/restapis/")
            && let Some((api, rest)) = rest.split_once('/')
            && let Some((stage, rest)) = rest.split_once('/')
            && let Some(path) = rest.strip_prefix("_user_request_")
            && (path.is_empty() || path.starts_with('/'))
        {
            return Some(Addressed { api, stage, path: path.trim_start_matches('/') });
        }
        let (id, rest) = host.split_once('.')?;
        let is_here = rest.starts_with("execute-api.") && !id.is_empty();
        is_here.then(|| Addressed::within(id, path.trim_start_matches('/')))
    }

    fn within(api: &'a str, rest: &'a str) -> Self {
        let (stage, path) = rest.split_once('/').unwrap_or((rest, ""));
        Addressed { api, stage, path }
    }
}

/// Where a visit leads.
struct Place {
    api: String,
    stage: String,
    path: String,
    /// What a domain of the user's own has taken off the path; none where another way leads here.
    base: Option<String>,
    /// The path as the client asked for it.
    full_path: String,
}

impl Place {
    fn of(store: &Store, host: &str, path: &str) -> Result<Option<Self>> {
        if let Some(route) = domains::route(store, host, path)? {
            return Ok(route.map(Self::by_domain));
        }
        Ok(Addressed::of(host, path).map(|Addressed { api, stage, path }| Place {
            api: api.to_owned(),
            stage: stage.to_owned(),
            path: ["/", path].concat(),
            base: None,
            full_path: ["/", stage, "/", path].concat(),
        }))
    }

    fn by_domain(route: Route) -> Self {
        let Route { api, stage, base, path } = route;
        let full_path = format!("{base}{path}");
        let (stage, path) = match stage {
            Some(stage) => (stage, path),
            None => {
                let Addressed { stage, path, .. } = Addressed::within("", path.trim_start_matches('/'));
                (stage.to_owned(), format!("/{path}"))
            }
        };
        Place { api, stage, path, base: Some(base), full_path }
    }
}

/// Whose the API is that a host and a path lead to.
pub(crate) fn owner(store: &Store, host: &str, path: &str) -> Option<Owner> {
    let found = || -> Result<Option<Owner>> {
        let api = match domains::route(store, host, path)? {
            Some(route) => route.map(|route| Cow::Owned(route.api)),
            None => Addressed::of(host, path).map(|addressed| Cow::Borrowed(addressed.api)),
        };
        let Some(api) = api else { return Ok(None) };
        let owner = store.get_shared::<Owner>(&keys::owner(&api))?;
        Ok(owner.map(|owner| Owner::clone(&owner)))
    };
    found().unwrap_or_else(|error| {
        tracing::error!(%error, "the owner of an API could not be read");
        None
    })
}

/// A visit as a call; none where there is no such API or stage.
pub(crate) fn begin(cloud: &Arc<Cloud>, visit: Visit) -> Result<Option<Box<Call>>> {
    let found = Place::of(&cloud.store, &visit.host, &visit.path)?;
    let Some(Place { api: api_id, stage, path, base, full_path }) = found else { return Ok(None) };
    let snapshot = cloud.store.snapshot();
    let Some(owner) = snapshot.get_shared::<Owner>(&keys::owner(&api_id))? else { return Ok(None) };
    let Some(stage) = Home::In(&api_id).shared::<api::Stage>(&snapshot, &stage)? else { return Ok(None) };
    let (deployment, is_canary) = deployment(cloud, &stage);
    let api = compiled::ready(cloud, &snapshot, &api_id, &deployment)?;
    // Hosts and paths here are what that endpoint is on AWS.
    if base.is_none() && api.api.disable_execute_api_endpoint == Some(true) {
        return Ok(None);
    }
    let base = base.unwrap_or_default();
    let prepared = Prepared { cloud, api_id, api, stage, deployment, is_canary, path, base, full_path };
    Ok(Some(Box::new(prepared.call(visit, &owner))))
}

/// What a call is made of.
pub(crate) struct Prepared<'a> {
    pub(crate) cloud: &'a Arc<Cloud>,
    pub(crate) api_id: String,
    pub(crate) api: Arc<Compiled>,
    pub(crate) stage: Arc<api::Stage>,
    pub(crate) deployment: String,
    pub(crate) is_canary: bool,
    pub(crate) path: String,
    pub(crate) base: String,
    pub(crate) full_path: String,
}

impl Prepared<'_> {
    pub(crate) fn call(self, visit: Visit, owner: &Owner) -> Call {
        let target = target(&self.api, &visit, &self.path);
        let extended: [u8; 11] = self.cloud.random.bytes();
        let mut call = Call {
            cloud: Arc::clone(self.cloud),
            scope: owner.scope,
            api_id: self.api_id,
            api: self.api,
            stage_variables: stage_variables(&self.stage, self.is_canary),
            settings: settings::of(&self.stage, target.as_ref(), visit.method.as_str()),
            stage: self.stage,
            deployment: self.deployment,
            is_canary: self.is_canary,
            target,
            query: form_urlencoded::parse(visit.query.as_bytes()).into_owned().collect(),
            visit,
            forwarded: OnceLock::new(),
            path: self.path,
            base: self.base,
            full_path: self.full_path,
            extended_id: content::base64(&extended),
            at_ms: self.cloud.clock.now().millis(),
            identity: Identity::default(),
            notes: Notes::default(),
        };
        if settings::is_logged(&call) {
            call.notes.log = Some(parking_lot::Mutex::default());
            call.notes.traces = call.settings.data_trace_enabled == Some(true);
        }
        call
    }
}

/// The method that a path means.
fn target(api: &Compiled, visit: &Visit, path: &str) -> Option<Target> {
    let verb = visit.method.as_str();
    // ANY stands for these: a client that thinks of others would get around limits, which count by method.
    if !VERBS.contains(&verb) {
        return None;
    }
    let (place, variables) = api.tree.find(path, |place| place.method(verb).is_some())?;
    let method = Arc::clone(place.method(verb)?);
    Some(Target { place: Arc::clone(place), method, variables })
}

/// What serves a request: the stage's deployment, or its canary's for some part of them.
fn deployment(cloud: &Cloud, stage: &api::Stage) -> (String, bool) {
    let own = stage.deployment_id.clone().unwrap_or_default();
    let Some(canary) = &stage.canary_settings else { return (own, false) };
    let bytes: [u8; 4] = cloud.random.bytes();
    let drawn = f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX) * 100.0;
    match drawn < canary.percent_traffic.unwrap_or_default() {
        true => (canary.deployment_id.clone().unwrap_or(own), true),
        false => (own, false),
    }
}

fn stage_variables(stage: &api::Stage, is_canary: bool) -> Vec<(String, String)> {
    let mut variables = stage.variables.clone().unwrap_or_default();
    if let Some(canary) = stage.canary_settings.as_ref().filter(|_| is_canary) {
        variables.extend(canary.stage_variable_overrides.clone().unwrap_or_default());
    }
    variables.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_have_hosts_and_paths() {
        let read = |host, path| Addressed::of(host, path).map(|found| (found.api, found.stage, found.path));
        let local = "localhost:4566";
        assert_eq!(read("a.execute-api.us-east-1.localhost:4566", "/dev/x/y"), Some(("a", "dev", "x/y")));
        assert_eq!(read("a.execute-api.localhost.localstack.cloud:4566", "/dev"), Some(("a", "dev", "")));
        assert_eq!(read(local, "/_aws/execute-api/a/dev/x"), Some(("a", "dev", "x")));
        assert_eq!(read(local, "/restapis/a/dev/_user_request_/x/y"), Some(("a", "dev", "x/y")));
        assert_eq!(read(local, "/restapis/a/dev/_user_request_"), Some(("a", "dev", "")));
        for path in ["/restapis/a/stages/dev", "/restapis", "/", "/restapis/a/dev/_user_request_x"] {
            assert_eq!(read(local, path), None, "{path}");
        }
    }
}
