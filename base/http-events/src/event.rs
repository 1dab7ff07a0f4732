//! Requests as functions see them: payload formats 2.0 and 1.0 (see "Create AWS Lambda proxy integrations for HTTP APIs").

use std::collections::BTreeMap;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

use crate::{Place, Signer};

/// A request of a web client.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The id that the answer and the log carry.
    pub request_id: &'a str,
    /// `GET`.
    pub method: &'a str,
    /// The host that the client asked for, with its port.
    pub host: &'a str,
    /// As it came, without the question mark.
    pub query: &'a str,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The whole body.
    pub body: &'a [u8],
    /// Who sent it.
    pub source_ip: IpAddr,
    /// When it came.
    pub at_ms: i64,
}

impl Request<'_> {
    /// Payload format 2.0.
    #[must_use]
    pub fn version_2(&self, place: &Place<'_>) -> Value {
        let (body, is_base64) = self.body();
        let mut event = json!({
            "version": "2.0",
            "routeKey": place.route_key,
            "rawPath": place.path,
            "rawQueryString": self.query,
            "headers": joined(self.headers().filter(|(name, _)| name != "cookie")),
            "requestContext": {
                "accountId": place.account,
                "apiId": place.api,
                "domainName": self.domain(),
                "domainPrefix": self.domain().split('.').next(),
                "http": {
                    "method": self.method,
                    "path": place.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.source_ip.to_string(),
                    "userAgent": self.header("user-agent"),
                },
                "requestId": self.request_id,
                "routeKey": place.route_key,
                "stage": place.stage,
                "time": self.time(),
                "timeEpoch": self.at_ms,
            },
            "isBase64Encoded": is_base64,
        });
        let cookies: Vec<String> = self
            .headers()
            .filter(|(name, _)| name == "cookie")
            .flat_map(|(_, value)| split_cookies(&value))
            .collect();
        // What a request does not have is not in its event.
        set(&mut event, "cookies", (!cookies.is_empty()).then(|| json!(cookies)));
        set(&mut event, "queryStringParameters", some(joined(self.parameters())));
        set(&mut event, "pathParameters", some(place.variables.clone()));
        set(&mut event, "stageVariables", some(place.stage_variables.clone()));
        set(&mut event, "body", body.map(Value::String));
        let signer = place.signer.as_ref().map(Signer::shown);
        set(&mut event["requestContext"], "authorizer", signer.or_else(|| place.authorizer.clone()));
        event
    }

    /// Payload format 1.0.
    #[must_use]
    pub fn version_1(&self, place: &Place<'_>) -> Value {
        let (body, is_base64) = self.body();
        let resource = place.route_key.split_once(' ').map_or(place.route_key, |(_, path)| path);
        let signer = place.signer;
        let mut event = json!({
            "version": "1.0",
            "resource": resource,
            "path": place.path,
            "httpMethod": self.method,
            "headers": last(self.headers()),
            "multiValueHeaders": all(self.headers()),
            "queryStringParameters": some(last(self.parameters())),
            "multiValueQueryStringParameters": some(all(self.parameters())),
            "requestContext": {
                "accountId": place.account,
                "apiId": place.api,
                "domainName": self.domain(),
                "domainPrefix": self.domain().split('.').next(),
                "extendedRequestId": self.request_id,
                "httpMethod": self.method,
                "identity": {
                    "accessKey": signer.and_then(|signer| signer.access_key),
                    "accountId": signer.map(|signer| signer.account),
                    "caller": signer.map(|signer| signer.id),
                    "sourceIp": self.source_ip.to_string(),
                    "user": signer.map(|signer| signer.id),
                    "userAgent": self.header("user-agent"),
                    "userArn": signer.map(|signer| signer.arn),
                },
                "path": place.path,
                "protocol": "HTTP/1.1",
                "requestId": self.request_id,
                "requestTime": self.time(),
                "requestTimeEpoch": self.at_ms,
                "resourcePath": resource,
                "stage": place.stage,
            },
            "pathParameters": some(place.variables.clone()),
            "stageVariables": some(place.stage_variables.clone()),
            "body": body,
            "isBase64Encoded": is_base64,
        });
        set(&mut event["requestContext"], "authorizer", place.authorizer.clone());
        event
    }

    fn domain(&self) -> &str {
        self.host.split(':').next().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn headers(&self) -> impl Iterator<Item = (String, String)> {
        let headers = self.headers.iter();
        headers.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
    }

    fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.query.as_bytes()).into_owned()
    }

    /// Text as it is; anything else in base64.
    fn body(&self) -> (Option<String>, bool) {
        let body = self.body;
        if body.is_empty() {
            return (None, false);
        }
        let kind = self.header("content-type").unwrap_or_default();
        let is_text = ["text/", "application/json", "application/javascript", "application/xml"]
            .iter()
            .any(|text| kind.starts_with(text));
        match std::str::from_utf8(body) {
            Ok(text) if is_text => (Some(text.to_owned()), false),
            _ => (Some(STANDARD.encode(body)), true),
        }
    }

    /// `12/Mar/2020:19:03:58 +0000`.
    fn time(&self) -> String {
        let format = format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
        let moment = OffsetDateTime::from_unix_timestamp(self.at_ms.div_euclid(1000)).ok();
        moment.and_then(|moment| moment.format(format).ok()).unwrap_or_default()
    }
}

fn set(event: &mut Value, name: &str, value: Option<Value>) {
    if let (Some(event), Some(value)) = (event.as_object_mut(), value) {
        event.insert(name.to_owned(), value);
    }
}

fn some(map: impl Into<Named>) -> Option<Value> {
    let Named(map) = map.into();
    (!map.is_empty()).then_some(Value::Object(map))
}

/// Values by name.
struct Named(Map<String, Value>);

impl From<BTreeMap<String, String>> for Named {
    fn from(map: BTreeMap<String, String>) -> Self {
        Named(map.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    }
}

impl From<BTreeMap<String, Vec<String>>> for Named {
    fn from(map: BTreeMap<String, Vec<String>>) -> Self {
        Named(map.into_iter().map(|(name, values)| (name, json!(values))).collect())
    }
}

fn split_cookies(header: &str) -> Vec<String> {
    header.split(';').map(|cookie| cookie.trim().to_owned()).filter(|cookie| !cookie.is_empty()).collect()
}

fn all(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    pairs.for_each(|(name, value)| map.entry(name).or_default().push(value));
    map
}

fn last(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    pairs.collect()
}

fn joined(pairs: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    all(pairs).into_iter().map(|(name, values)| (name, values.join(","))).collect()
}
