//! The API Gateway Management API: what others send to the clients of WebSocket APIs, and how they end their connections.
//!
//! Connections are known to the frame ([`service::Sockets`]); a connection of an earlier process is gone. Never here: how
//! connections begin, and what becomes of what clients say.

use std::net::IpAddr;
use std::sync::Arc;

use api_apigatewaymanagementapi as api;
use names::Arn;
use service::domains::{self, Route};
use service::{Context, NotTaken, Order, Result, Service, Socket, Sockets};
use wire::Timestamp;

/// The largest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;
const CONNECTIONS: &str = "/@connections/";
const PATH: &str = "/_aws/execute-api/";

/// The service. Each operation asks for the permission itself, once it knows whose connection is meant.
#[must_use]
pub fn service() -> Service {
    Service::new(&api::FACTS)
        .actions(|_| None)
        .paths_behind(own_path)
        .waiting::<api::PostToConnection, _, _>(post, |_, _| Vec::new())
        .waiting::<api::GetConnection, _, _>(get, |_, _| Vec::new())
        .waiting::<api::DeleteConnection, _, _>(delete, |_, _| Vec::new())
}

/// `/@connections/{id}` of a stage, by whichever way that is reached: its API's host, a name of the user's own, or
/// `/_aws/execute-api/{api}/{stage}`. Without a stage, it is any connection of whoever calls.
fn own_path<'p>(host: &str, path: &'p str) -> Option<&'p str> {
    let (before, own) = path.split_at_checked(path.find(CONNECTIONS)?)?;
    let id = own.strip_prefix(CONNECTIONS)?;
    let is_behind = match (before.strip_prefix(PATH), api_of(host)) {
        (Some(place), _) => place.split('/').count() == 2,
        (None, Some(_)) => before.split('/').count() == 2,
        (None, None) => before.is_empty() || may_be_domain(host),
    };
    (is_behind && !id.is_empty() && !id.contains('/')).then_some(own)
}

/// The API in `{api}.execute-api.us-east-1.localhost:4566`.
fn api_of(host: &str) -> Option<&str> {
    let (api, rest) = host.split_once('.')?;
    rest.starts_with("execute-api.").then_some(api)
}

/// Whether a host is neither an address nor a name without a domain.
fn may_be_domain(host: &str) -> bool {
    let name = host.split(':').next().unwrap_or_default();
    name.contains('.') && name.parse::<IpAddr>().is_err()
}

/// The stage that a request is addressed to, as policies call it: `api/stage`. None where it comes to no stage's address.
fn place(context: &Context) -> Result<Option<String>> {
    let Some(before) = &context.caller.before else { return Ok(None) };
    if let Some(place) = before.strip_prefix(PATH) {
        return Ok(Some(place.to_owned()));
    }
    let host = context.caller.endpoint.split_once("://").map_or("", |(_, host)| host);
    if let Some(api) = api_of(host) {
        return Ok(Some(format!("{api}{before}")));
    }
    let route = domains::route(&context.cloud.store, host, before)?;
    Ok(route.map(|route| route.map(stage_of).unwrap_or_default()))
}

/// Behind a mapping with a stage nothing else is left of the path.
fn stage_of(Route { api, stage, path, .. }: Route) -> String {
    let path = path.trim_end_matches('/');
    stage.map_or_else(|| format!("{api}{path}"), |stage| format!("{api}/{stage}{path}"))
}

async fn post(context: Context, input: api::PostToConnectionInput) -> Result<api::PostToConnectionOutput> {
    let socket = find(&context, &input.connection_id, "POST")?;
    if input.data.len() > MESSAGE_BYTES_MAX {
        return Err(api::error::payload_too_large_exception("Message too long").into());
    }
    order(&socket, Order::Send(input.data)).await?;
    Ok(api::PostToConnectionOutput::default())
}

async fn get(context: Context, input: api::GetConnectionInput) -> Result<api::GetConnectionOutput> {
    let socket = find(&context, &input.connection_id, "GET")?;
    let identity =
        api::Identity { source_ip: socket.source_ip.to_string(), user_agent: socket.user_agent.clone() };
    Ok(api::GetConnectionOutput {
        connected_at: Some(Timestamp(socket.connected_ms)),
        identity: Some(identity),
        last_active_at: Some(Timestamp(socket.last_active_ms())),
    })
}

async fn delete(context: Context, input: api::DeleteConnectionInput) -> Result<api::DeleteConnectionOutput> {
    let socket = find(&context, &input.connection_id, "DELETE")?;
    order(&socket, Order::Close).await?;
    Ok(api::DeleteConnectionOutput::default())
}

/// The connection of that id, if it is one of the stage that the request is addressed to, and the caller may do that to it.
fn find(context: &Context, id: &str, method: &str) -> Result<Arc<Socket>> {
    let sockets = context.cloud.memory.of::<Sockets>();
    let place = place(context)?;
    let socket = sockets
        .find(id)
        .filter(|socket| socket.scope == context.scope() && place.is_none_or(|place| place == socket.place));
    let socket = socket.ok_or_else(|| api::error::gone_exception(""))?;
    let resource = || {
        let place = &socket.place;
        vec![Arn::in_scope("execute-api", &socket.scope, format_args!("{place}/{method}/@connections/{id}"))]
    };
    context.permit(&api::FACTS, "ManageConnections", &resource)?;
    Ok(socket)
}

async fn order(socket: &Socket, order: Order) -> Result<()> {
    Ok(socket.order(order).await.map_err(|refused| match refused {
        NotTaken::Gone => api::error::gone_exception(""),
        NotTaken::Full => api::error::limit_exceeded_exception(""),
    })?)
}

#[cfg(test)]
mod tests {
    use super::{own_path, stage_of};
    use service::domains::Route;

    const HOST: &str = "abc.execute-api.us-east-1.localhost:4566";

    #[test]
    fn connections_stand_behind_stages() {
        let own = Some("/@connections/a=");
        for (host, path) in [
            ("localhost:4566", "/@connections/a="),
            ("localhost:4566", "/_aws/execute-api/api/dev/@connections/a="),
            (HOST, "/dev/@connections/a="),
            ("chat.example.com", "/@connections/a="),
            ("chat.example.com:4566", "/a/v1/@connections/a="),
        ] {
            assert_eq!(own_path(host, path), own, "{host}{path}");
        }
    }

    #[test]
    fn other_paths_are_of_others() {
        for (host, path) in [
            (HOST, "/dev"),
            (HOST, "/a/b/@connections/c"),
            (HOST, "/@connections/a"),
            (HOST, "/dev/@connections"),
            (HOST, "/dev/@connections/"),
            (HOST, "/dev/@connections/a/b"),
            ("localhost:4566", "/bucket/@connections/a"),
            ("127.0.0.1:4566", "/bucket/@connections/a"),
            ("[::1]:4566", "/bucket/@connections/a"),
            ("localhost", "/_aws/execute-api/api/dev/x/@connections/a"),
        ] {
            assert_eq!(own_path(host, path), None, "{host}{path}");
        }
    }

    #[test]
    fn mappings_lead_to_stages() {
        let to = |stage: Option<&str>, path: &str| {
            let stage = stage.map(str::to_owned);
            stage_of(Route { api: "api".into(), stage, base: String::new(), path: path.into() })
        };
        assert_eq!(to(Some("dev"), "/"), "api/dev");
        assert_eq!(to(None, "/dev"), "api/dev");
        assert_eq!(to(Some("dev"), "/more"), "api/dev/more");
    }
}
