//! One event of a connection on its way to what is behind a route: that it begins, a message, that it has ended.

use std::net::IpAddr;
use std::sync::Arc;

use ::service::{Cloud, Context, Principal};
use bytes::Bytes;
use http::HeaderMap;
use names::{Arn, Scope};
use serde_json::Value;

use super::key::{self, ApiKey};
use super::notes::Notes;
use super::plan::{Plan, Route};
use super::refusal::{Cause, Refusal};
use super::select;

/// Whoever is connected.
#[derive(Clone)]
pub(crate) struct Client {
    /// The connection's id.
    pub(crate) id: Arc<str>,
    pub(crate) scope: Scope,
    pub(crate) api: String,
    pub(crate) stage: String,
    pub(crate) connected_ms: i64,
    /// The host by which it came, with its port: what is behind the API sends to the connection by it.
    pub(crate) domain: String,
    pub(crate) source_ip: IpAddr,
    pub(crate) user_agent: Option<String>,
    /// Who has signed.
    pub(crate) signer: Option<Arc<Principal>>,
    /// What an authorizer said.
    pub(crate) authorizer: Option<Value>,
    /// The API key that it came with, which nobody may have asked for yet.
    pub(crate) offered_key: Option<String>,
    pub(crate) api_key: ApiKey,
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Happens {
    Connect,
    Message { id: String },
    Disconnect { status: u16, reason: String },
}

/// An event.
pub(crate) struct Call {
    pub(crate) cloud: Arc<Cloud>,
    pub(crate) plan: Arc<Plan>,
    pub(crate) client: Arc<Client>,
    pub(crate) happens: Happens,
    pub(crate) route_key: String,
    /// Of the request that began the connection, while it begins.
    pub(crate) headers: HeaderMap,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) body: Bytes,
    pub(crate) request_id: String,
    pub(crate) at_ms: i64,
    pub(crate) notes: Notes,
}

impl Call {
    /// Lets the event in by its client's API key, where the route asks for one: what is behind the API is told which it was.
    pub(crate) async fn take_key(&mut self, route: &Route) -> Result<(), Refusal> {
        if let Some(key) = key::admit(self, route).await? {
            self.client = Arc::new(Client { api_key: Some(key), ..Client::clone(&self.client) });
        }
        Ok(())
    }

    /// What policies call this event: `…:api/stage/$connect`.
    pub(crate) fn arn(&self) -> Arn {
        let (api, stage, key) = (&self.plan.api, &self.plan.stage.name, &self.route_key);
        Arn::in_scope("execute-api", &self.plan.scope, format_args!("{api}/{stage}/{key}"))
    }

    /// Whoever calls what is behind the API: API Gateway for this route, or a role.
    pub(crate) fn context_for(&self, role: Option<&str>) -> Context {
        let context = self.cloud.context_of("apigateway", self.plan.scope);
        match role.and_then(|role| role.parse::<Arn>().ok()) {
            Some(role) => context.in_role(&role, "apigateway"),
            None => context.for_source(self.arn()),
        }
    }

    /// Notes how the event ended, where its stage wants that.
    pub(crate) fn log(&self, refusal: Option<&Refusal>) {
        self.write_notes(refusal);
        let Some(log) = &self.plan.stage.access_log_settings else { return };
        let context = self.context();
        let took_ms = self.cloud.clock.now().millis() - self.at_ms;
        let reason_of = |cause: Cause| {
            refusal.filter(|refusal| refusal.cause == cause).map(|refusal| refusal.reason.clone())
        };
        log.write(&self.cloud, self.plan.scope, self.at_ms, &|name| match name {
            "status" => Some(refusal.map_or(200, |refusal| refusal.status).to_string()),
            "error.message" => refusal.map(|refusal| refusal.message.to_owned()),
            "error.messageString" => refusal.map(|refusal| format!("\"{}\"", refusal.message)),
            "error.validationErrorString" => reason_of(Cause::Form),
            "integration.error" | "integrationErrorMessage" => reason_of(Cause::Integration),
            "accountId" => Some(self.plan.scope.account.to_string()),
            "domainPrefix" => self.client.domain.split('.').next().map(str::to_owned),
            "responseLatency" => Some(took_ms.to_string()),
            _ => select::at(&context, name),
        });
    }

    /// A text with what stands for `${stageVariables.name}`.
    pub(crate) fn with_stage_variables(&self, text: &str) -> String {
        let variables = self.plan.stage.stage_variables.iter();
        variables.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{stageVariables.{name}}}"), value)
        })
    }
}
