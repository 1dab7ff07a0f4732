//! A request's way, from HTTP to a typed operation and back, in one list.

mod forms;
mod refusal;

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http::{Request, Version};
use hyper::body::Incoming;
use service::{Caller, Context, Visit};
use signing::{Claim, Payload};
use tracing::Instrument as _;
use wire::{Body, Fault, Message};

use crate::body::Receiver;
use crate::control::Page;
use crate::identify::{self, Routers, Spoken, Target};
use crate::identity::{Auth, Identities, Identity, Refused};
use crate::inlet::Inlet;
use crate::response::{self, Reply};
use crate::{Control, body, content, cross_origin, host, path_parameter, together, upgrade};
use refusal::Refusal;

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

/// The other end of a connection.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its address.
    pub ip: IpAddr,
    /// It speaks TLS.
    pub secure: bool,
    /// It is in a network of its own, where code runs that is nobody's on this machine.
    pub is_apart: bool,
}

/// Where a request came from, and its id.
struct Peer<'a> {
    ip: IpAddr,
    secure: bool,
    request_id: &'a Arc<str>,
}

/// The body of a call.
enum Carried {
    /// It is here.
    Whole(Bytes),
    /// It comes while its operation reads it.
    Coming(Inlet),
}

impl Carried {
    /// What a signature is proved on.
    async fn payload(&self) -> Payload<'_> {
        match self {
            Carried::Whole(body) => together::payload(body).await,
            Carried::Coming(_) => Payload::Declared,
        }
    }

    fn inlet(&self) -> Option<Inlet> {
        match self {
            Carried::Whole(_) => None,
            Carried::Coming(inlet) => Some(inlet.clone()),
        }
    }
}

impl Target<'_> {
    fn spoken(&self) -> Spoken {
        Some((self.protocol, self.service.facts()))
    }

    /// An error in the words of the API that is called.
    fn refuses(&self, fault: Fault) -> Refusal {
        Refusal { fault, protocol: self.spoken() }
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
    pub async fn answer(&self, request: Request<Incoming>, origin: Origin) -> Reply {
        let request_id: Arc<str> = self.control.cloud.random.uuid().into();
        let span = tracing::trace_span!(target: "cloudlet::layer", "door");
        // On the heap, because hyper and what stands around it move the whole future several times before it begins.
        match Box::pin(self.pass(request, origin, &request_id)).instrument(span).await {
            Ok(reply) => reply,
            Err(refusal) => refusal.into_reply(&request_id),
        }
    }

    /// The way itself. Where it parts, each way has its place on the heap: a future is moved whole for every one that it is a part
    /// of, so what is large stays out of all those around it.
    async fn pass(
        &self,
        request: Request<Incoming>,
        origin: Origin,
        request_id: &Arc<str>,
    ) -> Result<Reply, Refusal> {
        let peer = Peer { ip: origin.ip, secure: origin.secure, request_id };
        let (mut parts, incoming) = request.into_parts();
        let passing = upgrade::Passing::of(&mut parts);
        let body = Receiver::new(incoming);
        if let Some(page) = Page::at(parts.uri.path()) {
            let body = self.whole(&parts, body).await?;
            return Box::pin(self.control_page(page, &parts, &body, origin)).await;
        }
        let directory = self.control.cloud.directory();
        let store = &self.control.cloud.store;
        if let Some(service) =
            directory.visited(store, host::of(&parts).unwrap_or_default(), parts.uri.path())
        {
            let body = self.whole(&parts, body).await?;
            let signed_as = service.visits_signed_as();
            let signer =
                signed_as.and_then(|name| self.identities.visitor(&self.control.cloud, &parts, &body, name));
            let upgrade = passing.as_ref().map(upgrade::Passing::right);
            let visit = Visit { signer, upgrade, ..visit(parts, body, &peer) };
            let answer = Box::pin(directory.visit(&self.control.cloud, visit)).await;
            let reply = response::from_answer(answer, request_id);
            return Ok(upgrade::hand_over(passing, reply));
        }
        if let Some(service) = cross_origin::asked(&self.control.cloud, &parts) {
            let answer = cross_origin::preflight(&self.control.cloud, service, &parts);
            let refused = |fault| Refusal { fault, protocol: identify::spoken(service) };
            return Ok(response::from_answer(answer.map_err(refused)?, request_id));
        }
        match forms::asked(&self.control.cloud, &parts) {
            Some(service) => Ok(Box::pin(self.form(service, &parts, body, &peer)).await),
            None => Box::pin(self.call(parts, body, &peer)).await,
        }
    }

    /// A call of an API.
    async fn call(&self, mut parts: Parts, body: Receiver, peer: &Peer<'_>) -> Result<Reply, Refusal> {
        let claim = self.identities.claim(&parts);
        let scope_service = claim.as_ref().ok().and_then(Option::as_ref).map(Claim::service);
        let (target, carried) = self.receive(&parts, body, scope_service).await?;
        let inlet = carried.inlet();
        let payload = match &claim {
            Ok(Some(_)) => carried.payload().await,
            // Nothing is proved.
            Ok(None) | Err(_) => Payload::Declared,
        };
        let identity = claim
            .map_err(Refused::from)
            .and_then(|claim| {
                self.identities.verify(&self.control.cloud, &parts, payload, claim.as_ref(), &target)
            })
            .map_err(|refused| target.refuses(refused.into_fault(target.spoken())));
        let for_pages = cross_origin::headers(&self.control.cloud, target.service, &parts);
        let reply = match identity {
            Ok(identity) => self.serve(&mut parts, carried, target, identity, peer).await,
            Err(refusal) => Err(refusal),
        };
        let mut reply = reply.unwrap_or_else(|refusal| refusal.into_reply(peer.request_id));
        reply.headers_mut().extend(for_pages);
        Ok(match inlet {
            Some(inlet) => close(inlet, &parts, reply).await,
            None => reply,
        })
    }

    /// Finds out what is called, and has the body whole unless the operation takes it as it comes.
    async fn receive(
        &self,
        parts: &Parts,
        body: Receiver,
        scope_service: Option<&str>,
    ) -> Result<(Target<'_>, Carried), Refusal> {
        let directory = self.control.cloud.directory();
        match identify::by_head(directory, &self.routers, parts, scope_service) {
            Some(Ok(target)) if target.streams() => Ok((target, Carried::Coming(Inlet::new(body)))),
            known => {
                let body = self.whole(parts, body).await?;
                let target = known.unwrap_or_else(|| {
                    identify::by_form(directory, &self.routers, parts, &body, scope_service)
                })?;
                Ok((target, Carried::Whole(body)))
            }
        }
    }

    async fn whole(&self, parts: &Parts, body: Receiver) -> Result<Bytes, Refusal> {
        let body = body::read(&parts.headers, body, self.limits.body_bytes_max).await;
        body.map_err(|fault| Refusal { fault, protocol: identify::dialect(parts) })
    }

    /// Does what a caller wants whose identity is known.
    async fn serve(
        &self,
        parts: &mut Parts,
        carried: Carried,
        target: Target<'_>,
        mut identity: Identity,
        peer: &Peer<'_>,
    ) -> Result<Reply, Refusal> {
        let (protocol, operation, proof) = (target.protocol, target.operation, identity.proof.take());
        let settled = match carried {
            Carried::Whole(body) => {
                content::settle(&mut parts.headers, body, protocol, operation, proof).map(|body| (body, None))
            }
            Carried::Coming(inlet) => content::stream(&mut parts.headers, inlet, operation, proof)
                .map(|stream| (Bytes::new(), Some(stream))),
        };
        let (body, stream) = settled.map_err(|fault| target.refuses(fault))?;
        let context = self.context(parts, identity, peer);
        let context = context.behind(host::before(target.service, parts));
        Ok(self.carry_out(&context, parts, &body, stream.as_ref(), target).await)
    }

    /// What an operation is given for a caller whose identity is known.
    fn context(&self, parts: &Parts, identity: Identity, peer: &Peer<'_>) -> Context {
        let cloud = &self.control.cloud;
        let Identity { scope, regions, principal, signed, .. } = identity;
        let caller = Caller {
            scope,
            regions,
            principal,
            request_id: Arc::clone(peer.request_id),
            source_ip: Some(peer.ip),
            source: None,
            signed,
            passage: None,
            before: None,
            trace: Caller::trace_in(&parts.headers),
            endpoint: endpoint(parts, peer.secure).unwrap_or_else(|| Arc::clone(&cloud.endpoint)),
        };
        Context { caller: Arc::new(caller), cloud: Arc::clone(cloud) }
    }

    async fn carry_out(
        &self,
        context: &Context,
        parts: &Parts,
        body: &Bytes,
        stream: Option<&Body>,
        target: Target<'_>,
    ) -> Reply {
        let form = path_parameter::form(&target, parts, body);
        let body = form.as_ref().unwrap_or(body);
        let message = Message {
            method: parts.method.as_str(),
            path: parts.uri.path(),
            query: parts.uri.query(),
            headers: &parts.headers,
            body,
            stream,
            labels: &target.labels,
        };
        let span = tracing::trace_span!(target: "cloudlet::layer", "frame");
        let directory = self.control.cloud.directory();
        let answer = directory.answer(context, target.service, target.operation, target.protocol, &message);
        let answer = Box::pin(answer).instrument(span).await;
        response::from_answer(answer, &context.caller.request_id)
    }

    async fn control_page(
        &self,
        page: Page,
        parts: &Parts,
        body: &Bytes,
        origin: Origin,
    ) -> Result<Reply, Refusal> {
        if origin.is_apart || !origin.ip.is_loopback() {
            let proved = self.identities.require_root(&self.control.cloud, parts, body, origin.ip);
            proved.map_err(|refused| refused.into_fault(None))?;
        }
        Ok(self.control.answer(page, &parts.method, parts.uri.query().unwrap_or_default(), body).await?)
    }
}

/// Sees to what is left of a body. Where that cannot be had, nothing else comes on its connection.
async fn close(inlet: Inlet, parts: &Parts, reply: Reply) -> Reply {
    let is_read = inlet.close(parts.headers.contains_key(EXPECT)).await;
    if is_read || parts.version >= Version::HTTP_2 { reply } else { response::last(reply) }
}

/// The request as a front sees it.
fn visit(parts: Parts, body: Bytes, peer: &Peer<'_>) -> Visit {
    Visit {
        request_id: Arc::clone(peer.request_id),
        host: host::of(&parts).unwrap_or_default().to_owned(),
        endpoint: endpoint(&parts, peer.secure).unwrap_or_default(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        method: parts.method,
        headers: parts.headers,
        body,
        source_ip: peer.ip,
        signer: None,
        upgrade: None,
    }
}

/// Scheme and host as the client wrote them.
fn endpoint(parts: &Parts, secure: bool) -> Option<Arc<str>> {
    let host = host::of(parts)?;
    Some([if secure { "https://" } else { "http://" }, host].concat().into())
}
