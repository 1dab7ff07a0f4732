//! Certificates by which API Gateway would show itself to what is behind an API. They are made and kept; no request carries
//! one yet, so a stage that names one is refused.

use api_apigateway as api;
use service::{Context, Result, Tx, View};
use store::Reads;
use wire::{Fault, Timestamp};

use crate::document::{self, Home};
use crate::patch::{self, ENTRY};
use crate::tags::{self, TAGGING, own_arn};

/// For how long they count.
const VALID_MS: i64 = 365 * 24 * 60 * 60 * 1000;

/// Making a key takes longer than a transaction may.
pub(crate) async fn generate(
    context: Context,
    input: api::GenerateClientCertificateInput,
) -> Result<api::ClientCertificate> {
    let (from, until) = (context.now(), Timestamp(context.now().millis() + VALID_MS));
    let made = tokio::task::spawn_blocking(move || {
        rsa::Key::generate()?.certificate_between("ApiGateway", from.millis() / 1000, until.millis() / 1000)
    });
    let broken = |why: String| Fault::new("InternalFailure", 500, why);
    let pem = made.await.map_err(|why| broken(why.to_string()))?.map_err(|why| broken(why.to_string()))?;
    context.transact(|tx| keep(tx, &input, &pem, (from, until))).await
}

fn keep(
    tx: &mut Tx<'_>,
    input: &api::GenerateClientCertificateInput,
    pem: &str,
    (from, until): (Timestamp, Timestamp),
) -> Result<api::ClientCertificate> {
    let (scope, id) = (tx.scope(), document::fresh_id(tx.random(), 6));
    let made = api::ClientCertificate {
        client_certificate_id: Some(id.clone()),
        description: input.description.clone(),
        pem_encoded_certificate: Some(pem.to_owned()),
        created_date: Some(from),
        expiration_date: Some(until),
        ..api::ClientCertificate::default()
    };
    Home::Of(&scope).put(tx, &id, &made);
    TAGGING.add(tx, &scope, &own_arn(&scope, "clientcertificates", &id), input.tags.iter().flatten())?;
    shown(&**tx, &scope, made)
}

fn shown(
    reads: &impl Reads,
    scope: &names::Scope,
    certificate: api::ClientCertificate,
) -> Result<api::ClientCertificate> {
    let id = certificate.client_certificate_id.as_deref().unwrap_or_default();
    let tags = tags::shown(reads, scope, &own_arn(scope, "clientcertificates", id))?;
    Ok(api::ClientCertificate { tags, ..certificate })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetClientCertificateInput) -> Result<api::ClientCertificate> {
    let scope = view.scope();
    shown(&**view, &scope, Home::Of(&scope).find(&**view, &input.client_certificate_id)?)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::GetClientCertificatesInput,
) -> Result<api::GetClientCertificatesOutput> {
    let scope = view.scope();
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = Home::Of(&scope).page(view, page, |one: &mut api::ClientCertificate| {
        *one = shown(&**view, &scope, std::mem::take(one))?;
        Ok(true)
    })?;
    Ok(api::GetClientCertificatesOutput { items: Some(items), position })
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateClientCertificateInput,
) -> Result<api::ClientCertificate> {
    let scope = tx.scope();
    let found: api::ClientCertificate = Home::Of(&scope).find(&**tx, &input.client_certificate_id)?;
    let changed = patch::apply(&found, &input.patch_operations, &[("/description", ENTRY)])?;
    Home::Of(&scope).put(tx, &input.client_certificate_id, &changed);
    shown(&**tx, &scope, changed)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteClientCertificateInput,
) -> Result<api::DeleteClientCertificateOutput> {
    let (scope, id) = (tx.scope(), input.client_certificate_id.as_str());
    Home::Of(&scope).delete::<api::ClientCertificate>(tx, id)?;
    service::tags::forget(tx, &scope, &own_arn(&scope, "clientcertificates", id));
    Ok(api::DeleteClientCertificateOutput::default())
}
