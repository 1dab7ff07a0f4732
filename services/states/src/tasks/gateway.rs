//! `apigateway:invoke`: a request to an API of API Gateway here, without a socket. What does not lie here is not asked.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service::{Context, MessageTo, Sent, Visit, whole_payload};
use states_language::execution::PAYLOAD_BYTES_MAX;
use wire::{Answer, Body, Fault};

use super::{Task, TaskFailure, call, parameters};

/// Headers that are the integration's own.
const OWN_HEADERS: [&str; 14] = [
    "authorization",
    "connection",
    "content-md5",
    "expect",
    "host",
    "max-forwards",
    "proxy-authenticate",
    "server",
    "te",
    "transfer-encoding",
    "trailer",
    "upgrade",
    "via",
    "www-authenticate",
];

/// What a request is made of.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Request {
    api_endpoint: String,
    method: String,
    headers: Option<Map<String, Value>>,
    stage: Option<String>,
    path: Option<String>,
    query_parameters: Option<Map<String, Value>>,
    request_body: Option<Value>,
    #[serde(default)]
    allow_null_values: bool,
    auth_type: Option<String>,
}

/// Whether an action is this one.
pub(super) fn is_invoke(service: &str, action: &str) -> bool {
    (service, action) == ("apigateway", "invoke")
}

/// Refuses parameters of which no request can be made.
pub(super) fn check(parameters: &Value) -> Result<(), TaskFailure> {
    read(parameters).map(drop)
}

fn read(given: &Value) -> Result<Request, TaskFailure> {
    Request::deserialize(given).map_err(|error| parameters::unusable(given, &error.to_string()))
}

/// Sends a request, and gives what is answered.
pub(super) async fn invoke(context: &Context, task: &Task) -> Result<Value, TaskFailure> {
    let unusable = |why: String| parameters::unusable(&task.parameters, &why);
    let request = read(&task.parameters)?;
    let visit = request.visit(context).map_err(unusable)?;
    let directory = context.cloud.directory();
    let answer = match directory.visited(&context.cloud.store, &visit.host, &visit.path) {
        Some(_) => directory.visit(&context.cloud, visit).await,
        None => behind(context, visit).await?,
    };
    let (status, headers) = (answer.status, answer.headers);
    let body = gathered(answer.body).await?;
    if !(200..300).contains(&status) {
        let cause = String::from_utf8_lossy(&body);
        return Err(TaskFailure::of_work(format!("ApiGateway.{status}"), cause));
    }
    let text = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    Ok(json!({
        "Headers": shown(&headers),
        "ResponseBody": call::json_or_text(&body),
        "StatusCode": status,
        "StatusText": text.unwrap_or_default(),
    }))
}

/// What stands behind an API's stage answers: its connections.
async fn behind(context: &Context, visit: Visit) -> Result<Answer, TaskFailure> {
    let verb = visit.method.to_string();
    let sent = Sent { verb, headers: visit.headers, query: Vec::new(), body: visit.body };
    let Some(message) = MessageTo::behind(context, &visit.host, &visit.path, sent) else {
        let cause = format!("Unable to execute HTTP request: {}: Name or service not known", visit.host);
        return Err(TaskFailure::of_work("ApiGateway.SdkClientException", cause));
    };
    if visit.signer.is_none() && context.cloud.authorizer.is_enforced() {
        return Err(TaskFailure::of_work("ApiGateway.403", r#"{"message":"Missing Authentication Token"}"#));
    }
    let gone = || TaskFailure::of_work("ApiGateway.SdkClientException", "nobody answers");
    message.answer(context).await.ok_or_else(gone)
}

impl Request {
    fn visit(&self, context: &Context) -> Result<Visit, String> {
        let field = |name: &str| format!("The value of the field '{name}' has an invalid format");
        let method = match self.method.as_str() {
            "GET" | "POST" | "PUT" | "DELETE" | "PATCH" | "HEAD" | "OPTIONS" => {
                Method::from_bytes(self.method.as_bytes())
            }
            _ => return Err(field("Method")),
        };
        let caller = &context.caller;
        let is_signed = match self.auth_type.as_deref() {
            None | Some("NO_AUTH") => false,
            Some("IAM_ROLE" | "RESOURCE_POLICY") => true,
            Some(_) => return Err(field("AuthType")),
        };
        let path = self.path.as_deref().unwrap_or_default().trim_start_matches('/');
        let stage = self.stage.as_ref().map(|stage| format!("/{stage}")).unwrap_or_default();
        Ok(Visit {
            request_id: Arc::clone(&caller.request_id),
            method: method.map_err(|_| field("Method"))?,
            host: self.api_endpoint.clone(),
            endpoint: format!("https://{}", self.api_endpoint).into(),
            path: format!("{stage}/{path}"),
            query: self.query().ok_or_else(|| field("QueryParameters"))?,
            headers: self.headers()?,
            body: self.body(),
            source_ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
            signer: is_signed.then(|| Ok(Arc::clone(&caller.principal))),
            upgrade: None,
        })
    }

    fn query(&self) -> Option<String> {
        let mut pairs = Vec::new();
        for (name, values) in self.query_parameters.iter().flatten() {
            for value in values_of(values)? {
                let [name, value] =
                    [name, &value].map(|text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string());
                pairs.push(format!("{name}={value}"));
            }
        }
        Some(pairs.join("&"))
    }

    fn headers(&self) -> Result<HeaderMap, String> {
        let mut headers = HeaderMap::new();
        for (name, values) in self.headers.iter().flatten() {
            let lower = name.to_ascii_lowercase();
            if OWN_HEADERS.contains(&&*lower)
                || lower.starts_with("x-amz")
                || lower.starts_with("x-forwarded")
            {
                return Err(format!("The 'Headers' field contains unsupported values: {name}"));
            }
            let wrong = || "The value of the field 'Headers' has an invalid format".to_owned();
            for value in values_of(values).ok_or_else(wrong)? {
                let name = HeaderName::from_bytes(lower.as_bytes()).map_err(|_| wrong())?;
                headers.append(name, HeaderValue::from_str(&value).map_err(|_| wrong())?);
            }
        }
        if self.request_body.is_some() && !headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(headers)
    }

    /// The body is JSON, without what is null unless that is wanted.
    fn body(&self) -> Bytes {
        match &self.request_body {
            None => Bytes::new(),
            Some(body) if self.allow_null_values => body.to_string().into(),
            Some(body) => without_nulls(body.clone()).to_string().into(),
        }
    }
}

/// A value by itself, or several.
fn values_of(values: &Value) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match values {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|value| vec![value]),
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(name, value)| (name, without_nulls(value))).collect()
        }
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn shown(headers: &HeaderMap) -> Value {
    let mut all = Map::new();
    for name in headers.keys() {
        let values =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        all.insert(name.to_string(), values.collect());
    }
    Value::Object(all)
}

async fn gathered(body: Body) -> Result<Bytes, TaskFailure> {
    let broken = |fault: Fault| TaskFailure::of_work("ApiGateway.SdkClientException", fault.message);
    whole_payload(body, PAYLOAD_BYTES_MAX).await.map_err(broken)?.ok_or_else(|| {
        let cause = "The state/task 'apigateway' returned a result with a size exceeding the maximum number of bytes service limit.";
        TaskFailure::of_work(states_language::failure::names::DATA_LIMIT, cause)
    })
}

#[cfg(test)]
mod tests;
