//! Events of connections as functions see them, and `$context`, which is the same to templates.

use std::collections::BTreeMap;

use http::HeaderMap;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use super::call::{Call, Client, Happens};

impl Call {
    /// The event itself.
    pub(crate) fn event(&self) -> Value {
        let mut event = match &self.happens {
            Happens::Message { .. } => Map::new(),
            Happens::Connect => self.of_request(),
            Happens::Disconnect { .. } => self.of_host(),
        };
        event.insert("requestContext".into(), self.context());
        if !self.plan.stage.stage_variables.is_empty() {
            event.insert("stageVariables".into(), json!(self.plan.stage.stage_variables));
        }
        if matches!(self.happens, Happens::Message { .. }) {
            event.insert("body".into(), String::from_utf8_lossy(&self.body).into());
        }
        event.insert("isBase64Encoded".into(), false.into());
        Value::Object(event)
    }

    /// The same as authorizers see it.
    pub(crate) fn question(&self) -> Value {
        let mut event = self.of_request();
        event.insert("type".into(), "REQUEST".into());
        event.insert("methodArn".into(), self.arn().as_str().into());
        event.entry("queryStringParameters").or_insert_with(|| json!({}));
        event.entry("multiValueQueryStringParameters").or_insert_with(|| json!({}));
        event.insert("stageVariables".into(), json!(self.plan.stage.stage_variables));
        event.insert("requestContext".into(), self.context());
        Value::Object(event)
    }

    /// Headers and query of the request that begins a connection.
    fn of_request(&self) -> Map<String, Value> {
        let mut event = self.of_headers(&pairs(&self.headers));
        if !self.query.is_empty() {
            event.insert("queryStringParameters".into(), json!(last(&self.query)));
            event.insert("multiValueQueryStringParameters".into(), json!(listed(&self.query)));
        }
        event
    }

    /// What API Gateway still says of that request when the connection has ended.
    fn of_host(&self) -> Map<String, Value> {
        let host = ("Host".to_owned(), self.client.domain.clone());
        let chain = ("X-Forwarded-For".to_owned(), self.client.source_ip.to_string());
        self.of_headers(&[host, chain])
    }

    fn of_headers(&self, headers: &[(String, String)]) -> Map<String, Value> {
        let headers = [("headers", json!(last(headers))), ("multiValueHeaders", json!(listed(headers)))];
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// `$context`.
    pub(crate) fn context(&self) -> Value {
        let (client, id) = (&*self.client, &self.request_id);
        let mut context = json!({
            "routeKey": self.route_key, "eventType": self.happens.kind(), "extendedRequestId": id,
            "requestTime": time(self.at_ms), "messageDirection": "IN", "stage": client.stage,
            "connectedAt": client.connected_ms, "requestTimeEpoch": self.at_ms, "identity": identity(client),
            "requestId": id, "domainName": client.domain, "connectionId": &*client.id, "apiId": client.api,
        });
        match &self.happens {
            Happens::Connect => {}
            Happens::Message { id } => context["messageId"] = json!(id),
            Happens::Disconnect { status, reason } => {
                context["disconnectStatusCode"] = json!(status);
                context["disconnectReason"] = json!(reason);
            }
        }
        if let Some(said) = &client.authorizer {
            context["authorizer"] = said.clone();
        }
        context
    }
}

impl Happens {
    fn kind(&self) -> &'static str {
        match self {
            Happens::Connect => "CONNECT",
            Happens::Message { .. } => "MESSAGE",
            Happens::Disconnect { .. } => "DISCONNECT",
        }
    }
}

fn identity(client: &Client) -> Value {
    let mut identity = json!({ "sourceIp": client.source_ip.to_string() });
    if let Some(agent) = &client.user_agent {
        identity["userAgent"] = json!(agent);
    }
    if let Some((key, id)) = &client.api_key {
        identity["apiKey"] = json!(key);
        identity["apiKeyId"] = json!(id);
    }
    if let Some(signer) = &client.signer {
        identity["accessKey"] = json!(signer.access_key_id);
        identity["accountId"] = json!(signer.arn.account_text());
        identity["caller"] = json!(signer.id);
        identity["user"] = json!(signer.id);
        identity["userArn"] = json!(signer.arn.as_str());
    }
    identity
}

/// `12/Mar/2020:19:03:58 +0000`.
fn time(at_ms: i64) -> String {
    let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
    let moment = OffsetDateTime::from_unix_timestamp(at_ms.div_euclid(1000)).ok();
    moment.and_then(|moment| moment.format(format).ok()).unwrap_or_default()
}

/// Headers under the names that most clients write.
pub(crate) fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (titled(name.as_str()), text(value))).collect()
}

/// `x-forwarded-for` is `X-Forwarded-For`: names lose their capitals on the way here.
fn titled(name: &str) -> String {
    let word = |word: &str| match word.split_at_checked(1) {
        _ if word == "websocket" => "WebSocket".to_owned(),
        Some((first, rest)) => format!("{}{rest}", first.to_ascii_uppercase()),
        None => String::new(),
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

fn last(pairs: &[(String, String)]) -> BTreeMap<&str, &str> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

fn listed(pairs: &[(String, String)]) -> BTreeMap<&str, Vec<&str>> {
    let mut all = BTreeMap::<&str, Vec<&str>>::new();
    for (name, value) in pairs {
        all.entry(name).or_default().push(value);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_headers_get_their_capitals() {
        let named = |name| titled(name);
        assert_eq!(named("sec-websocket-key"), "Sec-WebSocket-Key");
        assert_eq!(named("host"), "Host");
        assert_eq!(named("x--a-"), "X--A-");
    }

    #[test]
    fn of_several_values_the_last_is_the_one() {
        let pairs = [("a", "1"), ("b", "2"), ("a", "3")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(json!(last(&pairs)), json!({ "a": "3", "b": "2" }));
        assert_eq!(json!(listed(&pairs)), json!({ "a": ["1", "3"], "b": ["2"] }));
    }

    #[test]
    fn moments_are_written_as_in_logs() {
        assert_eq!(time(1_584_039_838_000), "12/Mar/2020:19:03:58 +0000");
    }
}
