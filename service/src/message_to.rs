//! Messages to services of the cloud that one of them sends as a client would, without a socket: what a message means is found out
//! as the door does it.
//!
//! `arn:aws:apigateway:region:sqs:path/000000000000/trips` with a form as body, `…:dynamodb:action/PutItem` with JSON,
//! `…:s3:path/bucket/{key}` with what REST has.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use wire::rest::{Labels, Router};
use wire::{Answer, Body, Message, OperationFacts, Protocol};

use crate::{Caller, Context, Service};

/// What is sent.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The method, for services that look at it.
    pub verb: String,
    /// Headers.
    pub headers: HeaderMap,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

/// A message for an operation of a service.
pub struct MessageTo {
    service: &'static str,
    operation: &'static OperationFacts,
    protocol: Protocol,
    verb: String,
    path: String,
    query: Option<String>,
    headers: HeaderMap,
    body: Bytes,
    labels: Labels,
    /// What stood before the path, where it is one that stands behind something else, and the host by which it is reached.
    before: Option<(String, String)>,
}

/// Where `service:path/…` or `service:action/…` leads.
struct Address<'a> {
    service: &'a str,
    /// The host's first part, where it has one: a bucket, an API.
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

impl MessageTo {
    /// What is sent to the service and the action or path that a URI of an integration names; none where that leads nowhere.
    #[must_use]
    pub fn by_uri(context: &Context, uri: &str, sent: Sent) -> Option<Self> {
        let address = address(uri)?;
        let directory = context.cloud.directory();
        let service = directory.services().find(|service| service.is_called(address.service))?;
        if address.kind == "action" {
            let action = address.rest.split('&').next().unwrap_or_default();
            return Self::by_name(context, service, action, "/", sent);
        }
        let rest = format!("/{}", address.rest.trim_start_matches('/'));
        if let Some(within) = address.within {
            let host = format!("{within}.{}.{}", address.service, context.scope().region);
            return match service.own_path(&host, &rest) {
                Some(own) => Self::own(service, &host, &rest, own, sent),
                None => Self::to(context, service, format!("/{within}{rest}"), sent),
            };
        }
        Self::to(context, service, rest, sent)
    }

    /// What is sent to a path that stands behind something of another service: a connection behind a stage of an API. None where
    /// no such path is meant.
    #[must_use]
    pub fn behind(context: &Context, host: &str, path: &str, sent: Sent) -> Option<Self> {
        let mut services = context.cloud.directory().services();
        let (service, own) = services.find_map(|service| Some((service, service.own_path(host, path)?)))?;
        Self::own(service, host, path, own, sent)
    }

    /// What is sent to the part of a path that is a service's own.
    fn own(service: &Service, host: &str, path: &str, own: &str, sent: Sent) -> Option<Self> {
        let before = path.strip_suffix(own).unwrap_or_default().to_owned();
        let made = Self::by_path(service, own.to_owned(), sent)?;
        Some(MessageTo { before: Some((host.to_owned(), before)), ..made })
    }

    fn to(context: &Context, service: &Service, path: String, sent: Sent) -> Option<Self> {
        match named_in(&sent) {
            Some(name) => Self::by_name(context, service, &name, &path, sent),
            None => Self::by_path(service, path, sent),
        }
    }

    /// An operation that a message names: as a form where it came as one, else as JSON.
    fn by_name(context: &Context, service: &Service, name: &str, path: &str, sent: Sent) -> Option<Self> {
        let facts = service.facts();
        let operation = facts.operation(name)?;
        let speaks =
            |wanted: &[Protocol]| facts.protocols.iter().copied().find(|known| wanted.contains(known));
        let json = speaks(&[Protocol::AwsJson10, Protocol::AwsJson11]);
        let mut fields = fields(&sent);
        let mut headers = sent.headers;
        let (protocol, body) = match json.filter(|_| fields.is_empty()) {
            Some(json) => (json, sent.body),
            None => {
                let query = speaks(&[Protocol::AwsQuery, Protocol::Ec2Query])?;
                if !fields.iter().any(|(known, _)| known == "Action") {
                    fields.push(("Action".into(), name.into()));
                }
                if let Some(parameter) = service.parameter_of(path)
                    && !fields.iter().any(|(known, _)| known == parameter)
                {
                    fields.push((parameter.into(), format!("{}{path}", context.caller.endpoint)));
                }
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.insert(header::CONTENT_TYPE, form);
                let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
                (query, Bytes::from(form))
            }
        };
        Some(MessageTo {
            service: facts.name,
            operation,
            protocol,
            verb: "POST".into(),
            path: path.into(),
            query: None,
            headers,
            body,
            labels: Labels::default(),
            before: None,
        })
    }

    /// An operation by method and path.
    fn by_path(service: &Service, path: String, sent: Sent) -> Option<Self> {
        let Sent { verb, headers, query, body } = sent;
        let facts = service.facts();
        let rest = [Protocol::RestJson1, Protocol::RestXml];
        let protocol = facts.protocols.iter().copied().find(|protocol| rest.contains(protocol))?;
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
        let query = Some(query).filter(|query| !query.is_empty());
        let route = Router::new(facts.operations).find(&verb, &path, query.as_deref(), &headers)?;
        let (operation, labels) = (route.operation, route.labels);
        Some(MessageTo {
            service: facts.name,
            operation,
            protocol,
            verb,
            path,
            query,
            headers,
            body,
            labels,
            before: None,
        })
    }

    /// The service's answer, in its own protocol.
    pub async fn answer(self, context: &Context) -> Option<Answer> {
        let directory = context.cloud.directory();
        let service = directory.service(self.service)?;
        let context = match &self.before {
            Some((host, before)) => reached_by(context, host).behind(Some(before)),
            None => context.clone(),
        };
        let stream = self.operation.takes_stream().then(|| Body::from(self.body.clone()));
        let message = Message {
            method: &self.verb,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
            body: &self.body,
            stream: stream.as_ref(),
            labels: &self.labels,
        };
        Some(directory.answer(&context, service, self.operation, self.protocol, &message).await)
    }
}

/// The same as if the client had come by that host.
fn reached_by(context: &Context, host: &str) -> Context {
    let caller = Caller { endpoint: format!("https://{host}").into(), ..Caller::clone(&context.caller) };
    Context { caller: Arc::new(caller), ..context.clone() }
}

/// The operation that a message names, in a header or in a form.
fn named_in(sent: &Sent) -> Option<String> {
    let target = sent.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| target.rsplit_once('.')).map(|(_, name)| name.to_owned());
    target.or_else(|| fields(sent).into_iter().find(|(name, _)| name == "Action").map(|(_, value)| value))
}

/// The fields of a form, and of a query.
fn fields(sent: &Sent) -> Vec<(String, String)> {
    let kind = sent.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_form = kind.starts_with("application/x-www-form-urlencoded") || sent.body.starts_with(b"Action=");
    let form = form_urlencoded::parse(if is_form { &sent.body } else { b"" }).into_owned();
    sent.query.iter().cloned().chain(form).collect()
}

#[cfg(test)]
mod tests;
