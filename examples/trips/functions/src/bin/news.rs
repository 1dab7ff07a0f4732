//! Tells pages how it stands with their trips: they say over a WebSocket which trips they follow, and whatever changes in the
//! table of trips comes here by its stream.
//!
//! A page that follows hears at once what is known by then; what changes afterwards finds it among the followers. So nothing
//! falls in between.

use std::time::{Duration, SystemTime};

use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};
use trips_functions::{config, state_of};

/// How long a page is remembered that nothing was told: connections live no longer.
const FOLLOWS: Duration = Duration::from_secs(2 * 60 * 60);

struct News {
    trips: String,
    followers: String,
    dynamodb: aws_sdk_dynamodb::Client,
    pages: aws_sdk_apigatewaymanagement::Client,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = config().await;
    let pages = aws_sdk_apigatewaymanagement::config::Builder::from(&config).endpoint_url(pages_url()?);
    let news = News {
        trips: std::env::var("TABLE")?,
        followers: std::env::var("FOLLOWERS")?,
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        pages: aws_sdk_apigatewaymanagement::Client::from_conf(pages.build()),
    };
    run(service_fn(|event: LambdaEvent<Value>| news.of(event.payload))).await
}

/// Where connections are sent to: behind the endpoint that the function is told, or else where AWS has them.
fn pages_url() -> Result<String, Error> {
    let api = std::env::var("API")?;
    Ok(match std::env::var("AWS_ENDPOINT_URL") {
        Ok(endpoint) => format!("{}/_aws/execute-api/{api}/prod", endpoint.trim_end_matches('/')),
        Err(_) => format!("https://{api}.execute-api.{}.amazonaws.com/prod", std::env::var("AWS_REGION")?),
    })
}

impl News {
    /// A message of a page, or changes of the table.
    async fn of(&self, event: Value) -> Result<Value, Error> {
        if let Some(changes) = event["Records"].as_array() {
            for change in changes {
                self.changed(&change["dynamodb"]["NewImage"]).await?;
            }
            return Ok(json!({}));
        }
        let connection = event["requestContext"]["connectionId"].as_str().unwrap_or_default();
        let message: Value = serde_json::from_str(event["body"].as_str().unwrap_or_default())?;
        match message["trip"].as_str().filter(|trip| !trip.is_empty()) {
            Some(trip) => self.follow(connection, trip).await,
            None => Ok(json!({ "statusCode": 400 })),
        }
    }

    async fn follow(&self, connection: &str, trip: &str) -> Result<Value, Error> {
        let until = (SystemTime::now() + FOLLOWS).duration_since(SystemTime::UNIX_EPOCH)?.as_secs();
        let put = self.dynamodb.put_item().table_name(&self.followers);
        put.item("trip", AttributeValue::S(trip.into()))
            .item("connection", AttributeValue::S(connection.into()))
            .item("until", AttributeValue::N(until.to_string()))
            .send()
            .await?;
        let state = state_of(&self.dynamodb, &self.trips, trip).await?;
        self.tell(connection, trip, &json!(state)).await?;
        Ok(json!({ "statusCode": 200 }))
    }

    /// Tells all who follow a trip. `image` is its item, as streams write it.
    async fn changed(&self, image: &Value) -> Result<(), Error> {
        let (Some(trip), state) = (image["id"]["S"].as_str(), &image["state"]["S"]) else { return Ok(()) };
        let query = self.dynamodb.query().table_name(&self.followers).consistent_read(true);
        let query = query
            .key_condition_expression("trip = :trip")
            .expression_attribute_values(":trip", AttributeValue::S(trip.into()));
        for follower in query.send().await?.items.unwrap_or_default() {
            if let Some(connection) = follower.get("connection").and_then(|it| it.as_s().ok()) {
                self.tell(connection, trip, state).await?;
            }
        }
        Ok(())
    }

    /// Tells one page; one that is no more is forgotten.
    async fn tell(&self, connection: &str, trip: &str, state: &Value) -> Result<(), Error> {
        let news = json!({ "trip": trip, "state": state }).to_string();
        let post = self.pages.post_to_connection().connection_id(connection).data(Blob::new(news));
        match post.send().await {
            Ok(_) => Ok(()),
            Err(error) => match error.into_service_error() {
                error if error.is_gone_exception() => self.forget(connection, trip).await,
                error => Err(error.into()),
            },
        }
    }

    async fn forget(&self, connection: &str, trip: &str) -> Result<(), Error> {
        let delete = self.dynamodb.delete_item().table_name(&self.followers);
        let delete = delete.key("trip", AttributeValue::S(trip.into()));
        delete.key("connection", AttributeValue::S(connection.into())).send().await?;
        Ok(())
    }
}
