//! Names of the user's own, as version 2 shows them. Version 1 shows the same ones, and its form is the one in which they are kept
//! ([`service::domains`]): it has members for all of them.

use api_apigatewayv2 as model;
use names::{Arn, Scope};
use serde_json::{Value, json};
use service::domains::{self, Domain};
use service::{Page, Pages, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::api;
use crate::documents::{self, Members, set, text};
use crate::errors;
use crate::tags::TAGGING;

/// Where names of regional endpoints stand at AWS: the zone of us-east-1.
const ZONE: &str = "Z1UJRXOUMOOFQ8";

pub(crate) fn arn(scope: &Scope, name: &str) -> Arn {
    Arn::regional("apigateway", &scope.region, format_args!("/domainnames/{name}"))
}

fn missing() -> Fault {
    errors::missing("The domain name resource specified in the request was not found.".into())
}

/// The domain of that name.
pub(crate) fn find(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Domain> {
    Ok(domains::find(reads, scope, name)?.ok_or_else(missing)?)
}

/// The same, if its endpoint is regional: others are version 1's.
pub(crate) fn find_regional(reads: &impl Reads, scope: &Scope, name: &str) -> Result<Domain> {
    let found = find(reads, scope, name)?;
    match documents::read(&found.document)?.contains_key("distributionDomainName") {
        false => Ok(found),
        true => Err(errors::bad(
            "Only REGIONAL domain names can be managed through the API Gateway V2 API. For EDGE domain names, please use the API Gateway V1 API. Also note that only REST APIs can be attached to EDGE domain names.",
        )
        .into()),
    }
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &model::CreateDomainNameInput,
) -> Result<model::CreateDomainNameOutput> {
    let (scope, name) = (tx.scope(), input.domain_name.as_str());
    if !domains::is_name(name) || domains::is_reserved(tx.context, name) {
        return Err(errors::bad(format!("Invalid domain name: {name}")).into());
    }
    let mut kept = Members::new();
    set(&mut kept, "domainName", Some(name));
    set(&mut kept, "domainNameArn", Some(arn(&scope, name).to_string()));
    set(&mut kept, "domainNameStatus", Some("AVAILABLE"));
    set(&mut kept, "routingMode", Some("BASE_PATH_MAPPING_ONLY"));
    set(&mut kept, "securityPolicy", Some("TLS_1_2"));
    set(&mut kept, "endpointConfiguration", Some(json!({ "types": ["REGIONAL"], "ipAddressType": "ipv4" })));
    let address = format!("d-{}.execute-api.{}.localhost", api::fresh_id(tx.random(), 10), scope.region);
    set(&mut kept, "regionalDomainName", Some(address));
    set(&mut kept, "regionalHostedZoneId", Some(ZONE));
    take(tx, documents::of(input)?, &mut kept)?;
    let domain = Domain { scope, name: name.to_owned(), document: json!(kept).to_string() };
    if !domains::create(tx, &domain)? {
        return Err(errors::bad("The domain name you provided already exists.").into());
    }
    TAGGING.add(tx, &scope, &arn(&scope, name), input.tags.iter().flatten())?;
    documents::show(&shown(&**tx, &domain)?)
}

/// Takes what a client says of a domain into the form in which it is kept.
fn take(tx: &Tx<'_>, said: Members, kept: &mut Members) -> Result<()> {
    let mode = text(&said, "routingMode").unwrap_or("API_MAPPING_ONLY");
    errors::refuse(&[("RoutingMode with rules", mode != "API_MAPPING_ONLY")])?;
    let configurations = said.get("domainNameConfigurations").and_then(Value::as_array);
    let configurations = configurations.map(Vec::as_slice).unwrap_or_default();
    if configurations.len() > 1 {
        return Err(errors::bad("Only one domain name configuration is supported").into());
    }
    if let Some(Value::Object(configuration)) = configurations.first() {
        configure(tx, configuration, kept)?;
    }
    match said.get("mutualTlsAuthentication") {
        Some(Value::Object(tls)) if !tls.is_empty() => Ok(trust(tls, kept)?),
        _ => Ok(()),
    }
}

/// Takes what is said of a trust store over what is kept of it; an empty address takes it away.
fn trust(said: &Members, kept: &mut Members) -> Result<(), Fault> {
    const NAME: &str = "mutualTlsAuthentication";
    if text(said, "truststoreUri") == Some("") {
        kept.remove(NAME);
        return Ok(());
    }
    let mut tls = kept.get(NAME).and_then(Value::as_object).cloned().unwrap_or_default();
    tls.extend(said.clone());
    if !text(&tls, "truststoreUri").is_some_and(|uri| uri.starts_with("s3://")) {
        return Err(errors::bad("Invalid truststore URI: it must have the form s3://bucket/key"));
    }
    set(kept, NAME, Some(tls));
    Ok(())
}

fn configure(tx: &Tx<'_>, configuration: &Members, kept: &mut Members) -> Result<()> {
    if text(configuration, "endpointType").is_some_and(|kind| kind != "REGIONAL") {
        return Err(errors::bad(
            "Invalid endpoint type. Only REGIONAL domain names are supported by API Gateway V2.",
        )
        .into());
    }
    for (theirs, own) in [
        ("certificateArn", "regionalCertificateArn"),
        ("certificateName", "regionalCertificateName"),
        ("securityPolicy", "securityPolicy"),
        ("ownershipVerificationCertificateArn", "ownershipVerificationCertificateArn"),
    ] {
        set(kept, own, text(configuration, theirs));
    }
    if let Some(kind) = text(configuration, "ipAddressType") {
        kept["endpointConfiguration"]["ipAddressType"] = json!(kind);
    }
    if kept.contains_key("regionalCertificateArn") && !kept.contains_key("certificateUploadDate") {
        // As version 1 has moments.
        kept.insert("certificateUploadDate".into(), json!(tx.now.millis() / 1000));
    }
    Ok(())
}

/// As the API shows it.
fn shown(reads: &impl Reads, domain: &Domain) -> Result<Members> {
    let kept = documents::read(&domain.document)?;
    let kinds = kept.get("endpointConfiguration").and_then(|endpoint| endpoint.get("types"));
    let kinds = kinds.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let configurations = kinds.iter().map(|kind| configuration(&kept, kind)).collect::<Vec<_>>();
    let mut members = Members::new();
    set(&mut members, "domainName", Some(domain.name.as_str()));
    set(&mut members, "domainNameArn", Some(arn(&domain.scope, &domain.name).to_string()));
    set(&mut members, "apiMappingSelectionExpression", Some("$request.basepath"));
    set(&mut members, "domainNameConfigurations", Some(configurations));
    set(&mut members, "mutualTlsAuthentication", kept.get("mutualTlsAuthentication").cloned());
    set(&mut members, "routingMode", Some("API_MAPPING_ONLY"));
    let tags = service::tags::of(reads, &domain.scope, &arn(&domain.scope, &domain.name))?;
    set(&mut members, "tags", Some(json!(tags)));
    Ok(members)
}

/// What is kept of an endpoint of that kind.
fn configuration(kept: &Members, kind: &Value) -> Value {
    let names = match kind.as_str() {
        Some("EDGE") => {
            ["distributionDomainName", "distributionHostedZoneId", "certificateArn", "certificateName"]
        }
        _ => [
            "regionalDomainName",
            "regionalHostedZoneId",
            "regionalCertificateArn",
            "regionalCertificateName",
        ],
    };
    let shown = ["apiGatewayDomainName", "hostedZoneId", "certificateArn", "certificateName"];
    let mut members = Members::new();
    set(&mut members, "endpointType", Some(kind.clone()));
    for (name, shown) in names.iter().zip(shown) {
        set(&mut members, shown, text(kept, name));
    }
    for name in ["domainNameStatus", "securityPolicy", "ownershipVerificationCertificateArn"] {
        set(&mut members, name, text(kept, name));
    }
    set(&mut members, "ipAddressType", kept["endpointConfiguration"].get("ipAddressType").cloned());
    let uploaded = kept.get("certificateUploadDate").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let uploaded = uploaded.map(|seconds| documents::moment(seconds as i64 * 1000));
    set(&mut members, "certificateUploadDate", uploaded);
    Value::Object(members)
}

pub(crate) fn get(view: &View<'_>, input: &model::GetDomainNameInput) -> Result<model::GetDomainNameOutput> {
    documents::show(&shown(&**view, &find(&**view, &view.scope(), &input.domain_name)?)?)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &model::GetDomainNamesInput,
) -> Result<model::GetDomainNamesOutput> {
    let limit = api::limit_of(input.max_results.as_deref())?;
    let (operation, token) = ("apigatewayv2:GetDomainNames", input.next_token.as_deref());
    let pages = Pages { operation, token, limit, bad_token: api::bad_token };
    let page: Page<Members> = pages.of_range(view, domains::list(&view.scope()), |entry, _| {
        domains::listed(&**view, entry)?.map(|domain| shown(&**view, &domain)).transpose()
    })?;
    documents::show_page(page)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &model::UpdateDomainNameInput,
) -> Result<model::UpdateDomainNameOutput> {
    let domain = find_regional(&**tx, &tx.scope(), &input.domain_name)?;
    let mut kept = documents::read(&domain.document)?;
    take(tx, documents::of(input)?, &mut kept)?;
    let domain = Domain { document: json!(kept).to_string(), ..domain };
    domains::put(tx, &domain)?;
    documents::show(&shown(&**tx, &domain)?)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &model::DeleteDomainNameInput,
) -> Result<model::DeleteDomainNameOutput> {
    let scope = tx.scope();
    let domain = find(&**tx, &scope, &input.domain_name)?;
    domains::delete(tx, &domain)?;
    service::tags::forget(tx, &scope, &arn(&scope, &domain.name));
    Ok(model::DeleteDomainNameOutput::default())
}
