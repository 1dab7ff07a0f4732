//! A request's way, from HTTP to a typed operation and back, in one list.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::request::Parts;
use hyper::body::Incoming;
use service::{Caller, Context, Visit};
use signing::Claim;
use tracing::Instrument as _;
use wire::{Fault, Message};

use crate::control::Page;
use crate::identify::{self, Routers, Spoken, Target, Unknown};
use crate::identity::{Auth, Identities, Refused};
use crate::response::{self, Reply};
use crate::{Control, body, content, path_parameter};

/// What a request may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The greatest body, in bytes, packed or unpacked.
    pub body_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // The largest body of the APIs here: a function's 50 MB of zip in base64.
        Limits { body_bytes_max: 70 * 1024 * 1024 }
    }
}

/// The door.
pub struct Door {
    control: Control,
    identities: Identities,
    routers: Routers,
    limits: Limits,
}

/// What went wrong on the way, and in whose words to say so.
struct Refusal {
    fault: Fault,
    protocol: Spoken,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal { fault, protocol: None }
    }
}

impl From<Unknown> for Refusal {
    fn from(unknown: Unknown) -> Self {
        Refusal { fault: unknown.fault, protocol: unknown.protocol }
    }
}

impl Door {
    /// A door to the cloud that `control` holds.
    #[must_use]
    pub fn new(control: Control, auth: Auth, limits: Limits) -> Self {
        let routers = Routers::new(control.cloud.directory());
        Door { control, identities: Identities::new(auth), routers, limits }
    }

    /// Answers one request. Whatever happens, there is an answer, and it carries the request's id.
    pub async fn answer(&self, request: Request<Incoming>, peer: SocketAddr, secure: bool) -> Reply {
        let request_id: Arc<str> = self.control.cloud.random.uuid().into();
        let span = tracing::trace_span!(target: "cloudlet::layer", "door");
        match self.pass(request, peer.ip(), secure, &request_id).instrument(span).await {
            Ok(reply) => reply,
            Err(Refusal { fault, protocol }) => {
                tracing::debug!(code = %fault.code, status = fault.status, request_id = &*request_id, "refused");
                match protocol {
                    Some((protocol, facts)) => response::from_answer(
                        wire::write_fault(protocol, facts, &fault, &request_id),
                        &request_id,
                    ),
                    None => response::from_fault(&fault, &request_id),
                }
            }
        }
    }

    /// The way itself.
    async fn pass(
        &self,
        request: Request<Incoming>,
        peer: IpAddr,
        secure: bool,
        request_id: &Arc<str>,
    ) -> Result<Reply, Refusal> {
        let (mut parts, incoming) = request.into_parts();
        let body = body::read(&parts.headers, incoming, self.limits.body_bytes_max).await;
        let body = body.map_err(|fault| Refusal { fault, protocol: identify::dialect(&parts) })?;
        if let Some(page) = Page::at(parts.uri.path()) {
            return self.control_page(page, &parts, &body, peer).await;
        }
        let directory = self.control.cloud.directory();
        if directory.accepts(identify::host(&parts).unwrap_or_default(), parts.uri.path()) {
            let answer = directory.visit(&self.control.cloud, visit(&parts, &body, peer, request_id)).await;
            return Ok(response::from_answer(answer, request_id));
        }
        let claim = self.identities.claim(&parts);
        let scope_service = claim.as_ref().ok().and_then(Option::as_ref).map(Claim::service);
        let target = identify::identify(directory, &self.routers, &parts, &body, scope_service)?;
        let spoken = Some((target.protocol, target.service.facts()));
        let cloud = &self.control.cloud;
        let identity = claim
            .map_err(Refused::from)
            .and_then(|claim| self.identities.verify(cloud, &parts, &body, claim.as_ref(), &target))
            .map_err(|refused| Refusal {
                fault: refused.into_fault(Some(target.protocol)),
                protocol: spoken,
            })?;
        let (protocol, operation) = (target.protocol, target.operation);
        let body = content::settle(&mut parts.headers, body, protocol, operation, identity.proof)
            .map_err(|fault| Refusal { fault, protocol: spoken })?;
        let caller = Caller {
            scope: identity.scope,
            principal: identity.principal,
            request_id: Arc::clone(request_id),
            source_ip: Some(peer),
            source: None,
            endpoint: endpoint(&parts, secure).unwrap_or_else(|| Arc::clone(&cloud.endpoint)),
        };
        let context = Context { caller: Arc::new(caller), cloud: Arc::clone(cloud) };
        Ok(self.carry_out(&context, &parts, &body, target).await)
    }

    async fn carry_out(&self, context: &Context, parts: &Parts, body: &Bytes, target: Target<'_>) -> Reply {
        let form = path_parameter::form(&target, parts, body);
        let body = form.as_ref().unwrap_or(body);
        let message = Message {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            body,
            labels: &target.labels,
        };
        let span = tracing::trace_span!(target: "cloudlet::layer", "frame");
        let directory = self.control.cloud.directory();
        let answer = directory.answer(context, target.service, target.operation, target.protocol, &message);
        let answer = answer.instrument(span).await;
        response::from_answer(answer, &context.caller.request_id)
    }

    async fn control_page(
        &self,
        page: Page,
        parts: &Parts,
        body: &Bytes,
        peer: IpAddr,
    ) -> Result<Reply, Refusal> {
        if !peer.is_loopback() {
            let proved = self.identities.require_root(&self.control.cloud, parts, body, peer);
            proved.map_err(|refused| refused.into_fault(None))?;
        }
        Ok(self.control.answer(page, &parts.method, parts.uri.query().unwrap_or_default(), body).await?)
    }
}

/// The request as a front sees it.
fn visit(parts: &Parts, body: &Bytes, peer: IpAddr, request_id: &Arc<str>) -> Visit {
    Visit {
        request_id: Arc::clone(request_id),
        method: parts.method.clone(),
        host: identify::host(parts).unwrap_or_default().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers.clone(),
        body: body.clone(),
        source_ip: peer,
    }
}

/// Scheme and host as the client wrote them.
fn endpoint(parts: &Parts, secure: bool) -> Option<Arc<str>> {
    let host = identify::host(parts)?;
    Some([if secure { "https://" } else { "http://" }, host].concat().into())
}
