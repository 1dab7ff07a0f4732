//! Services of the cloud behind methods: a mapped request is a message of the service's own protocol.
//!
//! `arn:aws:apigateway:region:sqs:path/000000000000/trips` with a form as body, `…:dynamodb:action/PutItem` with JSON,
//! `…:s3:path/bucket/{key}` with what REST has.

use ::service::Service;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use wire::rest::{Labels, Router};
use wire::{Body, Message, OperationFacts, Protocol};

use super::content::BODY_MAX;
use super::integration::{Mapped, patience, uri};
use super::lambda;
use super::mapping::{Answered, set_header};
use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::web::{self, Parameters};

/// A request to a service.
struct Asked {
    operation: &'static OperationFacts,
    protocol: Protocol,
    method: String,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    labels: Labels,
}

/// Where `service:path/…` or `service:action/…` leads.
struct Address<'a> {
    service: &'a str,
    /// The host's first part, where it has one: a bucket.
    within: Option<&'a str>,
    kind: &'a str,
    rest: &'a str,
}

fn address(uri: &str) -> Option<Address<'_>> {
    let mut parts = uri.splitn(6, ':').skip(4);
    let (host, rest) = (parts.next()?, parts.next()?);
    let (kind, rest) = rest.split_once('/')?;
    let (within, service) = host.rsplit_once('.').map_or((None, host), |(within, host)| (Some(within), host));
    Some(Address { service, within, kind, rest })
}

/// Asks the service behind a method.
pub(crate) async fn call(call: &Call, mapped: &Mapped) -> Refused<Answered> {
    let parameters = web::parameters(call, Some(mapped));
    let plain = Parameters { headers: HeaderMap::new(), query: Vec::new(), path: parameters.path.clone() };
    let uri = plain.address(&uri(call));
    let unknown = |what: &str| {
        let line =
            format!("Execution failed due to configuration error: no such service or action here: {what}");
        call.notes.say(|| line.clone());
        tracing::warn!(api = call.api_id, uri, "an integration with a service leads nowhere");
        Refusal::internal()
    };
    let address = address(&uri).ok_or_else(|| unknown(&uri))?;
    let directory = call.cloud.directory();
    let mut called = directory.services().filter(|service| service.is_called(address.service));
    let service = called.next().ok_or_else(|| unknown(address.service))?;
    let asked = asked(call, service, &address, mapped, parameters).ok_or_else(|| unknown(address.rest))?;
    let stream = asked.operation.takes_stream().then(|| Body::from(asked.body.clone()));
    let message = Message {
        method: &asked.method,
        path: &asked.path,
        query: asked.query.as_deref(),
        headers: &asked.headers,
        body: &asked.body,
        stream: stream.as_ref(),
        labels: &asked.labels,
    };
    let context = lambda::context(call);
    let answer = directory.answer(&context, service, asked.operation, asked.protocol, &message);
    let answer = tokio::time::timeout(patience(call), answer).await.map_err(|_| Refusal::late())?;
    let body = gathered(answer.body).await.ok_or_else(Refusal::bad_gateway)?;
    call.notes.trace(|| {
        format!("Endpoint response body before transformations: {}", String::from_utf8_lossy(&body))
    });
    Ok(Answered { status: answer.status, headers: answer.headers, body, failure: None })
}

/// A body that may come in pieces; none beyond the limit.
async fn gathered(body: Body) -> Option<Bytes> {
    let mut body = match body.into_whole() {
        Ok(whole) => return Some(whole),
        Err(body) => body,
    };
    let mut all = BytesMut::new();
    while let Some(piece) = body.next().await.ok()? {
        if all.len() + piece.len() > BODY_MAX {
            return None;
        }
        all.extend_from_slice(&piece);
    }
    Some(all.freeze())
}

/// What a message means to a service, as its door would find out.
fn asked(
    call: &Call,
    service: &Service,
    address: &Address<'_>,
    mapped: &Mapped,
    parameters: Parameters,
) -> Option<Asked> {
    let verb = call.method()?.integration.http_method.as_deref().unwrap_or("POST");
    let verb = if verb == "ANY" { call.visit.method.as_str() } else { verb };
    let path = match address.within {
        Some(within) => format!("/{within}/{}", address.rest),
        None if address.kind == "path" => format!("/{}", address.rest.trim_start_matches('/')),
        None => "/".to_owned(),
    };
    let mut headers = parameters.headers;
    if !headers.contains_key(header::CONTENT_TYPE) {
        set_header(&mut headers, "content-type", "application/json");
    }
    let fields = fields(&headers, &mapped.body, &parameters.query);
    let target = headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| target.rsplit_once('.')).map(|(_, name)| name.to_owned());
    let field = fields.iter().find(|(name, _)| name == "Action").map(|(_, value)| value.clone());
    let action =
        (address.kind == "action").then(|| address.rest.split('&').next().unwrap_or_default().to_owned());
    match action.or(target).or(field) {
        Some(name) => by_name(call, service, &name, &path, mapped, headers, fields),
        None => by_path(service, verb, path, mapped, headers, &parameters.query),
    }
}

/// The fields of a form, and of a query.
fn fields(headers: &HeaderMap, body: &[u8], query: &[(String, String)]) -> Vec<(String, String)> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind.starts_with("application/x-www-form-urlencoded") || body.starts_with(b"Action=");
    let form = form_urlencoded::parse(if is_form { body } else { b"" }).into_owned();
    query.iter().cloned().chain(form).collect()
}

/// An operation that a message names: as a form where it came as one, else as JSON.
fn by_name(
    call: &Call,
    service: &Service,
    name: &str,
    path: &str,
    mapped: &Mapped,
    mut headers: HeaderMap,
    mut fields: Vec<(String, String)>,
) -> Option<Asked> {
    let facts = service.facts();
    let operation = facts.operation(name)?;
    let speaks = |wanted: &[Protocol]| facts.protocols.iter().copied().find(|known| wanted.contains(known));
    let json = speaks(&[Protocol::AwsJson10, Protocol::AwsJson11]);
    let (protocol, body) = match json.filter(|_| fields.is_empty()) {
        Some(json) => (json, mapped.body.clone()),
        None => {
            let query = speaks(&[Protocol::AwsQuery, Protocol::Ec2Query])?;
            if !fields.iter().any(|(known, _)| known == "Action") {
                fields.push(("Action".into(), name.into()));
            }
            if let Some(parameter) = service.parameter_of(path)
                && !fields.iter().any(|(known, _)| known == parameter)
            {
                fields.push((parameter.into(), format!("{}{path}", call.visit.endpoint)));
            }
            set_header(&mut headers, "content-type", "application/x-www-form-urlencoded");
            let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            (query, Bytes::from(form))
        }
    };
    Some(Asked {
        operation,
        protocol,
        method: "POST".into(),
        path: path.into(),
        query: None,
        headers,
        body,
        labels: Labels::default(),
    })
}

/// An operation by method and path.
fn by_path(
    service: &Service,
    verb: &str,
    path: String,
    mapped: &Mapped,
    headers: HeaderMap,
    query: &[(String, String)],
) -> Option<Asked> {
    let facts = service.facts();
    let rest = [Protocol::RestJson1, Protocol::RestXml];
    let protocol = facts.protocols.iter().copied().find(|protocol| rest.contains(protocol))?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let query = Some(query).filter(|query| !query.is_empty());
    let route = Router::new(facts.operations).find(verb, &path, query.as_deref(), &headers)?;
    let labels = route.labels;
    let body = mapped.body.clone();
    Some(Asked {
        operation: route.operation,
        protocol,
        method: verb.into(),
        path,
        query,
        headers,
        body,
        labels,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_services() {
        let read = |uri| address(uri).map(|found| (found.service, found.within, found.kind, found.rest));
        let sqs = read("arn:aws:apigateway:us-east-1:sqs:path/000000000000/trips");
        assert_eq!(sqs, Some(("sqs", None, "path", "000000000000/trips")));
        let dynamodb = read("arn:aws:apigateway:us-east-1:dynamodb:action/PutItem");
        assert_eq!(dynamodb, Some(("dynamodb", None, "action", "PutItem")));
        let bucket = read("arn:aws:apigateway:us-east-1:a.b.s3:path/key");
        assert_eq!(bucket, Some(("s3", Some("a.b"), "path", "key")));
        assert_eq!(read("arn:aws:apigateway"), None);
    }
}
