//! Loads of messages: what SQS and SNS are put through.

use std::ops::Range;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::Suite;
use crate::load::{self, Cost};
use crate::process::Server;

impl Suite {
    pub(super) fn sqs(&self, operation: &str, queue: &str, mut input: Value) -> Result<Vec<u8>> {
        input["QueueUrl"] = json!(format!("{}/{queue}", self.account_url));
        self.caller.json("sqs", &format!("AmazonSQS.{operation}"), &input.to_string())
    }

    /// A message's body: no two are the same.
    fn text(&self, turn: usize) -> String {
        let (begin, rest) = self.body.split_at(16);
        format!("{turn:0>width$}{rest}", width = begin.len())
    }

    /// The ten messages of a batch.
    fn ten(&self, turn: usize) -> Value {
        let entry = |id: usize| json!({ "Id": id.to_string(), "MessageBody": self.text(turn * 10 + id) });
        json!({ "Entries": (0..10).map(entry).collect::<Vec<_>>() })
    }

    pub(super) fn send(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            let message = json!({ "MessageBody": self.text(turn) });
            connection.ask(&self.sqs("SendMessage", "load", message)?).map(drop)
        })
    }

    pub(super) fn batch(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns.start..turns.start + turns.len() / 4, |connection, turn| {
            connection.ask(&self.sqs("SendMessageBatch", "load", self.ten(turn))?).map(drop)
        })
    }

    /// With the deliveries, which go on after the answers.
    pub(super) fn publish(&self, server: &Server, turns: Range<usize>, topic: &str) -> Result<Cost> {
        let before_s = server.processor_s()?;
        let turns = turns.start..turns.start + turns.len() / 10;
        let count = turns.len();
        let cost = load::run(server, turns, |connection, turn| {
            connection.ask(&self.sns(topic, "Publish", &[("Message", &self.text(turn))])?).map(drop)
        })?;
        server.rest()?;
        Ok(Cost { processor_us: (server.processor_s()? - before_s) * 1e6 / count as f64, ..cost })
    }

    /// A request about a topic, in the query protocol.
    pub(super) fn sns(&self, topic: &str, action: &str, parameters: &[(&str, &str)]) -> Result<Vec<u8>> {
        let common = [("Action", action), ("Version", "2010-03-31"), ("TopicArn", topic)];
        let encode = |text: &str| text.replace('%', "%25").replace('&', "%26").replace('+', "%2B");
        let pairs = common.iter().chain(parameters).map(|(name, value)| format!("{name}={}", encode(value)));
        let form = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")];
        let body = pairs.collect::<Vec<_>>().join("&");
        self.caller.signed("sns", "POST", "/", &form, body.as_bytes())
    }

    /// Each round takes whichever message comes first, and deletes it. Compared with one request of the bare server.
    pub(super) fn rounds(&self, turns: Range<usize>) -> Result<Cost> {
        load::run(&self.server, turns.start..turns.start + turns.len() / 4, |connection, turn| {
            let message = json!({ "MessageBody": self.text(turn) });
            connection.ask(&self.sqs("SendMessage", "rounds", message)?)?;
            let receive = self.sqs("ReceiveMessage", "rounds", json!({ "WaitTimeSeconds": 20 }))?;
            let answer: Value = serde_json::from_slice(&connection.ask(&receive)?)?;
            let handle = answer["Messages"][0]["ReceiptHandle"].as_str().context("no message came")?;
            let delete = self.sqs("DeleteMessage", "rounds", json!({ "ReceiptHandle": handle }))?;
            connection.ask(&delete).map(drop)
        })
    }

    /// Sends so many messages, ten at a time, and receives and deletes them: they leave traces, which no later round may feel.
    pub(super) fn churn(&self, messages: usize) -> Result<()> {
        let all = |entries: Vec<Value>| json!({ "Entries": entries });
        let tens = load::run(&self.server, 0..messages / 10, |connection, turn| {
            connection.ask(&self.sqs("SendMessageBatch", "rounds", self.ten(turn))?)?;
            let wish = json!({ "WaitTimeSeconds": 20, "MaxNumberOfMessages": 10 });
            let answer: Value =
                serde_json::from_slice(&connection.ask(&self.sqs("ReceiveMessage", "rounds", wish)?)?)?;
            let messages = answer["Messages"].as_array().context("no message came")?;
            let doomed = messages.iter().enumerate();
            let doomed = doomed
                .map(|(id, one)| json!({ "Id": id.to_string(), "ReceiptHandle": one["ReceiptHandle"] }));
            connection.ask(&self.sqs("DeleteMessageBatch", "rounds", all(doomed.collect()))?).map(drop)
        });
        tens.map(drop)
    }
}
