//! What a stage does with requests, made of its deployment's documents once, until its API changes. Requests that are under way
//! go on with the one that they began with.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use names::Scope;
use parking_lot::Mutex;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use service::Result;
use store::{Reads, Snapshot, Store};
use wire::Fault;

use super::authorize::Remembered;
use super::cors::Cors;
use super::limits::RouteSettings;
use super::logs::AccessLog;
use super::mapping::Step;
use crate::api::{Api, Frozen};
use crate::documents::{self, text};
use crate::keys;
use crate::pattern::Router;
use crate::socket;

/// The plans of an API, by stage.
#[derive(Default)]
pub(crate) struct Plans {
    http: HashMap<String, Arc<Plan>>,
    socket: HashMap<String, Arc<socket::Plan>>,
}

/// What a stage does.
pub(crate) struct Plan {
    pub(crate) scope: Scope,
    pub(crate) api: String,
    pub(crate) stage: Stage,
    /// Only names of the user's own lead to it.
    pub(crate) is_hidden: bool,
    pub(crate) cors: Option<Cors>,
    pub(crate) router: Router,
    pub(crate) routes: Vec<Route>,
    pub(crate) authorizers: HashMap<String, Authorizer>,
    /// What functions said of who may pass.
    pub(crate) remembered: Mutex<Remembered>,
}

/// A stage's settings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stage {
    #[serde(rename = "stageName")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) stage_variables: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) default_route_settings: RouteSettings,
    #[serde(default)]
    pub(crate) route_settings: HashMap<String, RouteSettings>,
    pub(crate) access_log_settings: Option<AccessLog>,
}

/// A route with what is behind it.
pub(crate) struct Route {
    pub(crate) document: RouteDocument,
    pub(crate) integration: Option<Integration>,
}

/// A route's own settings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RouteDocument {
    #[serde(rename = "routeKey")]
    pub(crate) key: String,
    pub(crate) target: Option<String>,
    #[serde(default)]
    pub(crate) authorization_type: String,
    pub(crate) authorizer_id: Option<String>,
    #[serde(default)]
    pub(crate) authorization_scopes: Vec<String>,
}

/// An integration with the steps that change messages.
pub(crate) struct Integration {
    pub(crate) document: IntegrationDocument,
    pub(crate) request_steps: Vec<Step>,
    pub(crate) response_steps: HashMap<u16, Vec<Step>>,
}

/// An integration's own settings.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IntegrationDocument {
    #[serde(rename = "integrationType")]
    pub(crate) kind: String,
    #[serde(rename = "integrationUri", default)]
    pub(crate) uri: String,
    #[serde(rename = "integrationSubtype")]
    pub(crate) subtype: Option<String>,
    #[serde(rename = "integrationMethod")]
    pub(crate) method: Option<String>,
    pub(crate) credentials_arn: Option<String>,
    #[serde(default)]
    pub(crate) payload_format_version: String,
    #[serde(rename = "timeoutInMillis")]
    pub(crate) timeout_ms: u64,
    #[serde(default)]
    pub(crate) request_parameters: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) response_parameters: BTreeMap<String, BTreeMap<String, String>>,
}

/// Who says who may pass.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authorizer {
    #[serde(rename = "authorizerId")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) authorizer_uri: String,
    pub(crate) authorizer_credentials_arn: Option<String>,
    #[serde(default)]
    pub(crate) authorizer_payload_format_version: String,
    #[serde(default)]
    pub(crate) authorizer_result_ttl_in_seconds: i64,
    #[serde(default)]
    pub(crate) enable_simple_responses: bool,
    #[serde(default)]
    pub(crate) identity_source: Vec<String>,
    pub(crate) jwt_configuration: Option<Issuer>,
}

/// Whose tokens count, and for whom they must be made.
#[derive(Deserialize)]
pub(crate) struct Issuer {
    pub(crate) issuer: String,
    #[serde(default)]
    pub(crate) audience: Vec<String>,
}

impl Plans {
    /// Those of an API; none where there is no such API.
    pub(crate) fn of(store: &Store, api: &str) -> Result<Option<Arc<Self>>> {
        let key = keys::api(api);
        let plans = store.transact_now(|tx| tx.get_derived(&key, |snapshot| Self::made(snapshot, api)))?;
        Ok(plans.is_there().then_some(plans))
    }

    fn is_there(&self) -> bool {
        !self.http.is_empty() || !self.socket.is_empty()
    }

    /// The plan of a stage.
    pub(crate) fn stage(&self, name: &str) -> Option<&Arc<Plan>> {
        self.http.get(name)
    }

    /// They are a WebSocket API's.
    pub(crate) fn is_of_sockets(&self) -> bool {
        !self.socket.is_empty()
    }

    /// The same of a WebSocket API.
    pub(crate) fn socket_stage(&self, name: &str) -> Option<&Arc<socket::Plan>> {
        self.socket.get(name)
    }

    pub(crate) fn made(snapshot: &Snapshot, id: &str) -> Result<Self> {
        let Some(api) = snapshot.get_record::<Api>(&keys::api(id))? else { return Ok(Self::default()) };
        let mut plans = Self::default();
        for (name, stage) in &api.stages {
            let deployment = text(&documents::read(stage)?, "deploymentId").map(str::to_owned);
            let Some(deployment) = deployment else { continue };
            let frozen = snapshot.get_record::<Frozen>(&keys::frozen(id, &deployment))?;
            let is_live = api.live.as_ref().is_some_and(|live| live.id == deployment);
            let has = match frozen {
                Some(frozen) => frozen,
                None if is_live => Frozen { document: api.document.clone(), parts: api.parts.clone() },
                None => continue,
            };
            if api.protocol == "WEBSOCKET" {
                plans.socket.insert(name.clone(), Arc::new(socket::Plan::made(&api, stage, &has)?));
            } else {
                plans.http.insert(name.clone(), Arc::new(Plan::made(&api, stage, &has)?));
            }
        }
        Ok(plans)
    }
}

impl Plan {
    fn made(api: &Api, stage: &str, has: &Frozen) -> Result<Self> {
        let settings: ApiDocument = parsed(&has.document)?;
        let mut plan = Plan {
            scope: api.scope,
            api: api.id.clone(),
            stage: parsed(stage)?,
            is_hidden: settings.disable_execute_api_endpoint,
            cors: settings.cors_configuration,
            router: Router::default(),
            routes: Vec::new(),
            authorizers: HashMap::new(),
            remembered: Mutex::default(),
        };
        for (path, document) in &has.parts {
            match path.split_once('/') {
                Some(("authorizers", id)) => drop(plan.authorizers.insert(id.to_owned(), parsed(document)?)),
                Some(("routes", id)) if !id.contains('/') => plan.add_route(document, has)?,
                _ => {}
            }
        }
        Ok(plan)
    }

    fn add_route(&mut self, document: &str, has: &Frozen) -> Result<()> {
        let document: RouteDocument = parsed(document)?;
        let target = document.target.as_ref().and_then(|target| has.parts.get(target));
        let integration = target.map(|target| Integration::made(target)).transpose()?;
        self.router.add(&document.key, self.routes.len());
        self.routes.push(Route { document, integration });
        Ok(())
    }
}

impl Integration {
    fn made(document: &str) -> Result<Self> {
        let document: IntegrationDocument = parsed(document)?;
        let of_request = document.request_parameters.iter();
        let request_steps = of_request.filter_map(|(key, value)| Step::of_request(key, value).ok()).collect();
        let steps = |steps: &BTreeMap<String, String>| {
            steps.iter().filter_map(|(key, value)| Step::of_response(key, value).ok()).collect()
        };
        let responses = document.response_parameters.iter();
        let response_steps =
            responses.filter_map(|(status, all)| Some((status.parse().ok()?, steps(all)))).collect();
        Ok(Integration { request_steps, response_steps, document })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ApiDocument {
    #[serde(default)]
    disable_execute_api_endpoint: bool,
    cors_configuration: Option<Cors>,
}

pub(crate) fn parsed<T: DeserializeOwned>(document: &str) -> Result<T> {
    Ok(serde_json::from_str(document).map_err(|error| {
        tracing::error!(%error, "a document of an API cannot be read");
        Fault::new("InternalServerErrorException", 500, "Internal server error")
    })?)
}
