//! `POST /trips`: writes a trip down as "new" and tells whoever wants to know that it was booked. `GET /trips/{id}`: how it
//! stands with a trip. Pages of any origin may ask both.
//!
//! It answers a booking only after both are done. A client that hears nothing sends the same trip again: its id is the key,
//! so it is written once, while a second announcement does no harm to listeners that tolerate it.

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use trips_functions::{Trip, config};

struct Front {
    table: String,
    topic: String,
    dynamodb: aws_sdk_dynamodb::Client,
    sns: aws_sdk_sns::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = config().await;
    let front = Front {
        table: std::env::var("TABLE")?,
        topic: std::env::var("TOPIC")?,
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        sns: aws_sdk_sns::Client::new(&config),
    };
    run(service_fn(|event: LambdaEvent<Value>| front.answer(event.payload))).await
}

impl Front {
    /// Answers a request of an HTTP API, payload format 2.0.
    async fn answer(&self, request: Value) -> Result<Value, Error> {
        match request["requestContext"]["http"]["method"].as_str() {
            Some("OPTIONS") => Ok(answer(200, &json!({}))),
            Some("GET") => self.state(request["pathParameters"]["id"].as_str().unwrap_or_default()).await,
            _ => self.book(request["body"].as_str().unwrap_or_default()).await,
        }
    }

    async fn book(&self, body: &str) -> Result<Value, Error> {
        let trip = match serde_json::from_str::<Trip>(body) {
            Ok(trip) if trip.is_whole() => trip,
            Ok(_) => {
                return Ok(problem(
                    400,
                    "a trip needs an id, a traveller, where it begins and where it ends",
                ));
            }
            Err(error) => return Ok(problem(400, &error.to_string())),
        };
        let is_new = self.write(&trip).await?;
        self.announce(&trip).await?;
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
        match written {
            Ok(_) => Ok(true),
            Err(error) => match error.into_service_error() {
                error if error.is_conditional_check_failed_exception() => Ok(false),
                error => Err(error.into()),
            },
        }
    }

    async fn announce(&self, trip: &Trip) -> Result<(), Error> {
        self.sns.publish().topic_arn(&self.topic).message(serde_json::to_string(trip)?).send().await?;
        Ok(())
    }

    /// "new" until it is billed.
    async fn state(&self, id: &str) -> Result<Value, Error> {
        let get = self.dynamodb.get_item().table_name(&self.table).key("id", AttributeValue::S(id.into()));
        let item = get.send().await?.item.unwrap_or_default();
        match item.get("state").and_then(|state| state.as_s().ok()) {
            Some(state) => Ok(answer(200, &json!({ "id": id, "state": state }))),
            None => Ok(problem(404, "there is no such trip")),
        }
    }
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
            "access-control-allow-headers": "content-type",
        },
        "body": body.to_string(),
    })
}
