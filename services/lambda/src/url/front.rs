//! The front: requests to `{id}.lambda-url.{region}.…` hosts, and to `/_aws/lambda-url/{id}/…`.
//!
//! What it refuses is worded as <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html> says.

use std::collections::BTreeMap;
use std::sync::Arc;

use api_lambda as api;
use bytes::Bytes;
use http::header::HeaderValue;
use http_events::{Place, Request, Signer};
use runtime::PAYLOAD_BYTES_MAX;
use serde_json::{Value, json};
use service::{Cloud, Context, Principal, Result, Visit};
use store::Reads as _;
use wire::{Answer, Fault};

use super::{FunctionUrl, answer as answers, cors};
use crate::host::{Call, Host};
use crate::{function, keys, stream};

const PATH: &str = "/_aws/lambda-url/";
const FORBIDDEN: &str = "Forbidden. For troubleshooting Function URL authorization issues, see: \
                         https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html";

/// Whether a request is for a function's URL.
pub(crate) fn accepts(host: &str, path: &str) -> bool {
    path.starts_with(PATH) || host_id(host).is_some()
}

/// The id in `{id}.lambda-url.us-east-1.localhost:4566`.
fn host_id(host: &str) -> Option<&str> {
    let (id, rest) = host.split_once('.')?;
    rest.starts_with("lambda-url.").then_some(id)
}

/// Calls the function of the URL that a visit is for.
pub(crate) async fn answer(host: Arc<Host>, cloud: Arc<Cloud>, visit: Visit) -> Answer {
    let (id, path) = match visit.path.strip_prefix(PATH) {
        Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
        None => (host_id(&visit.host).unwrap_or_default(), visit.path.strip_prefix('/').unwrap_or_default()),
    };
    let path = format!("/{path}");
    let url = match cloud.store.snapshot().get_record::<FunctionUrl>(&keys::url(id)) {
        Ok(Some(url)) => url,
        Ok(None) => return refusal(404, "ResourceNotFoundException", &json!({ "Message": null })),
        Err(error) => return failure(&visit, &error.into()),
    };
    let for_pages = url.cors.as_ref().map(|rules| rules.headers(&visit)).unwrap_or_default();
    let mut answer = match url.cors.is_some() && cors::is_preflight(&visit) {
        true => Answer::text(200, "text/plain", ""),
        false => call(host, &cloud, &visit, &url, path).await.unwrap_or_else(|error| failure(&visit, &error)),
    };
    // The rules of the URL come before what its function says.
    answer.headers.extend(for_pages);
    answer
}

fn refusal(status: u16, kind: &'static str, body: &Value) -> Answer {
    let mut answer = Answer::json(status, body.to_string());
    answer.headers.insert("x-amzn-errortype", HeaderValue::from_static(kind));
    answer
}

fn failure(visit: &Visit, error: &service::Error) -> Answer {
    if let service::Error::Fault(fault) = error {
        match fault.code.as_ref() {
            "TooManyRequestsException" => {
                return refusal(429, "TooManyRequestsException", &json!({ "message": fault.message }));
            }
            "RequestEntityTooLargeException" => {
                return refusal(413, "RequestEntityTooLargeException", &json!({ "Message": fault.message }));
            }
            _ => {}
        }
    }
    tracing::warn!(%error, host = visit.host, request_id = &*visit.request_id, "a function's URL failed");
    answers::bad_gateway()
}

async fn call(
    host: Arc<Host>,
    cloud: &Arc<Cloud>,
    visit: &Visit,
    url: &FunctionUrl,
    path: String,
) -> Result<Answer> {
    let context = match admitted(cloud, visit, url) {
        Ok(context) => context,
        Err(answer) => return Ok(*answer),
    };
    let signer = url.is_signed.then(|| &*context.caller.principal);
    let payload = event(visit, url, path, signer, cloud.clock.now().millis());
    if payload.len() > PAYLOAD_BYTES_MAX {
        let message =
            format!("{} byte payload is too large (limit {PAYLOAD_BYTES_MAX} bytes)", payload.len());
        return Err(crate::errors::too_large(message).into());
    }
    let name = url.name();
    let function = function::choose(&*context.view(), &name, context.random())?;
    let call = Call::of(&visit.request_id, payload);
    let begun = stream::begin(host, context, function, name, call).await?;
    answers::of(begun, url.streams).await
}

/// Who may call: whoever the function's policy lets in, and has signed where the URL wants that.
fn admitted(cloud: &Arc<Cloud>, visit: &Visit, url: &FunctionUrl) -> Result<Context, Box<Answer>> {
    let forbidden = |message: &str| refusal(403, "AccessDeniedException", &json!({ "Message": message }));
    let context = cloud.context_of_visit(visit, url.scope);
    let context = match visit.signer.as_ref().filter(|_| url.is_signed) {
        Some(Ok(principal)) => context.signed_by(principal),
        Some(Err(fault)) => return Err(Box::new(forbidden(&fault.message))),
        None if url.is_signed && cloud.authorizer.is_enforced() => {
            return Err(Box::new(forbidden(FORBIDDEN)));
        }
        None => context,
    };
    may(&context, url).map_err(|_| Box::new(forbidden(FORBIDDEN)))?;
    Ok(context)
}

/// Two permissions, each with a condition key of its own.
fn may(context: &Context, url: &FunctionUrl) -> Result<(), Fault> {
    let kind = if url.is_signed { "AWS_IAM" } else { "NONE" };
    let asked = [
        ("InvokeFunctionUrl", "lambda:functionurlauthtype", kind),
        ("InvokeFunction", "lambda:invokedviafunctionurl", "true"),
    ];
    for (action, name, value) in asked {
        let condition = |key: &str| (key == name).then(|| value.to_owned());
        context.permit_if(&api::FACTS, action, &|| vec![url.arn()], &condition)?;
    }
    Ok(())
}

/// The visit as the function sees it.
fn event(visit: &Visit, url: &FunctionUrl, path: String, signer: Option<&Principal>, at_ms: i64) -> Bytes {
    let headers = visit.forwarded(at_ms);
    let request = Request {
        request_id: &visit.request_id,
        method: visit.method.as_str(),
        host: &visit.host,
        query: &visit.query,
        headers: &headers,
        body: &visit.body,
        source_ip: visit.source_ip,
        at_ms,
    };
    let place = Place {
        account: signer.map_or("anonymous", |signer| signer.arn.account_text()),
        api: &url.id,
        route_key: "$default",
        stage: "$default",
        path,
        variables: BTreeMap::new(),
        stage_variables: BTreeMap::new(),
        authorizer: None,
        signer: signer.map(shown),
    };
    request.version_2(&place).to_string().into()
}

fn shown(signer: &Principal) -> Signer<'_> {
    Signer {
        access_key: signer.access_key_id.as_deref(),
        account: signer.arn.account_text(),
        id: &signer.id,
        arn: signer.arn.as_str(),
    }
}
