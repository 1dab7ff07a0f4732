//! Tables that have grown: what reads and writes cost when very many items are stored, and what a start then takes.
//!
//! Never beside the bare server: the same requests before and after are what is compared.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::calls::Caller;
use crate::items::{BATCH_ITEMS, Items};
use crate::load::{self, Cost};
use crate::process::Server;
use crate::report::Report;

/// What an item holds beside its key; with that, some 200 bytes.
const TEXT_BYTES: usize = 160;
/// Items that are stored at the first measurement.
const FEW: usize = 25_000;
/// Steps from one item to the next that is asked for: a prime, so that all come, and none is near the one before.
const STRIDE: usize = 7_368_787;
const TABLE: &str = "many";

#[derive(Args)]
pub(crate) struct Flags {
    /// The program to measure
    #[arg(long)]
    cloudlet: PathBuf,
    /// How many items are stored
    #[arg(long, default_value_t = 10_000_000)]
    items: usize,
    /// How many requests a load has
    #[arg(long, default_value_t = 40_000)]
    requests: usize,
}

/// Measures with few items, stores all, and measures again.
pub(crate) fn run(flags: &Flags) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut report = Report::default();
    let server = Server::cloudlet(&flags.cloudlet, &data)?;
    let caller = Caller::root(server.address, &data)?;
    let items = Items { caller: &caller, body: &"x".repeat(TEXT_BYTES) };
    items.create(
        &server,
        json!({
            "TableName": TABLE,
            "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        }),
    )?;

    items.store(&server, 0..FEW)?;
    server.rest()?;
    let few = items.measure(&server, flags.requests, FEW)?;
    let filling = items.store(&server, FEW..flags.items)?;
    report.add("DynamoDB BatchWriteItem of 25 while the table grows", filling.per_second, "1/s", None);
    server.rest()?;
    let many = items.measure(&server, flags.requests, flags.items)?;
    for ((what, few), (_, many)) in few.into_iter().zip(many) {
        report.add(&format!("{what}: processor, with few items"), few.processor_us, "µs", None);
        let slower = many.processor_us / few.processor_us;
        report.add(&format!("{what}: with {} items", flags.items), slower, "times", Some(1.5));
    }
    report.add("resident memory", server.resident_mb()?, "MB", Some(400.0));
    drop(server);
    let mut start = |after: &str| -> Result<Server> {
        let server = Server::cloudlet(&flags.cloudlet, &data)?;
        let first_ms = server.first_answer.as_secs_f64() * 1000.0;
        report.add(&format!("first answer after start, after {after}"), first_ms, "ms", Some(50.0));
        Ok(server)
    };
    start("a kill")?.stop()?;
    let server = start("a stop")?;
    report.add("resident memory after start", server.resident_mb()?, "MB", None);
    Ok(())
}

impl Items<'_> {
    fn small(&self, number: usize) -> Value {
        json!({ "id": { "S": format!("item-{number:012}") }, "text": { "S": self.body } })
    }

    /// Writes new items, in no order of their keys.
    fn store(&self, server: &Server, numbers: Range<usize>) -> Result<Cost> {
        load::run(server, numbers.start / BATCH_ITEMS..numbers.end / BATCH_ITEMS, |connection, turn| {
            self.write_batch(connection, TABLE, |at| self.small(turn * BATCH_ITEMS + at))
        })
    }

    /// What reads, writes and counts of items cost, of so many.
    fn measure(&self, server: &Server, requests: usize, of: usize) -> Result<[(&'static str, Cost); 2]> {
        let any = |turn: usize| turn.wrapping_mul(STRIDE) % of;
        let gets = load::run(server, 0..requests, |connection, turn| {
            let key = json!({ "id": self.small(any(turn))["id"] });
            let answer =
                connection.ask(&self.call("GetItem", &json!({ "TableName": TABLE, "Key": key }))?)?;
            let answer: Value = serde_json::from_slice(&answer)?;
            answer.get("Item").map(drop).context("an item is missing")
        })?;
        let puts = load::run(server, 0..requests, |connection, turn| {
            let input = json!({ "TableName": TABLE, "Item": self.small(any(turn)) });
            connection.ask(&self.call("PutItem", &input)?).map(drop)
        })?;
        Ok([("DynamoDB GetItem of 200 bytes", gets), ("DynamoDB PutItem of 200 bytes", puts)])
    }
}
