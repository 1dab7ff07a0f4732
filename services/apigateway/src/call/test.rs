//! TestInvokeMethod: a method is tried as it is now, without a deployment, keys or authorizers.

use std::collections::BTreeMap;
use std::sync::Arc;

use ::service::{Context, Result, Visit};
use api_apigateway as api;
use bytes::Bytes;
use http::{HeaderMap, Method};
use wire::Answer;

use super::begin::Prepared;
use super::compiled::Compiled;
use super::integration;
use super::mapping::{header, set_header};
use super::request::{Call, Target, listed, named, pairs};
use super::validate;
use crate::apis::{self, Owner};
use crate::document::Home;
use crate::frozen::Definition;
use crate::{errors, methods};

/// Tries a method.
pub(crate) async fn invoke(
    context: Context,
    input: api::TestInvokeMethodInput,
) -> Result<api::TestInvokeMethodOutput> {
    errors::refuse(&[("clientCertificateId", input.client_certificate_id.is_some())])?;
    let call = prepare(&context, &input)?;
    let outcome = match validate::check(&call) {
        Ok(()) => integration::answer(&call).await,
        Err(refusal) => Err(refusal),
    };
    let answer = outcome.unwrap_or_else(|refusal| refusal.answer(&call));
    Ok(shown(&call, answer))
}

fn shown(call: &Call, answer: Answer) -> api::TestInvokeMethodOutput {
    let took = call.cloud.clock.now().millis() - call.at_ms;
    let headers = pairs(&answer.headers);
    let body = answer.body.whole().unwrap_or_default();
    call.notes.say(|| format!("Method completed with status: {}", answer.status));
    let lines = call.notes.log.as_ref().map(|log| log.lock().join("\n")).unwrap_or_default();
    let text = |map: std::collections::BTreeMap<&str, &str>| {
        map.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let lists = listed(&headers).into_iter();
    let lists =
        lists.map(|(name, values)| (name.to_owned(), values.into_iter().map(str::to_owned).collect()));
    api::TestInvokeMethodOutput {
        status: Some(answer.status.into()),
        body: Some(String::from_utf8_lossy(&body).into_owned()),
        multi_value_headers: Some(lists.collect()),
        headers: Some(text(named(&headers))),
        log: Some(lines),
        latency: Some(took),
    }
}

/// The method with a request to it.
fn prepare(context: &Context, input: &api::TestInvokeMethodInput) -> Result<Call> {
    let view = context.view();
    let scope = view.scope();
    let api = apis::find(&*view, &scope, &input.rest_api_id)?;
    let resource: api::Resource = Home::In(&input.rest_api_id).find(&*view, &input.resource_id)?;
    let compiled = Arc::new(Compiled::of(Definition::of(&*view, &api)?)?);
    let asked = input.path_with_query_string.clone().or(resource.path).unwrap_or_default();
    let (path, query) = asked.split_once('?').unwrap_or((&asked, ""));
    let place = compiled.tree.find(path, |place| place.id == input.resource_id);
    let place = place.map(|(place, variables)| (Arc::clone(place), variables));
    let (place, variables) = place.ok_or_else(methods::no_method)?;
    let method = Arc::clone(place.methods.get(&input.http_method).ok_or_else(methods::no_method)?);
    let prepared = Prepared {
        cloud: &context.cloud,
        api_id: input.rest_api_id.clone(),
        api: Arc::clone(&compiled),
        stage: stage(input.stage_variables.clone()),
        deployment: String::new(),
        is_canary: false,
        path: path.to_owned(),
        base: String::new(),
        full_path: path.to_owned(),
    };
    let request = Request {
        verb: if input.http_method == "ANY" { "GET" } else { &input.http_method },
        path,
        query,
        headers: input.headers.as_ref(),
        many: input.multi_value_headers.as_ref(),
        body: input.body.as_deref(),
    };
    let mut call = prepared.call(visit(context, &request), &Owner { scope });
    call.target = Some(Target { place, method, variables });
    call.notes.log = Some(parking_lot::Mutex::default());
    call.notes.traces = true;
    call.notes.say(|| format!("Execution log for request {}", call.visit.request_id));
    Ok(call)
}

/// A request that nobody sent.
pub(super) struct Request<'a> {
    pub(super) verb: &'a str,
    pub(super) path: &'a str,
    pub(super) query: &'a str,
    pub(super) headers: Option<&'a BTreeMap<String, String>>,
    pub(super) many: Option<&'a BTreeMap<String, Vec<String>>>,
    pub(super) body: Option<&'a str>,
}

/// The stage of such requests.
pub(super) fn stage(variables: Option<BTreeMap<String, String>>) -> Arc<api::Stage> {
    let stage_name = Some("test-invoke-stage".into());
    Arc::new(api::Stage { stage_name, variables, ..api::Stage::default() })
}

pub(super) fn visit(context: &Context, request: &Request<'_>) -> Visit {
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers.into_iter().flatten() {
        set_header(&mut headers, name, value);
    }
    for (name, values) in request.many.into_iter().flatten() {
        headers.extend(values.iter().filter_map(|value| header(name, value)));
    }
    Visit {
        request_id: Arc::clone(&context.caller.request_id),
        method: Method::from_bytes(request.verb.as_bytes()).unwrap_or_default(),
        host: "testPrefix.testDomainName".into(),
        endpoint: Arc::clone(&context.caller.endpoint),
        path: request.path.to_owned(),
        query: request.query.to_owned(),
        headers,
        body: Bytes::from(request.body.unwrap_or_default().to_owned()),
        source_ip: context.caller.source_ip.unwrap_or(std::net::Ipv4Addr::LOCALHOST.into()),
        signer: None,
        upgrade: None,
    }
}
