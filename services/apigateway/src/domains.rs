//! Names of the user's own, as version 1 shows them. Version 2 shows the same ones ([`service::domains`]).
//!
//! Never here: certificates, which are kept by their ARNs alone.

use api_apigateway as api;
use service::domains::{self, Domain};
use service::{Pages, Result, Tx, View};
use store::Reads;
use wire::Fault;

use crate::document;
use crate::patch::{self, ENTRY, REPLACE, Table, VALUE};
use crate::tags::{self, TAGGING};
use crate::{errors, mappings};

/// Where names of these endpoints stand at AWS: the zones of us-east-1, and of CloudFront.
const ZONE: &str = "Z1UJRXOUMOOFQ8";
const ZONE_OF_EDGES: &str = "Z2FDTNDATAQYW2";

const TABLE: Table = &[
    ("/certificateName", ENTRY),
    ("/certificateArn", ENTRY),
    ("/regionalCertificateName", ENTRY),
    ("/regionalCertificateArn", ENTRY),
    ("/endpointConfiguration/types", ENTRY),
    ("/endpointConfiguration/types/*", VALUE),
    ("/endpointConfiguration/ipAddressType", REPLACE),
    ("/securityPolicy", REPLACE),
    ("/mutualTlsAuthentication/truststoreUri", ENTRY),
    ("/mutualTlsAuthentication/truststoreVersion", ENTRY),
    ("/ownershipVerificationCertificateArn", ENTRY),
    ("/routingMode", REPLACE),
    ("/endpointAccessMode", REPLACE),
];

pub(crate) fn missing() -> Fault {
    errors::missing("Invalid domain name identifier specified")
}

/// The domain of that name, if no other one of the name is meant.
pub(crate) fn find(tx: &impl Reads, scope: &names::Scope, name: &str, id: Option<&str>) -> Result<Domain> {
    // Only private domains have ids.
    let found = if id.is_some() { None } else { domains::find(tx, scope, name)? };
    Ok(found.ok_or_else(missing)?)
}

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateDomainNameInput) -> Result<api::DomainName> {
    errors::refuse(&[
        ("certificateBody", input.certificate_body.is_some()),
        ("certificatePrivateKey", input.certificate_private_key.is_some()),
        ("certificateChain", input.certificate_chain.is_some()),
        ("policy", input.policy.is_some()),
    ])?;
    let name = input.domain_name.as_str();
    if !domains::is_name(name) || domains::is_reserved(tx.context, name) {
        return Err(errors::bad(format!("Invalid domain name: {name}")).into());
    }
    let made: api::DomainName = document::made_of(input)?;
    let made = settled(tx, api::DomainName { tags: None, ..made })?;
    let scope = tx.scope();
    let domain = Domain { scope, name: name.to_owned(), document: kept(&made) };
    if !domains::create(tx, &domain)? {
        return Err(errors::bad("The domain name you provided already exists.").into());
    }
    TAGGING.add(tx, &scope, &tags::own_arn(&scope, "domainnames", name), input.tags.iter().flatten())?;
    shown(&**tx, &domain)
}

fn kept(made: &api::DomainName) -> String {
    String::from_utf8_lossy(&wire::to_json(made, <api::DomainName as wire::Kept>::SHAPE)).into_owned()
}

/// With what the client left out, and refused if it may not be so.
fn settled(tx: &Tx<'_>, made: api::DomainName) -> Result<api::DomainName> {
    let mut endpoint = made.endpoint_configuration.unwrap_or_default();
    let types = endpoint.types.get_or_insert_default();
    if types.is_empty() {
        types.push("EDGE".into());
    }
    endpoint.ip_address_type.get_or_insert_with(|| "ipv4".into());
    let kinds: Vec<String> = types.iter().map(|kind| kind.as_str().to_owned()).collect();
    let has = |kind: &str| kinds.iter().any(|known| known == kind);
    errors::refuse(&[("domain names of PRIVATE endpoints", has("PRIVATE"))])?;
    if let Some(kind) = kinds.iter().find(|kind| !["EDGE", "REGIONAL"].contains(&kind.as_str())) {
        return Err(errors::bad(format!("Invalid endpoint type: {kind}")).into());
    }
    let mode = made.routing_mode.unwrap_or_else(|| "BASE_PATH_MAPPING_ONLY".into());
    errors::refuse(&[("routingMode with rules", mode.as_str() != "BASE_PATH_MAPPING_ONLY")])?;
    let tls = made.mutual_tls_authentication.filter(|tls| tls.truststore_uri.is_some());
    check_tls(tls.as_ref(), has("EDGE"))?;
    let (regional, edge) = (has("REGIONAL"), has("EDGE"));
    let label = || document::fresh_id(tx.random(), 10);
    let scope = tx.scope();
    let address = || format!("d-{}.execute-api.{}.localhost", label(), scope.region);
    let certified = made.certificate_arn.is_some() || made.regional_certificate_arn.is_some();
    Ok(api::DomainName {
        domain_name_arn: made
            .domain_name
            .as_deref()
            .map(|name| tags::own_arn(&scope, "domainnames", name).to_string()),
        regional_domain_name: regional.then(|| made.regional_domain_name.unwrap_or_else(address)),
        regional_hosted_zone_id: regional.then(|| ZONE.into()),
        distribution_domain_name: edge.then(|| {
            made.distribution_domain_name.unwrap_or_else(|| format!("d{}.cloudfront.localhost", label()))
        }),
        distribution_hosted_zone_id: edge.then(|| ZONE_OF_EDGES.into()),
        certificate_upload_date: made.certificate_upload_date.or_else(|| certified.then_some(tx.now)),
        domain_name_status: Some("AVAILABLE".into()),
        security_policy: made.security_policy.or_else(|| Some("TLS_1_2".into())),
        endpoint_configuration: Some(endpoint),
        routing_mode: Some(mode),
        mutual_tls_authentication: tls,
        domain_name: made.domain_name,
        certificate_name: made.certificate_name,
        certificate_arn: made.certificate_arn,
        regional_certificate_name: made.regional_certificate_name,
        regional_certificate_arn: made.regional_certificate_arn,
        ownership_verification_certificate_arn: made.ownership_verification_certificate_arn,
        endpoint_access_mode: made.endpoint_access_mode,
        ..api::DomainName::default()
    })
}

/// Trust stores are objects of S3, and of regional endpoints.
fn check_tls(tls: Option<&api::MutualTlsAuthentication>, is_edge: bool) -> Result<(), Fault> {
    let Some(uri) = tls.and_then(|tls| tls.truststore_uri.as_deref()) else { return Ok(()) };
    if is_edge {
        return Err(errors::bad("Mutual TLS is only supported for REGIONAL domain names."));
    }
    match uri.starts_with("s3://") {
        true => Ok(()),
        false => Err(errors::bad("Invalid truststore URI: it must have the form s3://bucket/key")),
    }
}

/// As the API shows it.
fn shown(reads: &impl Reads, domain: &Domain) -> Result<api::DomainName> {
    let made: api::DomainName = document::from_json(domain.document.as_bytes())?;
    let arn = tags::own_arn(&domain.scope, "domainnames", &domain.name);
    Ok(api::DomainName { tags: tags::shown(reads, &domain.scope, &arn)?, ..made })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetDomainNameInput) -> Result<api::DomainName> {
    let id = input.domain_name_id.as_deref();
    shown(&**view, &find(&**view, &view.scope(), &input.domain_name, id)?)
}

pub(crate) fn list(view: &View<'_>, input: &api::GetDomainNamesInput) -> Result<api::GetDomainNamesOutput> {
    if input.resource_owner.as_ref().is_some_and(|owner| owner.as_str() == "OTHER_ACCOUNTS") {
        return Ok(api::GetDomainNamesOutput { items: Some(Vec::new()), position: None });
    }
    let limit = document::limit_of(input.limit)?;
    let token = input.position.as_deref();
    let pages = Pages { operation: "domain", token, limit, bad_token: document::bad_token };
    let page = pages.of_range(view, domains::list(&view.scope()), |entry, _| {
        domains::listed(&**view, entry)?.map(|domain| shown(&**view, &domain)).transpose()
    })?;
    Ok(api::GetDomainNamesOutput { items: Some(page.items), position: page.next_token })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateDomainNameInput) -> Result<api::DomainName> {
    let domain = find(&**tx, &tx.scope(), &input.domain_name, input.domain_name_id.as_deref())?;
    let made: api::DomainName = document::from_json(domain.document.as_bytes())?;
    let changed = settled(tx, patch::apply(&made, &input.patch_operations, TABLE)?)?;
    let domain = Domain { document: kept(&changed), ..domain };
    domains::put(tx, &domain)?;
    shown(&**tx, &domain)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteDomainNameInput,
) -> Result<api::DeleteDomainNameOutput> {
    let scope = tx.scope();
    let domain = find(&**tx, &scope, &input.domain_name, input.domain_name_id.as_deref())?;
    domains::delete(tx, &domain)?;
    service::tags::forget(tx, &scope, &tags::own_arn(&scope, "domainnames", &domain.name));
    Ok(api::DeleteDomainNameOutput::default())
}

/// Refuses to take away an API, or a stage of it, to which mappings lead.
pub(crate) fn check_unmapped(tx: &Tx<'_>, api: &str, stage: Option<&str>) -> Result<()> {
    let domains = domains::mapped_to(&**tx, api, stage)?;
    if domains.is_empty() {
        return Ok(());
    }
    let (what, kind) = match stage {
        Some(stage) => (format!("stage {stage}"), "stage"),
        None => (format!("RestApi {api}"), "RestApi"),
    };
    let domains = domains.join(", ");
    Err(errors::bad(format!(
        "Deleting {what} failed. Please remove all base path mappings related to the {kind} in your domains: {domains}"
    ))
    .into())
}

/// Whether an API has that stage.
pub(crate) fn serves(tx: &Tx<'_>, api: &str, stage: &str) -> Result<bool> {
    mappings::has_stage(tx, api, Some(stage))
}
