//! The authorizer of the front: lets travellers in who show the token that the deployment made.
//!
//! In its place stands whatever a team signs its travellers in with.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let wanted = format!("Bearer {}", std::env::var("TOKEN")?);
    run(service_fn(async |event: LambdaEvent<Value>| decision(&event.payload, &wanted))).await
}

/// A policy for the whole stage, because API Gateway remembers it for other methods too.
fn decision(question: &Value, wanted: &str) -> Result<Value, Error> {
    if question["authorizationToken"] != wanted {
        // These words, and no others, are 401.
        return Err("Unauthorized".into());
    }
    let method = question["methodArn"].as_str().unwrap_or_default();
    let stage: Vec<&str> = method.split('/').take(2).collect();
    let statement = json!({
        "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": format!("{}/*", stage.join("/")),
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    Ok(json!({ "principalId": "traveller", "policyDocument": policy }))
}
