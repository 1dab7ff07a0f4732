//! Pays for trips: reads the queue "payments", and answers the executions that wait for it by the token of each message. The same
//! as `saga/payer.py`, for machines without Python.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use trips_functions::{Trip, config};

/// What an execution wants.
#[derive(Deserialize)]
struct Request {
    token: String,
    trip: Trip,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let states = aws_sdk_sfn::Client::new(&config().await);
    run(service_fn(|event: LambdaEvent<Value>| batch(&states, event.payload))).await
}

/// Names the messages that could not be answered; they come again.
async fn batch(states: &aws_sdk_sfn::Client, event: Value) -> Result<Value, Error> {
    let mut failures = Vec::new();
    for record in event["Records"].as_array().into_iter().flatten() {
        if let Err(error) = answer(states, record["body"].as_str().unwrap_or_default()).await {
            eprintln!("not answered: {error}");
            failures.push(json!({ "itemIdentifier": record["messageId"] }));
        }
    }
    Ok(json!({ "batchItemFailures": failures }))
}

async fn answer(states: &aws_sdk_sfn::Client, message: &str) -> Result<(), Error> {
    let request: Request = serde_json::from_str(message)?;
    let output = json!({ "by": request.trip.traveller }).to_string();
    let sent = states.send_task_success().task_token(request.token).output(output).send().await;
    match sent.map_err(aws_sdk_sfn::error::SdkError::into_service_error) {
        Ok(_) => Ok(()),
        // Answered before, by the same message: messages may come twice.
        Err(error) if error.is_task_timed_out() || error.is_task_does_not_exist() => Ok(()),
        Err(error) => Err(error.into()),
    }
}
