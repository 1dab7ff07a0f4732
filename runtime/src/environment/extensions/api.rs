//! The Extensions API: the part of the Runtime API that extensions call, under `/2020-01-01/extension/`.

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Extensions, Member, Refused, Stage};
use crate::FunctionSpec;
use crate::environment::api::{Apis, accepted, broken_body, read, refusal, respond, unknown_path};

pub(in crate::environment) const PREFIX: &str = "/2020-01-01/extension/";

/// The header by which an extension says who it is.
const IDENTIFIER: &str = "lambda-extension-identifier";
const NAME: &str = "lambda-extension-name";
const FEATURES: &str = "lambda-extension-accept-feature";
const ERROR_KIND: &str = "lambda-extension-function-error-type";

/// What extensions are told of the function.
pub(crate) struct Facts {
    function_name: String,
    version: String,
    handler: String,
    account: String,
}

impl Facts {
    pub(crate) fn of(spec: &FunctionSpec) -> Self {
        Self {
            function_name: spec.function_name.clone(),
            version: spec.version.clone(),
            handler: spec.handler.clone(),
            account: spec.account.clone(),
        }
    }
}

#[derive(Deserialize)]
struct Registration {
    #[serde(default)]
    events: Vec<String>,
}

pub(in crate::environment) async fn answer(
    request: Request<Incoming>,
    route: &str,
    apis: &Apis,
) -> Response<Full<Bytes>> {
    let extensions = &apis.extensions;
    if (request.method(), route) == (&Method::POST, "register") {
        return register(request, apis).await;
    }
    let member = match caller(&request, extensions) {
        Ok(member) => member,
        Err(refused) => return forbidden(&refused),
    };
    match (request.method(), route) {
        (&Method::GET, "event/next") if member.stage() == Stage::Failed => {
            let message = format!(
                "State transition from {} to Ready failed for extension {}. Error: State transition is not allowed",
                member.stage().name(),
                member.name
            );
            forbidden(&Refused("Extension.InvalidExtensionState", message))
        }
        (&Method::GET, "event/next") => match extensions.next(&member).await {
            Some(event) => hand_out(&event),
            None => refusal(StatusCode::INTERNAL_SERVER_ERROR, "ContainerError", "The environment is ending"),
        },
        (&Method::POST, "init/error") => failed(request, extensions, &member, "Extension.InitError").await,
        (&Method::POST, "exit/error") => failed(request, extensions, &member, "Extension.ExitError").await,
        _ => unknown_path(),
    }
}

/// The extension that sends a request.
pub(in crate::environment) fn caller(
    request: &Request<Incoming>,
    extensions: &Extensions,
) -> Result<std::sync::Arc<Member>, Refused> {
    let Some(id) = header(request, IDENTIFIER) else {
        let message = "Missing Lambda-Extension-Identifier header".to_owned();
        return Err(Refused("Extension.MissingExtensionIdentifier", message));
    };
    if uuid::Uuid::parse_str(id).is_err() {
        return Err(Refused(
            "Extension.InvalidExtensionIdentifier",
            "Invalid Lambda-Extension-Identifier".into(),
        ));
    }
    let unknown = || Refused("Extension.UnknownExtensionIdentifier", format!("Unknown extension {id}"));
    extensions.find(id).ok_or_else(unknown)
}

pub(in crate::environment) fn forbidden(Refused(kind, message): &Refused) -> Response<Full<Bytes>> {
    refusal(StatusCode::FORBIDDEN, kind, message)
}

fn header<'a>(request: &'a Request<Incoming>, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

async fn register(request: Request<Incoming>, apis: &Apis) -> Response<Full<Bytes>> {
    let name = header(&request, NAME).unwrap_or_default().to_owned();
    if name.is_empty() {
        return forbidden(&Refused("Extension.InvalidExtensionName", "Empty extension name".into()));
    }
    let features = header(&request, FEATURES).unwrap_or_default();
    let tells_account = features.split(',').any(|feature| feature.trim() == "accountId");
    let Ok(Some(body)) = read(request.into_body()).await else { return broken_body() };
    let registration: Registration = match serde_json::from_slice(&body) {
        Ok(registration) => registration,
        Err(error) => return forbidden(&Refused("InvalidRequestFormat", error.to_string())),
    };
    let member = match apis.extensions.register(&name, &registration.events) {
        Ok(member) => member,
        Err(refused) => return forbidden(&refused),
    };
    let Facts { function_name, version, handler, account } = &apis.facts;
    let mut told = json!({ "functionName": function_name, "functionVersion": version, "handler": handler });
    if tells_account {
        told["accountId"] = account.as_str().into();
    }
    let mut response = respond(StatusCode::OK, told.to_string().into());
    response.headers_mut().extend(
        HeaderValue::from_str(&member.id).ok().map(|id| (http::HeaderName::from_static(IDENTIFIER), id)),
    );
    response
}

fn hand_out(event: &Value) -> Response<Full<Bytes>> {
    let mut response = respond(StatusCode::OK, event.to_string().into());
    let id = HeaderValue::from_str(&uuid::Uuid::new_v4().to_string());
    let name = http::HeaderName::from_static("lambda-extension-event-identifier");
    response.headers_mut().extend(id.ok().map(|id| (name, id)));
    response
}

async fn failed(
    request: Request<Incoming>,
    extensions: &Extensions,
    member: &Member,
    kind: &'static str,
) -> Response<Full<Bytes>> {
    let Some(told) = header(&request, ERROR_KIND).map(str::to_owned) else {
        let message = "Missing Lambda-Extension-Function-Error-Type header".to_owned();
        return forbidden(&Refused("Extension.MissingHeader", message));
    };
    // What else it says is for nobody.
    let Ok(_) = read(request.into_body()).await else { return broken_body() };
    extensions.fail(member, kind, told);
    accepted()
}
