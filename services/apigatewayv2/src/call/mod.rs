//! Requests to HTTP APIs, on their way: an API and its stage, rules for pages, a route, who may pass, and what is behind it.

pub(crate) mod authorize;
mod context;
pub(crate) mod cors;
mod find;
mod function;
mod jwt;
mod limits;
pub(crate) mod logs;
pub(crate) mod mapping;
pub(crate) mod plan;
mod service;
pub(crate) mod source;
mod web;

use std::collections::BTreeMap;
use std::sync::Arc;

use ::service::{Cloud, Visit};
use http::{HeaderName, HeaderValue};
use wire::Answer;

use authorize::Pass;
use cors::Cors;
use find::Planned;
use plan::{Integration, Plan, Route};

use crate::socket;

pub(crate) use find::{accepts, keeps};
#[cfg(test)]
pub(crate) use plan::Plans;

/// The largest body of a request, in bytes.
const BODY_MAX: usize = 10 << 20;

/// A request that has found its stage.
pub(crate) struct Call<'a> {
    cloud: &'a Arc<Cloud>,
    visit: &'a Visit,
    plan: &'a Plan,
    /// Below the stage: `/trips/7`.
    path: String,
    /// What a domain of the user's own has taken off before it.
    base: Option<String>,
    route: Option<&'a Route>,
    /// What stands in the path for the route's variables.
    variables: BTreeMap<String, String>,
    pass: Pass,
    at_ms: i64,
    /// For the note of it: what went wrong, and what the integration answered.
    error: Option<String>,
    integration_status: Option<u16>,
    integration_ms: Option<i64>,
}

/// What stands in the way of a request.
pub(crate) struct Refusal {
    answer: Box<Answer>,
    reason: String,
}

impl Refusal {
    /// A refusal in API Gateway's own words, with what the note says of it.
    fn new(status: u16, message: &str, reason: impl Into<String>) -> Self {
        let body = serde_json::json!({ "message": message }).to_string();
        Refusal { answer: Box::new(Answer::json(status, body)), reason: reason.into() }
    }

    /// The client is told no more than that.
    fn failure(reason: impl Into<String>) -> Self {
        Self::new(500, "Internal Server Error", reason)
    }

    fn unavailable(reason: impl Into<String>) -> Self {
        Self::new(503, "Service Unavailable", reason)
    }
}

/// Answers a request.
pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    let found = match find::find(&cloud, &visit) {
        Ok(Some(found)) => found,
        Ok(None) if !accepts(&visit.host, &visit.path) => return *Refusal::new(403, "Forbidden", "").answer,
        Ok(None) => return *Refusal::new(404, "Not Found", "").answer,
        Err(error) => {
            tracing::error!(%error, path = visit.path, request_id = &*visit.request_id, "no API could be read");
            return *Refusal::failure("").answer;
        }
    };
    let plan = match found.plan {
        Planned::Http(plan) => plan,
        Planned::NoSocket => return *Refusal::new(403, "Forbidden", "").answer,
        Planned::Socket(plan) => return socket::answer(cloud, visit, plan, &found.path).await,
    };
    let mut call = Call {
        cloud: &cloud,
        visit: &visit,
        plan: &plan,
        path: found.path,
        base: found.base,
        route: None,
        variables: BTreeMap::new(),
        pass: Pass::Open,
        at_ms: cloud.clock.now().millis(),
        error: None,
        integration_status: None,
        integration_ms: None,
    };
    let mut answer = call.answer().await.unwrap_or_else(|refusal| call.refused(refusal));
    if let Some(cors) = &plan.cors {
        cors.apply(&visit, &mut answer.headers);
    }
    if let Ok(id) = HeaderValue::from_str(&visit.request_id) {
        answer.headers.insert(HeaderName::from_static("apigw-requestid"), id);
    }
    logs::write(&call, &answer);
    answer
}

impl<'a> Call<'a> {
    /// The way itself.
    async fn answer(&mut self) -> Result<Answer, Refusal> {
        if self.plan.cors.is_some() && Cors::is_preflight(self.visit) {
            let mut answer = Answer::json(204, "");
            answer.headers.clear();
            return Ok(answer);
        }
        if self.visit.body.len() > BODY_MAX {
            return Err(Refusal::new(413, "Request Entity Too Large", "Request Entity Too Large"));
        }
        let route = self.route().ok_or_else(|| Refusal::new(404, "Not Found", "No route"))?;
        self.throttle(route)?;
        self.pass = authorize::pass(self, route).await?;
        let Some(integration) = &route.integration else {
            return Err(Refusal::new(404, "Not Found", "The route has no integration"));
        };
        let mut answer = self.integrate(integration).await?;
        self.integration_status = Some(answer.status);
        if let Some(steps) = integration.response_steps.get(&answer.status) {
            mapping::change_answer(&mut answer, steps, self);
        }
        Ok(answer)
    }

    /// The route that the request takes.
    fn route(&mut self) -> Option<&'a Route> {
        let plan = self.plan;
        let number = plan.router.find(self.visit.method.as_str(), &self.path)?;
        let route = plan.routes.get(number)?;
        self.variables = crate::pattern::variables(&route.document.key, &self.path);
        self.route = Some(route);
        Some(route)
    }

    /// Refuses what is more than the stage lets through.
    fn throttle(&self, route: &Route) -> Result<(), Refusal> {
        let of = (&self.plan.scope, self.plan.api.as_str());
        match self.plan.stage.lets_through(self.cloud, of, &route.document.key, self.at_ms) {
            true => Ok(()),
            false => Err(Refusal::new(429, "Too Many Requests", "Too Many Requests")),
        }
    }

    /// Asks what is behind the route. How long that may take is decided here alone.
    async fn integrate(&mut self, integration: &Integration) -> Result<Answer, Refusal> {
        let patience = std::time::Duration::from_millis(integration.document.timeout_ms);
        let document = &integration.document;
        let answered = async {
            match (document.kind.as_str(), document.subtype.as_deref()) {
                (_, Some(subtype)) => self::service::call(self, integration, subtype).await,
                ("AWS_PROXY", None) => function::call(self, integration).await,
                _ => web::call(self, integration).await,
            }
        };
        let begun_ms = self.cloud.clock.machine_now().millis();
        let answered = tokio::time::timeout(patience, answered).await;
        let answered = answered.unwrap_or_else(|_| Err(Refusal::unavailable("The integration timed out")));
        self.integration_ms = Some(self.cloud.clock.machine_now().millis() - begun_ms);
        answered
    }

    fn refused(&mut self, refusal: Refusal) -> Answer {
        if refusal.answer.status >= 500 {
            let (reason, path) = (refusal.reason.as_str(), self.visit.path.as_str());
            tracing::warn!(reason, path, request_id = &*self.visit.request_id, "a request to an API failed");
        }
        self.error = Some(refusal.reason);
        *refusal.answer
    }
}
