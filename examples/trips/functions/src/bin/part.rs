//! Books one part of a trip, or cancels it: the functions "hotel", "flight" and "car", each with its own table. The same as
//! `saga/booking.py`, for machines without Python.
//!
//! Either may come twice, and a booking may come after its own cancellation, when whoever ran it was killed and it is slow to
//! end. So a cancelled part stays in the table, and is never booked again.

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, run, service_fn};
use serde::Deserialize;
use serde_json::{Value, json};
use trips_functions::{Trip, config, held, state_of};

struct Part {
    table: String,
    sold_out: String,
    dynamodb: aws_sdk_dynamodb::Client,
}

/// What the state machine asks for.
#[derive(Deserialize)]
struct Wish {
    #[serde(rename = "do")]
    what: What,
    trip: Trip,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Book,
    Cancel,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let (table, sold_out) = (std::env::var("TABLE")?, std::env::var("SOLD_OUT").unwrap_or_default());
    let part = Part { table, sold_out, dynamodb: aws_sdk_dynamodb::Client::new(&config().await) };
    run(service_fn(|event: LambdaEvent<Wish>| part.carry_out(event.payload))).await
}

impl Part {
    async fn carry_out(&self, wish: Wish) -> Result<Value, Diagnostic> {
        match wish.what {
            What::Book => self.book(&wish.trip).await,
            What::Cancel => {
                self.write(&wish.trip, "cancelled", None).await?;
                Ok(json!({ "state": "cancelled" }))
            }
        }
    }

    async fn book(&self, trip: &Trip) -> Result<Value, Diagnostic> {
        if self.sold_out.split(',').any(|place| place == trip.to) {
            return Err(refusal("SoldOut", &trip.to));
        }
        let is_new = self.write(trip, "booked", Some("attribute_not_exists(id)")).await?;
        if !is_new && state_of(&self.dynamodb, &self.table, &trip.id).await?.as_deref() != Some("booked") {
            return Err(refusal("Cancelled", &trip.id));
        }
        Ok(json!({ "state": "booked" }))
    }

    /// Whether the condition held. The attribute of the state's name tells how often the part was written.
    async fn write(&self, trip: &Trip, state: &str, condition: Option<&str>) -> Result<bool, Error> {
        let update = self.dynamodb.update_item().table_name(&self.table);
        let written = update
            .key("id", AttributeValue::S(trip.id.clone()))
            .update_expression("SET #state = :state ADD #writes :one")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#writes", state)
            .expression_attribute_values(":state", AttributeValue::S(state.into()))
            .expression_attribute_values(":one", AttributeValue::N("1".into()))
            .set_condition_expression(condition.map(str::to_owned))
            .send()
            .await;
        held(written)
    }
}

/// An error by whose name the state machine decides.
fn refusal(name: &str, what: &str) -> Diagnostic {
    Diagnostic { error_type: name.to_owned(), error_message: what.to_owned() }
}
