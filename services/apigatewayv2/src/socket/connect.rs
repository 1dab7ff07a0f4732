//! A connection begins: it is let in, `$connect` is asked, and only then it is a WebSocket.

use std::sync::Arc;

use ::service::{Cloud, Entry, Opened, Sockets, Upgrade, Visit};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checksums::Algorithm;
use http::header::{CONNECTION, UPGRADE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use wire::{Answer, Body};

use super::call::{Call, Client, Happens};
use super::integrate::{Answered, integrate};
use super::notes::Notes;
use super::plan::{Plan, Route};
use super::refusal::{Refusal, fresh_id};
use super::talk::Session;
use super::{authorize, key, talk, validate};

const KEY: HeaderName = HeaderName::from_static("sec-websocket-key");
const ACCEPT: HeaderName = HeaderName::from_static("sec-websocket-accept");
const VERSION: HeaderName = HeaderName::from_static("sec-websocket-version");
const PROTOCOL: HeaderName = HeaderName::from_static("sec-websocket-protocol");
/// What the protocol adds to a client's key (RFC 6455, section 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Answers a request for a stage of a WebSocket API.
pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit, plan: Arc<Plan>, path: &str) -> Answer {
    let request_id = fresh_id(&cloud);
    let client = Arc::new(client(&cloud, &visit, &plan));
    let Some((key, upgrade)) = asked(&visit) else { return upgrade_required() };
    let outcome = match path {
        "/" => begin(&cloud, &visit, plan, Arc::clone(&client), &request_id).await,
        _ => Err(Refusal::forbidden("a stage has no paths")),
    };
    match outcome {
        Ok((client, answered)) => accepted(&cloud, &upgrade, client, &key, answered),
        Err(refusal) => {
            refusal.note(&client, &request_id);
            refusal.answer(&client, &request_id)
        }
    }
}

/// The client's key, and the connection, where it asks for a WebSocket.
fn asked(visit: &Visit) -> Option<(String, Upgrade)> {
    let text = |name: &HeaderName| visit.headers.get(name).and_then(|value| value.to_str().ok());
    let is_socket = text(&UPGRADE).is_some_and(|to| to.eq_ignore_ascii_case("websocket"));
    let key = text(&KEY).filter(|_| is_socket && text(&VERSION) == Some("13"))?;
    Some((key.to_owned(), visit.upgrade.clone()?))
}

fn upgrade_required() -> Answer {
    let mut answer = Answer::json(426, r#"{"message":"Upgrade Required"}"#);
    for (name, value) in [(UPGRADE, "websocket"), (CONNECTION, "Upgrade"), (VERSION, "13")] {
        answer.headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}

fn client(cloud: &Cloud, visit: &Visit, plan: &Plan) -> Client {
    let agent = visit.headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    Client {
        id: fresh_id(cloud).into(),
        scope: plan.scope,
        api: plan.api.clone(),
        stage: plan.stage.name.clone(),
        connected_ms: cloud.clock.now().millis(),
        domain: visit.host.clone(),
        source_ip: visit.source_ip,
        user_agent: agent.map(str::to_owned),
        signer: None,
        authorizer: None,
        offered_key: key::offered(plan, &visit.headers),
        api_key: None,
    }
}

/// Lets a connection in, and asks what is behind `$connect`.
async fn begin(
    cloud: &Arc<Cloud>,
    visit: &Visit,
    plan: Arc<Plan>,
    client: Arc<Client>,
    request_id: &str,
) -> Result<(Arc<Client>, Answered), Refusal> {
    let at_ms = client.connected_ms;
    if !plan.stage.lets_through(cloud, (&plan.scope, plan.api.as_str()), "$connect", at_ms) {
        return Err(Refusal::too_many());
    }
    let Some(route) = plan.routes.get("$connect") else { return Ok((client, Answered::default())) };
    let mut call = Call {
        cloud: Arc::clone(cloud),
        plan: Arc::clone(&plan),
        client,
        happens: Happens::Connect,
        route_key: "$connect".to_owned(),
        headers: forwarded(visit, at_ms),
        query: form_urlencoded::parse(visit.query.as_bytes()).into_owned().collect(),
        body: bytes::Bytes::new(),
        request_id: request_id.to_owned(),
        at_ms,
        notes: Notes::new(plan.stage.is_logged()),
    };
    let outcome = admitted(&mut call, visit, route).await;
    call.log(outcome.as_ref().err());
    Ok((call.client, outcome?))
}

async fn admitted(call: &mut Call, visit: &Visit, route: &Route) -> Result<Answered, Refusal> {
    let authorize::Pass { signer, authorizer, key } = authorize::pass(call, visit, route).await?;
    let offered_key = if call.plan.authorizer_has_key { key } else { call.client.offered_key.clone() };
    let known = Client { signer, authorizer, offered_key, ..Client::clone(&call.client) };
    call.client = Arc::new(known);
    call.take_key(route).await?;
    validate::connection(call, route)?;
    connect(call, route).await
}

async fn connect(call: &Call, route: &Route) -> Result<Answered, Refusal> {
    let Some(integration) = &route.integration else {
        return Err(Refusal::failure("the route has no integration"));
    };
    let answered = integrate(call, integration).await?;
    match answered.status {
        200..300 => Ok(answered),
        status @ 500.. => Err(Refusal::new(status, "Internal server error", "the integration refused it")),
        status => Err(Refusal::new(status, "Forbidden", "the integration refused it")),
    }
}

/// The headers of a request with what a front adds to them.
fn forwarded(visit: &Visit, at_ms: i64) -> HeaderMap {
    let mut headers = visit.forwarded(at_ms);
    // What asks for the protocol is the connection's own.
    headers.remove(CONNECTION);
    headers.remove(UPGRADE);
    headers
}

/// The answer after which the connection is a WebSocket. From now on others reach it.
fn accepted(
    cloud: &Arc<Cloud>,
    upgrade: &Upgrade,
    client: Arc<Client>,
    key: &str,
    answered: Answered,
) -> Answer {
    let entry = enter(cloud, &client);
    let session = Session { cloud: Arc::clone(cloud), client };
    upgrade.to(move |wire, stopping| talk::talk(session, entry, wire, stopping));
    let mut headers = HeaderMap::new();
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.extend(HeaderValue::from_str(&accept(key)).ok().map(|value| (ACCEPT, value)));
    // Only what is behind the API knows which of a client's protocols it speaks.
    headers.extend(answered.headers.get(PROTOCOL).cloned().map(|value| (PROTOCOL, value)));
    Answer { status: 101, headers, body: Body::from(bytes::Bytes::new()) }
}

fn enter(cloud: &Arc<Cloud>, client: &Client) -> Entry {
    cloud.memory.of::<Sockets>().enter(Opened {
        id: Arc::clone(&client.id),
        scope: client.scope,
        place: format!("{}/{}", client.api, client.stage),
        connected_ms: client.connected_ms,
        source_ip: client.source_ip,
        user_agent: client.user_agent.clone().unwrap_or_default(),
    })
}

fn accept(key: &str) -> String {
    STANDARD.encode(Algorithm::Sha1.of(format!("{key}{GUID}").as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::accept;

    /// The example of RFC 6455.
    #[test]
    fn keys_are_answered() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
