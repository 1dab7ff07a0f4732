//! What became of the bookings: billed in the table, audited in the queue.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use crate::application::Application;
use crate::screen::Screen;

/// What became of the bookings.
pub struct Outcome {
    pub booked: usize,
    pub billed: usize,
    pub audited: usize,
    /// Acknowledged, but not billed or not audited.
    pub lost: usize,
}

impl Outcome {
    /// Watches until every booking is billed and audited, or patience ends.
    pub async fn await_all(
        application: &Application,
        ids: &[String],
        patience: Duration,
        screen: &Screen,
    ) -> Result<Self> {
        let begun = Instant::now();
        let mut audited = HashSet::new();
        loop {
            let billed = billed(application).await?;
            audited.extend(heard(application).await?);
            let count = |set: &HashSet<String>| ids.iter().filter(|id| set.contains(*id)).count();
            let outcome = Outcome {
                booked: ids.len(),
                billed: count(&billed),
                audited: count(&audited),
                lost: ids.iter().filter(|id| !billed.contains(*id) || !audited.contains(*id)).count(),
            };
            screen.counting(&outcome);
            if outcome.lost == 0 || begun.elapsed() > patience {
                return Ok(outcome);
            }
        }
    }

    /// Whether nothing was lost.
    pub fn is_whole(&self) -> bool {
        self.lost == 0
    }
}

/// The ids of billed trips.
async fn billed(application: &Application) -> Result<HashSet<String>> {
    let scan = application.dynamodb.scan().table_name(&application.table).consistent_read(true);
    let items = scan.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
    let text = |item: &std::collections::HashMap<_, _>, name: &str| -> Option<String> {
        let value: &aws_sdk_dynamodb::types::AttributeValue = item.get(name)?;
        value.as_s().ok().cloned()
    };
    let billed = items.iter().filter(|item| text(item, "state").as_deref() == Some("billed"));
    Ok(billed.filter_map(|item| text(item, "id")).collect())
}

/// The ids of trips that the audit queue holds, taken out of it.
async fn heard(application: &Application) -> Result<Vec<String>> {
    let (queues, url) = (&application.sqs, &application.audit_url);
    let receive = queues.receive_message().queue_url(url).max_number_of_messages(10).wait_time_seconds(1);
    let mut ids = Vec::new();
    for message in receive.send().await?.messages.unwrap_or_default() {
        let trip: Value = serde_json::from_str(message.body().unwrap_or_default())?;
        ids.extend(trip["id"].as_str().map(str::to_owned));
        let handle = message.receipt_handle().unwrap_or_default();
        queues.delete_message().queue_url(url).receipt_handle(handle).send().await?;
    }
    Ok(ids)
}
