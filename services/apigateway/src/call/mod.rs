//! The way of a request through an API: found, let in, checked, answered.
//!
//! Requests come to `{api}.execute-api.…` hosts, to `/_aws/execute-api/{api}/{stage}/…` and to
//! `/restapis/{api}/{stage}/_user_request_/…`. Never here: HTTP itself, and how APIs are changed.

mod authorizer;
mod begin;
mod cache;
mod clients;
mod compiled;
mod content;
mod guard;
mod integration;
mod lambda;
mod logs;
mod mapping;
mod notes;
mod refusal;
mod request;
mod respond;
mod route;
mod service;
mod settings;
mod template;
pub(crate) mod test;
pub(crate) mod test_authorizer;
mod validate;
mod web;

use std::sync::Arc;

use ::service::{Cloud, Visit};
use http::HeaderValue;
use store::Store;
use wire::Answer;

use self::begin::{Addressed, begin};
use self::content::BODY_MAX;
use self::refusal::{Refusal, Refused, outside};
use self::request::Call;

pub(crate) use self::authorizer::flush as flush_authorizers;
pub(crate) use self::cache::flush as flush_answers;
pub(crate) use self::clients::judge as judge_key;

/// Whether a request may be for an API here.
pub(crate) fn accepts(host: &str, path: &str) -> bool {
    Addressed::of(host, path).is_some()
}

/// Whether it is for one.
pub(crate) fn owns(cloud: &Cloud, visit: &Visit) -> bool {
    keeps(&cloud.store, &visit.host, &visit.path)
}

/// Whether a host and a path lead to one.
pub(crate) fn keeps(store: &Store, host: &str, path: &str) -> bool {
    begin::owner(store, host, path).is_some()
}

/// Answers a request for an API.
pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    let request_id = Arc::clone(&visit.request_id);
    match begin(&cloud, visit) {
        Ok(Some(call)) => run(call).await,
        Ok(None) => outside(403, "ForbiddenException", "Forbidden"),
        Err(error) => {
            tracing::error!(%error, request_id = &*request_id, "an API could not be read");
            outside(500, "InternalServerErrorException", "Internal server error")
        }
    }
}

/// Takes a request the whole way. It stays where it is, for a future is moved with all that it holds.
pub(crate) async fn run(mut call: Box<Call>) -> Answer {
    let outcome = pass(&mut call).await;
    let (mut answer, refusal) = match outcome {
        Ok(answer) => (answer, None),
        Err(refusal) => (refusal.answer(&call), Some(refusal)),
    };
    if let Ok(id) = HeaderValue::from_str(&call.extended_id) {
        answer.headers.insert("x-amz-apigw-id", id);
    }
    logs::write(&call, &answer, refusal.as_deref());
    answer
}

/// The steps, in AWS's order.
async fn pass(call: &mut Call) -> Refused<Answer> {
    if call.target.is_none() {
        return Err(Refusal::new("MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token"));
    }
    if call.visit.body.len() > BODY_MAX {
        return Err(Refusal::new("REQUEST_TOO_LARGE", "Request Too Long"));
    }
    if call.api.api.minimum_compression_size.is_some()
        && let Some(unpacked) = content::unpacked(&call.visit.headers, &call.visit.body)?
    {
        call.visit.body = unpacked;
        call.visit.headers.remove(http::header::CONTENT_ENCODING);
    }
    guard::admit(call).await?;
    clients::admit(call).await?;
    settings::throttle(call)?;
    validate::check(call)?;
    match cache::find(call)? {
        cache::Found::Here(answer) => Ok(answer),
        cache::Found::Nothing(place) => cache::keep(call, place, integration::answer(call).await?),
    }
}
