//! Requests as functions see them: payload formats 2.0 and 1.0 (see "Create AWS Lambda proxy integrations for HTTP APIs").

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use service::Visit;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::api::HttpApi;

/// A request that found its route.
pub(crate) struct Matched<'a> {
    pub(crate) api: &'a HttpApi,
    pub(crate) visit: &'a Visit,
    pub(crate) stage: &'a str,
    /// The path below the stage.
    pub(crate) path: &'a str,
    pub(crate) route_key: &'a str,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) at_ms: i64,
}

impl Matched<'_> {
    /// Payload format 2.0.
    pub(crate) fn version_2(&self) -> Value {
        let (body, is_base64) = self.body();
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key,
            "rawPath": self.raw_path(),
            "rawQueryString": self.visit.query,
            "headers": joined(self.headers().filter(|(name, _)| name != "cookie")),
            "requestContext": {
                "accountId": self.api.scope.account.as_str(),
                "apiId": self.api.id,
                "domainName": self.domain(),
                "domainPrefix": self.domain().split('.').next(),
                "http": {
                    "method": self.visit.method.as_str(),
                    "path": self.raw_path(),
                    "protocol": "HTTP/1.1",
                    "sourceIp": self.visit.source_ip.to_string(),
                    "userAgent": self.header("user-agent"),
                },
                "requestId": &*self.visit.request_id,
                "routeKey": self.route_key,
                "stage": self.stage,
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
        set(&mut event, "queryStringParameters", some(joined(self.query())));
        set(&mut event, "pathParameters", some(self.variables.clone()));
        set(&mut event, "stageVariables", some(self.stage_variables()));
        set(&mut event, "body", body.map(Value::String));
        event
    }

    /// Payload format 1.0.
    pub(crate) fn version_1(&self) -> Value {
        let (body, is_base64) = self.body();
        let resource = self.route_key.split_once(' ').map_or(self.route_key, |(_, path)| path);
        json!({
            "version": "1.0",
            "resource": resource,
            "path": self.raw_path(),
            "httpMethod": self.visit.method.as_str(),
            "headers": last(self.headers()),
            "multiValueHeaders": all(self.headers()),
            "queryStringParameters": some(last(self.query())),
            "multiValueQueryStringParameters": some(all(self.query())),
            "requestContext": {
                "accountId": self.api.scope.account.as_str(),
                "apiId": self.api.id,
                "domainName": self.domain(),
                "domainPrefix": self.domain().split('.').next(),
                "extendedRequestId": &*self.visit.request_id,
                "httpMethod": self.visit.method.as_str(),
                "identity": {
                    "sourceIp": self.visit.source_ip.to_string(),
                    "userAgent": self.header("user-agent"),
                },
                "path": self.raw_path(),
                "protocol": "HTTP/1.1",
                "requestId": &*self.visit.request_id,
                "requestTime": self.time(),
                "requestTimeEpoch": self.at_ms,
                "resourcePath": resource,
                "stage": self.stage,
            },
            "pathParameters": some(self.variables.clone()),
            "stageVariables": some(self.stage_variables()),
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    /// The path with its stage, as AWS has it: the default stage has no name in it.
    fn raw_path(&self) -> String {
        if self.stage == "$default" { self.path.to_owned() } else { format!("/{}{}", self.stage, self.path) }
    }

    fn domain(&self) -> &str {
        self.visit.host.split(':').next().unwrap_or_default()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.visit.headers.get(name)?.to_str().ok()
    }

    fn headers(&self) -> impl Iterator<Item = (String, String)> {
        let headers = self.visit.headers.iter();
        headers.map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
    }

    fn query(&self) -> impl Iterator<Item = (String, String)> {
        form_urlencoded::parse(self.visit.query.as_bytes()).into_owned()
    }

    fn stage_variables(&self) -> BTreeMap<String, String> {
        self.api.stages.get(self.stage).map(|stage| stage.variables.clone()).unwrap_or_default()
    }

    /// Text as it is; anything else in base64.
    fn body(&self) -> (Option<String>, bool) {
        let body = &self.visit.body;
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
