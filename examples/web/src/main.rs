//! A web application as a function, with the stock `lambda_http`: it answers what an HTTP API, in either version of the payload, or
//! a function's URL brings.

use lambda_http::http::StatusCode;
use lambda_http::{Body, Error, Request, RequestExt, RequestPayloadExt, Response, run, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(answer)).await
}

async fn answer(request: Request) -> Result<Response<Body>, Error> {
    let path = request.raw_http_path().trim_start_matches('/').to_owned();
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["trips", "none"] => say(StatusCode::NOT_FOUND, &json!({ "detail": "no such trip" })),
        ["trips", trip] => {
            let parameters = request.query_string_parameters();
            let agent = request.headers().get("user-agent").and_then(|agent| agent.to_str().ok());
            let by = parameters.first("by").unwrap_or("train");
            say(StatusCode::OK, &json!({ "trip": trip, "by": by, "agent": agent }))
        }
        ["trips"] => match request.json::<Value>() {
            Ok(Some(Value::Object(mut trip))) if trip.contains_key("name") => {
                trip.entry("seats").or_insert(1.into());
                say(StatusCode::CREATED, &trip.into())
            }
            _ => say(StatusCode::UNPROCESSABLE_ENTITY, &json!({})),
        },
        ["image"] => {
            let pixels: Vec<u8> = (0..=255).collect();
            Ok(Response::builder().header("content-type", "image/png").body(pixels.into())?)
        }
        _ => say(StatusCode::NOT_FOUND, &json!({})),
    }
}

fn say(status: StatusCode, document: &Value) -> Result<Response<Body>, Error> {
    let answer = Response::builder().status(status).header("content-type", "application/json");
    Ok(answer.header("set-cookie", "a=1").header("set-cookie", "b=2").body(document.to_string().into())?)
}
