//! The application in the cloud: what it consists of, and how it gets there, through the public API alone.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use aws_sdk_dynamodb::types::{KeyType, StreamSpecification, StreamViewType, TimeToLiveSpecification};
use aws_sdk_lambda::types::EventSourcePosition;

use crate::booking;
use crate::cloud::{Cloud, Queue};
use crate::front::{self, Front};
use crate::screen::Screen;
use crate::{news, web};

const TABLE: &str = "trips";
/// Who wants to know how it stands with which trip.
const FOLLOWERS: &str = "followers";
const BILL_IN_PYTHON: [(&str, &[u8]); 2] =
    [("main.py", include_bytes!("../../bill/main.py")), ("sigv4.py", include_bytes!("../../bill/sigv4.py"))];

/// The deployed application.
pub struct Application {
    /// Where trips are booked.
    pub front: Arc<Front>,
    /// Where people book them.
    pub page: String,
    pub table: String,
    pub audit_url: String,
    pub dynamodb: aws_sdk_dynamodb::Client,
    pub sqs: aws_sdk_sqs::Client,
}

impl Application {
    /// Deploys it; the compiled functions are in the folder `functions`.
    pub async fn deploy(url: &str, functions: &Path, screen: &Screen) -> Result<Self> {
        let cloud = Cloud::at(url, functions).await;
        if !cloud.has_python {
            screen.note("python3 is not installed: all functions are those in Rust");
        }
        let stream = trips(&cloud).await?;
        followers(&cloud).await?;
        let topic = cloud.sns.create_topic().name("trips").send().await?;
        let topic = topic.topic_arn.context("a topic without an ARN")?;
        let billing = listening(&cloud, "billing", &topic).await?;
        let audit = listening(&cloud, "audit", &topic).await?;
        let bill = cloud.rather_in_python(cloud.function("bill", &[("TABLE", TABLE)])?, &BILL_IN_PYTHON)?;
        cloud.work(bill, "bill", &billing).await?;
        let machine = booking::deploy(&cloud, &topic).await?;
        let front = front(&cloud, &machine).await?;
        let news = news(&cloud, &stream).await?;
        web::deploy(&cloud.s3, &front, &news).await?;
        Ok(Application {
            front: Arc::new(front),
            page: web::address(url),
            table: TABLE.into(),
            audit_url: audit.url,
            dynamodb: cloud.dynamodb,
            sqs: cloud.sqs,
        })
    }
}

/// The table of trips: the stream of its changes.
async fn trips(cloud: &Cloud) -> Result<String> {
    let stream = StreamSpecification::builder().stream_enabled(true);
    let stream = stream.stream_view_type(StreamViewType::NewImage).build()?;
    let create = cloud.table(TABLE, &[("id", KeyType::Hash)])?;
    let made = create.stream_specification(stream).send().await?;
    made.table_description.and_then(|table| table.latest_stream_arn).context("a table without a stream")
}

/// Those who follow a trip, by the trip.
async fn followers(cloud: &Cloud) -> Result<()> {
    let keys = [("trip", KeyType::Hash), ("connection", KeyType::Range)];
    cloud.table(FOLLOWERS, &keys)?.send().await?;
    let until = TimeToLiveSpecification::builder().attribute_name("until").enabled(true).build()?;
    let update = cloud.dynamodb.update_time_to_live().table_name(FOLLOWERS);
    update.time_to_live_specification(until).send().await?;
    Ok(())
}

/// A queue that hears of every trip that was booked.
async fn listening(cloud: &Cloud, name: &str, topic: &str) -> Result<Queue> {
    let queue = cloud.queue(name).await?;
    let subscribe = cloud.sns.subscribe().topic_arn(topic).protocol("sqs").endpoint(&queue.arn);
    subscribe.attributes("RawMessageDelivery", "true").send().await?;
    Ok(queue)
}

/// The front with its functions.
async fn front(cloud: &Cloud, machine: &str) -> Result<Front> {
    let settings = [("TABLE", TABLE), ("MACHINE", machine)];
    let function = cloud.function("front", &settings)?.publish(true).send().await?;
    let version = function.version.context("a function without a version")?;
    for (stage, version) in front::STAGES.iter().zip([version.as_str(), "$LATEST"]) {
        let alias = cloud.lambda.create_alias().function_name("front").name(*stage);
        alias.function_version(version).send().await?;
    }
    let function = function.function_arn.context("a function without an ARN")?;
    // A published version's ARN ends in its number.
    let function = function.trim_end_matches(&format!(":{version}"));
    let token = front::fresh_token()?;
    let guard = cloud.function("guard", &[("TOKEN", &token)])?.send().await?.function_arn;
    let guard = guard.context("a function without an ARN")?;
    let front = Front::deploy(&cloud.rest_apis, &cloud.url, function, &guard, token).await?;
    for stage in front::STAGES {
        cloud.allow("front", Some(stage), &format!("{}/{stage}/*", front.api)).await?;
    }
    cloud.allow("guard", None, &format!("{}/authorizers/*", front.api)).await?;
    Ok(front)
}

/// What tells pages how it stands with their trips: its WebSocket's address.
async fn news(cloud: &Cloud, stream: &str) -> Result<String> {
    let api = news::create(&cloud.apis).await?;
    let settings = [("TABLE", TABLE), ("FOLLOWERS", FOLLOWERS), ("API", &api)];
    let function = cloud.function("news", &settings)?.send().await?.function_arn;
    let function = function.context("a function without an ARN")?;
    cloud.allow("news", None, &format!("{api}/*/follow")).await?;
    news::deploy(&cloud.apis, &api, &function).await?;
    let reads = cloud.lambda.create_event_source_mapping().function_name("news").event_source_arn(stream);
    reads.starting_position(EventSourcePosition::TrimHorizon).send().await?;
    Ok(news::address(&cloud.url, &api))
}
