//! Finds out which service and operation a request means, and by which protocol.
//!
//! In this order: the rpc-v2 path, `X-Amz-Target`, `Action` of a query or form, then a REST method and path among the
//! services that the credential scope or the host name allow.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderName, Method};
use names::Region;
use service::{Directory, Service};
use signing::Style;
use wire::{Fault, OperationFacts, Protocol, ServiceFacts};

use crate::host;

static X_AMZ_TARGET: HeaderName = HeaderName::from_static("x-amz-target");
static SMITHY_PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

/// What a request means.
pub(crate) struct Target<'a> {
    /// The service.
    pub(crate) service: &'a Service,
    /// The operation of its API, written or not.
    pub(crate) operation: &'static OperationFacts,
    /// How the client speaks.
    pub(crate) protocol: Protocol,
    /// The path's labels, for REST protocols.
    pub(crate) labels: wire::rest::Labels,
    /// The region that the host names, for services whose hosts do.
    pub(crate) region: Option<Region>,
}

impl Target<'_> {
    /// Whether its body can pass through as it comes. A signature of S3 says in its head what it covers of the body; others
    /// are only proved on the whole.
    pub(crate) fn streams(&self) -> bool {
        self.operation.takes_stream() && Style::of_service(self.service.facts().signing_name) == Style::S3
    }
}

/// A request that no operation of ours fits: what to answer, and in whose protocol, as far as that is known.
#[derive(Debug)]
pub(crate) struct Unknown {
    pub(crate) fault: Box<Fault>,
    pub(crate) protocol: Spoken,
}

/// In which protocol, and of which service, an answer is to be.
pub(crate) type Spoken = Option<(Protocol, &'static ServiceFacts)>;

/// Finds the operation by a request's head; nothing where its body may have the name. `scope_service` is the service of the
/// credential scope.
pub(crate) fn by_head<'a>(
    directory: &'a Directory,
    routers: &Routers,
    parts: &Parts,
    scope_service: Option<&str>,
) -> Option<Result<Target<'a>, Unknown>> {
    if let Some((service_id, operation)) = rpc_v2(parts) {
        return Some(by_rpc_v2(directory, parts, service_id, operation));
    }
    if let Some(target) = parts.headers.get(&X_AMZ_TARGET) {
        return Some(by_target(directory, parts, target.to_str().unwrap_or_default()));
    }
    let is_call = is_form(parts) && parts.method == Method::POST;
    (!is_call).then(|| by_form(directory, routers, parts, &[], scope_service))
}

/// Finds the operation by the form that is a request's body, or else as if it had none.
pub(crate) fn by_form<'a>(
    directory: &'a Directory,
    routers: &Routers,
    parts: &Parts,
    form: &[u8],
    scope_service: Option<&str>,
) -> Result<Target<'a>, Unknown> {
    match query_call(parts, form) {
        Some(call) => by_action(directory, parts, &call, scope_service),
        None => by_path(directory, routers, parts, scope_service),
    }
}

/// How a service speaks to whoever has not called one of its operations.
pub(crate) fn spoken(service: &Service) -> Spoken {
    let facts = service.facts();
    Some((*facts.protocols.first()?, facts))
}

/// A router for each service that speaks REST, made once.
pub(crate) struct Routers(Vec<(&'static str, wire::rest::Router)>);

impl Routers {
    pub(crate) fn new(directory: &Directory) -> Self {
        let speaks_rest = |facts: &ServiceFacts| facts.protocols.iter().any(|protocol| is_rest(*protocol));
        let mut services: Vec<_> =
            directory.services().filter(|service| speaks_rest(service.facts())).collect();
        // What every request can be asked for comes last.
        services.sort_by_key(|service| service.mark().is_none());
        let facts = services.into_iter().map(Service::facts);
        Routers(facts.map(|facts| (facts.name, wire::rest::Router::new(facts.operations))).collect())
    }
}

fn is_rest(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::RestJson1 | Protocol::RestXml)
}

/// `/service/{id}/operation/{name}`.
fn rpc_v2(parts: &Parts) -> Option<(&str, &str)> {
    parts.headers.get(&SMITHY_PROTOCOL).filter(|value| *value == "rpc-v2-cbor")?;
    let (_, path) = parts.uri.path().split_once("/service/")?;
    path.split_once("/operation/")
}

fn by_rpc_v2<'a>(
    directory: &'a Directory,
    parts: &Parts,
    service_id: &str,
    operation: &str,
) -> Result<Target<'a>, Unknown> {
    // The path names the API's Smithy service, such as `AmazonSQS` or `DynamoDB_20120810`.
    let service = directory
        .services()
        .filter(|service| service.facts().protocols.contains(&Protocol::RpcV2Cbor))
        .find(|service| {
            service.facts().target_prefix == Some(service_id) || service.facts().service_id == service_id
        })
        .ok_or_else(|| no_api(dialect(parts), &format!("service {service_id}")))?;
    operation_of(service, Protocol::RpcV2Cbor, operation)
}

fn by_target<'a>(directory: &'a Directory, parts: &Parts, target: &str) -> Result<Target<'a>, Unknown> {
    let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
    let service = directory
        .services()
        .find(|service| service.facts().target_prefix == Some(prefix))
        .ok_or_else(|| no_api(None, &format!("X-Amz-Target {target}")))?;
    let content_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let version_1_1 = content_type.is_some_and(|value| value.starts_with("application/x-amz-json-1.1"));
    let protocol = if version_1_1 { Protocol::AwsJson11 } else { Protocol::AwsJson10 };
    operation_of(service, protocol, operation)
}

/// `Action` and `Version` of a query string or form.
struct QueryCall {
    action: String,
    version: Option<String>,
}

fn query_call(parts: &Parts, form: &[u8]) -> Option<QueryCall> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let find = |name: &str| {
        let mut pairs = form_urlencoded::parse(form).chain(form_urlencoded::parse(query));
        pairs.find(|(key, _)| key == name).map(|(_, value): (_, Cow<'_, str>)| value.into_owned())
    };
    Some(QueryCall { action: find("Action")?, version: find("Version") })
}

fn by_action<'a>(
    directory: &'a Directory,
    parts: &Parts,
    call: &QueryCall,
    scope_service: Option<&str>,
) -> Result<Target<'a>, Unknown> {
    let speaks = |facts: &ServiceFacts| {
        facts
            .protocols
            .iter()
            .copied()
            .find(|protocol| matches!(protocol, Protocol::AwsQuery | Protocol::Ec2Query))
    };
    let named = scope_service.or_else(|| host::service_in(parts));
    let fits = |service: &&Service| {
        let facts = service.facts();
        let version_fits = call.version.as_deref().is_none_or(|version| version == facts.api_version);
        let name_fits = named.is_none_or(|name| service.is_called(name));
        speaks(facts).is_some() && version_fits && name_fits
    };
    let candidates: Vec<_> = directory.services().filter(fits).collect();
    let service = candidates
        .iter()
        .find(|service| service.facts().operation(&call.action).is_some())
        .or(candidates.first())
        .ok_or_else(|| no_api(Some((Protocol::AwsQuery, &NOBODY)), &format!("Action {}", call.action)))?;
    let protocol = speaks(service.facts()).unwrap_or(Protocol::AwsQuery);
    operation_of(service, protocol, &call.action)
}

fn by_path<'a>(
    directory: &'a Directory,
    routers: &Routers,
    parts: &Parts,
    scope_service: Option<&str>,
) -> Result<Target<'a>, Unknown> {
    for (name, router) in &routers.0 {
        let Some(service) = directory.service(name).filter(|service| is_marked(service, parts)) else {
            continue;
        };
        let address = host::address_in(service, parts);
        if !host::is_meant(
            directory,
            service,
            address.as_ref(),
            scope_service.or_else(|| host::service_in(parts)),
        ) {
            continue;
        }
        let (method, uri) = (parts.method.as_str(), &parts.uri);
        let path = host::path_within(service, address.as_ref(), parts);
        if let Some(route) = router.find(method, &path, uri.query(), &parts.headers) {
            let protocol = service.facts().protocols.iter().copied().find(|protocol| is_rest(*protocol));
            return Ok(Target {
                service,
                operation: route.operation,
                protocol: protocol.unwrap_or(Protocol::RestJson1),
                labels: route.labels,
                region: address.and_then(|address| address.region),
            });
        }
    }
    Err(no_api(dialect(parts), &format!("{} {}", parts.method, parts.uri.path())))
}

/// Whether a request has what all requests of a service have.
fn is_marked(service: &Service, parts: &Parts) -> bool {
    service.mark().is_none_or(|header| parts.headers.contains_key(header))
}

fn operation_of<'a>(service: &'a Service, protocol: Protocol, name: &str) -> Result<Target<'a>, Unknown> {
    let facts = service.facts();
    match facts.operation(name) {
        Some(operation) => {
            Ok(Target { service, operation, protocol, labels: Default::default(), region: None })
        }
        None => Err(Unknown {
            fault: Box::new(unknown_operation(protocol, facts, name)),
            protocol: Some((protocol, facts)),
        }),
    }
}

fn unknown_operation(protocol: Protocol, facts: &ServiceFacts, name: &str) -> Fault {
    match protocol {
        Protocol::AwsQuery | Protocol::Ec2Query => {
            let message = format!("Could not find operation {name} for version {}", facts.api_version);
            Fault::new("InvalidAction", 400, message)
        }
        _ => Fault::new("UnknownOperationException", 400, ""),
    }
}

/// The facts of no service, for answers to requests whose service is not known.
static NOBODY: ServiceFacts = ServiceFacts::plain("", &[]);

/// How a client speaks whose request goes to no service that is known, as far as its headers tell.
pub(crate) fn dialect(parts: &Parts) -> Spoken {
    if parts.headers.contains_key(&SMITHY_PROTOCOL) {
        return Some((Protocol::RpcV2Cbor, &NOBODY));
    }
    is_form(parts).then_some((Protocol::AwsQuery, &NOBODY))
}

fn is_form(parts: &Parts) -> bool {
    let content_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"))
}

/// Nothing here has that address.
fn no_api(protocol: Spoken, what: &str) -> Unknown {
    let message = format!("No API of this cloud answers {what}.");
    let fault = Box::new(Fault::new("UnknownOperationException", 404, message));
    Unknown { fault, protocol }
}
