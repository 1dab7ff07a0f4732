//! The loads on tables of DynamoDB: what is written, read and found again.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::calls::Caller;
use crate::connection::Connection;
use crate::load::{self, Cost};
use crate::process::Server;

/// Items that are read and written.
pub(crate) const ITEMS: usize = 10_000;
/// Items of a partition of the table of small items.
const PARTITION_ITEMS: usize = 20;
/// What a BatchWriteItem holds.
pub(crate) const BATCH_ITEMS: usize = 25;
/// What a small item holds beside its key, in bytes.
const SMALL_BYTES: usize = 64;

/// Who asks, and what an item of usual size holds.
pub(crate) struct Items<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) body: &'a str,
}

impl Items<'_> {
    /// Makes the tables: a plain one, one with an index, and one of small items in partitions.
    pub(crate) fn prepare(&self, server: &Server) -> Result<()> {
        let key = |name: &str, kind: &str| json!({ "AttributeName": name, "KeyType": kind });
        let attribute = |name: &str, kind: &str| json!({ "AttributeName": name, "AttributeType": kind });
        let plain = json!({
            "TableName": "load",
            "KeySchema": [key("id", "HASH")],
            "AttributeDefinitions": [attribute("id", "S")],
        });
        let indexed = json!({
            "TableName": "indexed",
            "KeySchema": [key("id", "HASH")],
            "AttributeDefinitions": [attribute("id", "S"), attribute("kind", "S"), attribute("at", "N")],
            "GlobalSecondaryIndexes": [{
                "IndexName": "kinds",
                "KeySchema": [key("kind", "HASH"), key("at", "RANGE")],
                "Projection": { "ProjectionType": "ALL" },
            }],
        });
        let small = json!({
            "TableName": "small",
            "KeySchema": [key("pk", "HASH"), key("sk", "RANGE")],
            "AttributeDefinitions": [attribute("pk", "S"), attribute("sk", "N")],
        });
        [plain, indexed, small].into_iter().try_for_each(|table| self.create(server, table))
    }

    /// Makes a table that is billed by requests.
    pub(crate) fn create(&self, server: &Server, mut table: Value) -> Result<()> {
        table["BillingMode"] = json!("PAY_PER_REQUEST");
        Connection::open(server.address)?.ask(&self.call("CreateTable", &table)?).map(drop)
    }

    pub(crate) fn call(&self, operation: &str, input: &Value) -> Result<Vec<u8>> {
        self.caller.json("dynamodb", &format!("DynamoDB_20120810.{operation}"), &input.to_string())
    }

    /// Writes items; from `first` on, each is a new one.
    pub(crate) fn put(&self, server: &Server, turns: Range<usize>, first: usize) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            let id = if first == 0 { turn % ITEMS } else { first + turn };
            let item = json!({ "id": { "S": format!("item-{id}") }, "body": { "S": self.body } });
            let input = json!({ "TableName": "load", "Item": item });
            connection.ask(&self.call("PutItem", &input)?).map(drop)
        })
    }

    /// Writes items whose places in the index change whenever they are written again.
    pub(crate) fn put_indexed(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            let id = turn % ITEMS;
            let item = json!({
                "id": { "S": format!("item-{id}") },
                "body": { "S": self.body },
                "kind": { "S": format!("kind-{}", id % 100) },
                "at": { "N": turn.to_string() },
            });
            let input = json!({ "TableName": "indexed", "Item": item });
            connection.ask(&self.call("PutItem", &input)?).map(drop)
        })
    }

    pub(crate) fn get(&self, server: &Server, turns: Range<usize>, is_bare: bool) -> Result<Cost> {
        let missing = AtomicUsize::new(0);
        let cost = load::run(server, turns, |connection, turn| {
            let key = json!({ "id": { "S": format!("item-{}", turn % ITEMS) } });
            let answer =
                connection.ask(&self.call("GetItem", &json!({ "TableName": "load", "Key": key }))?)?;
            missing.fetch_add(usize::from(!is_bare && answer.len() < self.body.len()), Ordering::Relaxed);
            Ok(())
        })?;
        ensure!(missing.into_inner() == 0, "items are missing");
        Ok(cost)
    }

    /// Adds one to counters, and is told what they come to.
    pub(crate) fn count(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            let mut input = self.addition(&format!("counter-{}", turn % ITEMS));
            input["ReturnValues"] = json!("UPDATED_NEW");
            connection.ask(&self.call("UpdateItem", &input)?).map(drop)
        })
    }

    /// Puts an item of usual size and adds one to a counter that is not below zero, both or neither.
    pub(crate) fn transact(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            let item = json!({ "id": { "S": format!("item-{}", turn % ITEMS) }, "body": { "S": self.body } });
            let mut addition = self.addition(&format!("counter-{}", turn % ITEMS));
            addition["ConditionExpression"] = json!("attribute_not_exists(n) OR n >= :one");
            let put = json!({ "Put": { "TableName": "load", "Item": item } });
            // SDKs make up a token for every transaction.
            let token = format!("token-{turn}");
            let input =
                json!({ "TransactItems": [put, { "Update": addition }], "ClientRequestToken": token });
            connection.ask(&self.call("TransactWriteItems", &input)?).map(drop)
        })
    }

    fn addition(&self, id: &str) -> Value {
        json!({
            "TableName": "load",
            "Key": { "id": { "S": id } },
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": { ":one": { "N": "1" } },
        })
    }

    /// Writes items of usual size, 25 at once.
    pub(crate) fn put_batches(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        load::run(server, turns.start..turns.start + turns.len() / 8, |connection, turn| {
            let item = |at: usize| {
                let id = (turn * BATCH_ITEMS + at) % ITEMS;
                json!({ "id": { "S": format!("item-{id}") }, "body": { "S": self.body } })
            };
            self.write_batch(connection, "load", item)
        })
    }

    pub(crate) fn write_batch(
        &self,
        connection: &mut Connection,
        table: &str,
        item: impl Fn(usize) -> Value,
    ) -> Result<()> {
        let put = |at: usize| json!({ "PutRequest": { "Item": item(at) } });
        let puts: Vec<Value> = (0..BATCH_ITEMS).map(put).collect();
        connection.ask(&self.call("BatchWriteItem", &json!({ "RequestItems": { table: puts } }))?).map(drop)
    }

    /// Fills the table of small items.
    pub(crate) fn fill(&self, server: &Server) -> Result<()> {
        let text = "x".repeat(SMALL_BYTES);
        let filled = load::run(server, 0..ITEMS / BATCH_ITEMS, |connection, turn| {
            self.write_batch(connection, "small", |at| {
                let number = turn * BATCH_ITEMS + at;
                json!({
                    "pk": { "S": format!("part-{}", number / PARTITION_ITEMS) },
                    "sk": { "N": (number % PARTITION_ITEMS).to_string() },
                    "text": { "S": text },
                })
            })
        });
        filled.map(drop)
    }

    /// Reads whole partitions of the table of small items.
    pub(crate) fn query(&self, server: &Server, turns: Range<usize>, is_bare: bool) -> Result<Cost> {
        let missing = AtomicUsize::new(0);
        let cost = load::run(server, turns, |connection, turn| {
            let part = format!("part-{}", turn % (ITEMS / PARTITION_ITEMS));
            let input = json!({
                "TableName": "small",
                "KeyConditionExpression": "pk = :pk",
                "ExpressionAttributeValues": { ":pk": { "S": part } },
            });
            let answer = connection.ask(&self.call("Query", &input)?)?;
            let is_short = answer.len() < PARTITION_ITEMS * SMALL_BYTES;
            missing.fetch_add(usize::from(!is_bare && is_short), Ordering::Relaxed);
            Ok(())
        })?;
        ensure!(missing.into_inner() == 0, "items are missing");
        Ok(cost)
    }

    /// Reads the whole table of small items, page by page; what a scan costs, and items for each second of the server's processor.
    pub(crate) fn scan(&self, server: &Server, scans: usize) -> Result<(Cost, f64)> {
        let cost = load::run(server, 0..scans, |connection, _| {
            let (mut input, mut found) = (json!({ "TableName": "small" }), 0);
            loop {
                let answer = connection.ask(&self.call("Scan", &input)?)?;
                let mut answer: Value = serde_json::from_slice(&answer)?;
                found += answer["Count"].as_u64().context("a page without a count")?;
                match answer["LastEvaluatedKey"].take() {
                    Value::Null => break,
                    last => input["ExclusiveStartKey"] = last,
                }
            }
            ensure!(found == ITEMS as u64, "{found} items were found");
            Ok(())
        })?;
        Ok((cost, ITEMS as f64 * 1e6 / cost.processor_us))
    }
}
