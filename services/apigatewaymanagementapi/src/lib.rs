//! The API Gateway Management API: what others send to the clients of WebSocket APIs, and how they end their connections.
//!
//! Connections are known to the frame ([`service::Sockets`]); a connection of an earlier process is gone. Never here: how
//! connections begin, and what becomes of what clients say.

use std::sync::Arc;

use api_apigatewaymanagementapi as api;
use names::Arn;
use service::{Context, NotTaken, Order, Result, Service, Socket, Sockets};
use wire::Timestamp;

/// The largest message, in bytes.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;

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

/// `/@connections/{id}` of a stage, by whichever way that is reached: `/{stage}`, or `/_aws/execute-api/{api}/{stage}`.
fn own_path(path: &str) -> Option<&str> {
    let (before, own) = path.split_at_checked(path.find("/@connections/")?)?;
    let within = before
        .strip_prefix("/_aws/execute-api/")
        .map_or(before, |rest| rest.split_once('/').map_or("", |(_, stage)| stage));
    (within.trim_start_matches('/').split('/').count() == 1).then_some(own)
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

/// The connection of that id, if the caller may do that to it.
fn find(context: &Context, id: &str, method: &str) -> Result<Arc<Socket>> {
    let sockets = context.cloud.memory.of::<Sockets>();
    let socket = sockets.find(id).filter(|socket| socket.scope == context.scope());
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
    use super::own_path;

    #[test]
    fn connections_stand_behind_stages() {
        let own = Some("/@connections/a=");
        for path in ["/@connections/a=", "/dev/@connections/a=", "/_aws/execute-api/api/dev/@connections/a="]
        {
            assert_eq!(own_path(path), own, "{path}");
        }
        for path in
            ["/dev", "/a/b/@connections/c", "/_aws/execute-api/api/dev/x/@connections/a", "/@connections"]
        {
            assert_eq!(own_path(path), None, "{path}");
        }
    }
}
