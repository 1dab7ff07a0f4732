//! Bills the trips of a batch from the queue "billing". The same as `bill/main.py`, for machines without Python.

use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use trips_functions::{Trip, config};

struct Bill {
    table: String,
    dynamodb: aws_sdk_dynamodb::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let bill =
        Bill { table: std::env::var("TABLE")?, dynamodb: aws_sdk_dynamodb::Client::new(&config().await) };
    run(service_fn(|event: LambdaEvent<Value>| bill.batch(event.payload))).await
}

impl Bill {
    /// Names the messages that could not be billed; they come again.
    async fn batch(&self, event: Value) -> Result<Value, Error> {
        let mut failures = Vec::new();
        for record in event["Records"].as_array().into_iter().flatten() {
            if let Err(error) = self.one(record["body"].as_str().unwrap_or_default()).await {
                eprintln!("not billed: {error}");
                failures.push(json!({ "itemIdentifier": record["messageId"] }));
            }
        }
        Ok(json!({ "batchItemFailures": failures }))
    }

    async fn one(&self, message: &str) -> Result<(), Error> {
        let trip: Trip = serde_json::from_str(message)?;
        let update = self.dynamodb.update_item().table_name(&self.table);
        update
            .key("id", AttributeValue::S(trip.id))
            .update_expression("SET #state = :billed")
            .condition_expression("attribute_exists(id)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":billed", AttributeValue::S("billed".into()))
            .send()
            .await
            .map_err(aws_sdk_dynamodb::Error::from)?;
        Ok(())
    }
}
