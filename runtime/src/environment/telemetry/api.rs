//! The Telemetry API and the older Logs API: the parts of the Runtime API by which extensions subscribe.

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use super::subscription::{self, Api};
use crate::environment::api::{Apis, broken_body, read, refusal, respond};
use crate::environment::extensions;
use crate::report;

/// Which of the two a path belongs to.
pub(in crate::environment) fn at(path: &str) -> Option<Api> {
    match path.trim_end_matches('/') {
        "/2022-07-01/telemetry" => Some(Api::Telemetry),
        "/2020-08-15/logs" => Some(Api::Logs),
        _ => None,
    }
}

pub(in crate::environment) async fn answer(
    request: Request<Incoming>,
    api: Api,
    apis: &Apis,
) -> Response<Full<Bytes>> {
    if request.method() != Method::PUT {
        return refusal(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "Subscriptions are put");
    }
    let member = match extensions::api::caller(&request, &apis.extensions) {
        Ok(member) => member,
        Err(refused) => return extensions::api::forbidden(&refused),
    };
    let Ok(Some(body)) = read(request.into_body()).await else { return broken_body() };
    let wish = match subscription::read(api, &body) {
        Ok(wish) => wish,
        Err(message) => return refusal(StatusCode::BAD_REQUEST, "ValidationError", &message),
    };
    let types: Vec<&'static str> = wish.sources.iter().map(|source| source.name()).collect();
    let Some(subscriber) = apis.telemetry.subscribe(&member.name, wish) else {
        let (kind, message) = match api {
            Api::Telemetry => ("Telemetry.SubscriptionClosed", "Telemetry API subscription is closed"),
            Api::Logs => ("Logs.SubscriptionClosed", "Logs API subscription is closed"),
        };
        return refusal(StatusCode::FORBIDDEN, kind, message);
    };
    apis.tasks.spawn(subscriber.run());
    let text = report::subscription(api.label(), &member.name, &types);
    apis.logs.tell(apis.json_lines, Some(&text), || match api {
        Api::Telemetry => report::json::telemetry_subscription(&member.name, &types),
        Api::Logs => report::json::logs_subscription(&member.name, &types),
    });
    respond(StatusCode::OK, "\"OK\"".into())
}
