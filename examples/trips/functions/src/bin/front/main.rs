//! `POST /trips`: writes a trip down as "new" and has the state machine book it. `GET /trips/{id}`: how it stands with a trip,
//! and with each step of its booking. `GET /places`: where one can go. Pages of any origin may ask all of it.
//!
//! It answers a booking only after both are done. A client that hears nothing sends the same trip again: its id is the key,
//! and the name of its execution, so it is written and booked once.

mod steps;

use std::time::SystemTime;

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use trips_functions::{Trip, config, held, state_of};

/// Where one can go.
const PLACES: [&str; 8] = ["Bergen", "Lisbon", "London", "Oslo", "Paris", "Rome", "Venice", "Zürich"];

struct Front {
    table: String,
    machine: String,
    dynamodb: aws_sdk_dynamodb::Client,
    states: aws_sdk_sfn::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = config().await;
    let front = Front {
        table: std::env::var("TABLE")?,
        machine: std::env::var("MACHINE")?,
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        states: aws_sdk_sfn::Client::new(&config),
    };
    run(service_fn(|event: LambdaEvent<Value>| front.answer(event.payload))).await
}

impl Front {
    /// Answers a request of a REST API.
    async fn answer(&self, request: Value) -> Result<Value, Error> {
        match request["resource"].as_str() {
            Some("/places") => Ok(places()),
            Some("/trips/{id}") => {
                self.state(request["pathParameters"]["id"].as_str().unwrap_or_default()).await
            }
            _ => self.book(request["body"].as_str().unwrap_or_default()).await,
        }
    }

    async fn book(&self, body: &str) -> Result<Value, Error> {
        // The API has looked whether it is one.
        let trip: Trip = serde_json::from_str(body)?;
        let is_new = self.write(&trip).await?;
        self.begin(&trip).await?;
        Ok(answer(if is_new { 201 } else { 200 }, &json!({ "id": trip.id, "state": "new" })))
    }

    /// Writes the trip, unless it is there already.
    async fn write(&self, trip: &Trip) -> Result<bool, Error> {
        let put = self.dynamodb.put_item().table_name(&self.table);
        let written = put
            .item("id", AttributeValue::S(trip.id.clone()))
            .item("traveller", AttributeValue::S(trip.traveller.clone()))
            .item("from", AttributeValue::S(trip.from.clone()))
            .item("to", AttributeValue::S(trip.to.clone()))
            .item("state", AttributeValue::S("new".into()))
            .condition_expression("attribute_not_exists(id)")
            .send()
            .await;
        held(written)
    }

    /// Begins to book a trip, unless that has begun.
    async fn begin(&self, trip: &Trip) -> Result<(), Error> {
        let start = self.states.start_execution().state_machine_arn(&self.machine).name(&trip.id);
        let begun = start.input(json!({ "trip": trip }).to_string()).send().await;
        match begun.map_err(aws_sdk_sfn::error::SdkError::into_service_error) {
            Ok(_) => Ok(()),
            Err(error) if error.is_execution_already_exists() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// "new" until it is billed, or undone.
    async fn state(&self, id: &str) -> Result<Value, Error> {
        let Some(state) = state_of(&self.dynamodb, &self.table, id).await? else {
            return Ok(problem(404, "there is no such trip"));
        };
        Ok(answer(200, &json!({ "id": id, "state": state, "steps": self.steps(id).await? })))
    }

    /// How it stands with each step of a booking that has begun, in order.
    async fn steps(&self, id: &str) -> Result<Value, Error> {
        let execution = self.machine.replace(":stateMachine:", ":execution:") + ":" + id;
        let history = self.states.get_execution_history().execution_arn(execution);
        let events = history.into_paginator().items().send();
        Ok(json!(steps::of(&events.collect::<Result<Vec<_>, _>>().await?)))
    }
}

/// With the moment of this answer: who asks again and gets the same one was answered from a cache.
fn places() -> Value {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    answer(200, &json!({ "places": PLACES, "asOf": now.as_millis() as u64 }))
}

fn problem(status: u16, message: &str) -> Value {
    answer(status, &json!({ "message": message }))
}

fn answer(status: u16, body: &Value) -> Value {
    json!({
        "statusCode": status,
        "headers": {
            "content-type": "application/json",
            "access-control-allow-origin": "*",
        },
        "body": body.to_string(),
    })
}
