//! What becomes of what a client said: a message takes a route, and the end of a connection has one of its own.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;

use super::call::{Call, Happens};
use super::integrate::integrate;
use super::notes::Notes;
use super::plan::{Plan, Route};
use super::refusal::{Refusal, fresh_id};
use super::talk::{Ending, MESSAGE_BYTES_MAX, Session};
use super::validate;
use crate::call::plan::Plans;

impl Session {
    /// What the connection's stage does now; none where it is no more.
    fn plan(&self) -> Option<Arc<Plan>> {
        let plans = Plans::of(&self.cloud.store, &self.client.api);
        let plans = plans.inspect_err(|error| tracing::error!(%error, "an API could not be read")).ok()??;
        plans.socket_stage(&self.client.stage).map(Arc::clone)
    }

    fn call(&self, plan: Arc<Plan>, happens: Happens, body: Bytes) -> Call {
        Call {
            notes: Notes::new(plan.stage.is_logged()),
            cloud: Arc::clone(&self.cloud),
            plan,
            client: Arc::clone(&self.client),
            happens,
            route_key: String::new(),
            headers: HeaderMap::new(),
            query: Vec::new(),
            body,
            request_id: fresh_id(&self.cloud),
            at_ms: self.cloud.clock.now().millis(),
        }
    }
}

/// A message: what its client is to be told, if anything.
pub(crate) async fn message(session: Session, body: Bytes) -> Option<String> {
    let Some(plan) = session.plan() else {
        let request_id = fresh_id(&session.cloud);
        return Some(Refusal::forbidden("the stage is no more").frame(&session.client, &request_id));
    };
    let happens = Happens::Message { id: fresh_id(&session.cloud) };
    let mut call = session.call(Arc::clone(&plan), happens, body);
    match answered(&mut call, &plan).await {
        Ok(said) => {
            call.log(None);
            said
        }
        Err(refusal) => {
            call.log(Some(&refusal));
            refusal.note(&session.client, &call.request_id);
            Some(refusal.frame(&session.client, &call.request_id))
        }
    }
}

async fn answered(call: &mut Call, plan: &Plan) -> Result<Option<String>, Refusal> {
    let route = selected(call, plan).ok_or_else(|| Refusal::forbidden("no route"))?;
    call.route_key.clone_from(&route.document.key);
    if !plan.stage.lets_through(&call.cloud, (&plan.scope, plan.api.as_str()), &call.route_key, call.at_ms) {
        return Err(Refusal::too_many());
    }
    call.take_key(route).await?;
    validate::message(call, plan, route)?;
    let integration = route.integration.as_ref();
    let integration = integration.ok_or_else(|| Refusal::failure("the route has no integration"))?;
    let answered = integrate(call, integration).await?;
    if answered.body.len() > MESSAGE_BYTES_MAX {
        return Err(Refusal::failure("the integration's answer is too long for a message"));
    }
    let says = route.answers && !answered.body.is_empty();
    Ok(says.then(|| String::from_utf8_lossy(&answered.body).into_owned()))
}

/// The route that a message takes. Those of connections are not for messages, whatever they say.
fn selected<'p>(call: &Call, plan: &'p Plan) -> Option<&'p Route> {
    let key = plan.selection.as_ref().and_then(|selection| selection.key(call, None));
    let named = key.filter(|key| !key.starts_with('$')).and_then(|key| plan.routes.get(&key));
    named.or_else(|| plan.routes.get("$default"))
}

/// The end of a connection. Nobody is left to be told what comes of it.
pub(crate) async fn disconnect(session: &Session, ending: Ending) {
    let Some(plan) = session.plan() else { return };
    let Some(integration) = plan.routes.get("$disconnect").and_then(|route| route.integration.as_ref())
    else {
        return;
    };
    let happens = Happens::Disconnect { status: ending.status, reason: ending.reason };
    let mut call = session.call(Arc::clone(&plan), happens, Bytes::new());
    call.route_key = "$disconnect".to_owned();
    let outcome = integrate(&call, integration).await;
    if let Err(refusal) = &outcome {
        refusal.note(&session.client, &call.request_id);
    }
    call.log(outcome.as_ref().err());
}
