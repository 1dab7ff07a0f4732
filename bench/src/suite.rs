//! What is measured, in order.

mod fronts;
pub(crate) mod functions;
mod messages;
pub(crate) mod objects;
mod only;
pub(crate) mod peers;
mod workflows;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::{Value, json};

use crate::calls::Caller;
use crate::connection::Connection;
use crate::items::{ITEMS, Items};
use crate::load::{self, Cost};
use crate::process::Server;
use crate::report::Report;
use crate::waits;

use fronts::Fronts;
use only::{LAST, Only, PUT, THEN};

/// Requests of other loads for each scan of a whole table.
const SCAN_REQUESTS: usize = 1000;
/// Parts of a load, which the servers get by turns.
const SLICES: usize = 20;
/// What is published to.
/// One passes messages on as they are, the other in signed envelopes.
const TOPICS: [&str; 2] =
    ["arn:aws:sns:us-east-1:000000000000:raw", "arn:aws:sns:us-east-1:000000000000:signed"];
/// A message, or what an item holds.
const BODY_BYTES: usize = 1024;
/// How long a server is left alone before its memory counts as idle.
const IDLE: Duration = Duration::from_secs(1);

#[derive(Args)]
pub(crate) struct Flags {
    /// The program to measure
    #[arg(long)]
    cloudlet: PathBuf,
    /// File of figures: compared with, then replaced
    #[arg(long)]
    figures: PathBuf,
    /// Messages and items that are stored for the second measurement
    #[arg(long, default_value_t = 100_000)]
    stored: usize,
    /// One load alone, beside the bare server: for a profiler
    #[arg(long)]
    only: Option<Only>,
    /// With `only`: has perf record Cloudlet into this file while the load runs
    #[arg(long, requires = "only")]
    record: Option<PathBuf>,
    /// How many requests a load has
    #[arg(long, default_value_t = 40_000)]
    requests: usize,
}

/// Puts a server through these turns.
type Load<'a> = &'a dyn Fn(&Server, Range<usize>) -> Result<Cost>;

pub(crate) fn run(flags: &Flags) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut report = Report::default();
    let mut suite = Suite::start(flags, folder.path(), &mut report)?;
    suite.prepare()?;
    if let Some(only) = flags.only {
        match only {
            Only::Get => suite.items().put(&suite.server, 0..ITEMS, 0).map(drop)?,
            Only::Query | Only::Scan => suite.items().fill(&suite.server)?,
            Only::ListObjects | Only::ListPrefixes => suite.fill_objects(flags.stored)?,
            _ => {}
        }
        let _recording = flags.record.as_deref().map(|file| suite.server.record(file)).transpose()?;
        return suite.measure(&mut report, only).map(drop);
    }
    let send = suite.measure(&mut report, Only::Send)?;
    let put = suite.measure(&mut report, Only::Put)?;
    let rounds = suite.measure(&mut report, Only::Rounds)?;
    suite.items().fill(&suite.server)?;
    suite.fill_objects(flags.stored)?;
    for only in THEN {
        suite.measure(&mut report, only)?;
    }
    suite.measure(&mut report, Only::Streams)?;
    waits::measure(
        &suite.server,
        &|operation, queue, input| suite.sqs(operation, queue, input),
        &mut report,
    )?;
    for only in LAST {
        suite.measure(&mut report, only)?;
    }
    functions::measure(&suite.server, &suite.caller, &mut report)?;

    suite.measure_stored(&mut report, flags.stored, [send, put, rounds])?;
    report.add("resident memory after all", suite.server.resident_mb()?, "MB", None);
    report.keep(&flags.figures)
}

/// The name of the figure that compares a load's cost with the bare server's.
fn ratio_of(what: &str) -> String {
    format!("{what}: processor, to the bare server's")
}

/// Medians over the slices of a load.
struct Compared {
    /// The bare server's processor time for one.
    floor_us: f64,
    cost: Cost,
    ratio: f64,
    /// Requests a second, to the bare server's.
    speed: f64,
}

struct Suite {
    server: Server,
    /// Gets the same requests, and answers each with a fixed body.
    bare: Server,
    caller: Caller,
    /// Where the server's queues are.
    account_url: String,
    /// What the ARNs of state machines begin with.
    machines: String,
    body: String,
    requests: usize,
    /// The REST APIs, once they are made.
    fronts: Option<Fronts>,
}

impl Suite {
    /// Both servers, and what the start of one shows.
    fn start(flags: &Flags, folder: &Path, report: &mut Report) -> Result<Self> {
        let data = folder.join("data");
        drop(Server::cloudlet(&flags.cloudlet, &data)?);
        let server = Server::cloudlet(&flags.cloudlet, &data)?;
        let first_ms = server.first_answer.as_secs_f64() * 1000.0;
        report.add("first answer after start", first_ms, "ms", Some(50.0));
        std::thread::sleep(IDLE);
        report.add("resident memory, idle", server.resident_mb()?, "MB", Some(50.0));
        let binary_mb = std::fs::metadata(&flags.cloudlet)?.len() as f64 / 1e6;
        report.add("binary", binary_mb, "MB", Some(60.0));

        let caller = Caller::root(server.address, &data)?;
        Self::of(server, caller, folder, flags.requests)
    }

    /// Between that server, whom this caller knows, and the bare one.
    fn of(server: Server, caller: Caller, folder: &Path, requests: usize) -> Result<Self> {
        let account_url = format!("http://{}/000000000000", server.address);
        let bare = Server::bare(folder)?;
        let (machines, body) = (String::new(), "x".repeat(BODY_BYTES));
        Ok(Suite { server, bare, caller, account_url, machines, body, requests, fronts: None })
    }

    fn prepare_queues(&mut self) -> Result<()> {
        let mut connection = Connection::open(self.server.address)?;
        for queue in ["load", "rounds"] {
            let input = json!({ "QueueName": queue }).to_string();
            let answer = connection.ask(&self.caller.json("sqs", "AmazonSQS.CreateQueue", &input)?)?;
            let answer: Value = serde_json::from_slice(&answer)?;
            let url = answer["QueueUrl"].as_str().context("a queue without a URL")?;
            self.account_url = url.trim_end_matches(&format!("/{queue}")).to_owned();
        }
        Ok(())
    }

    fn prepare(&mut self) -> Result<()> {
        self.prepare_queues()?;
        let mut connection = Connection::open(self.server.address)?;
        for name in ["raw", "signed"] {
            connection.ask(&self.sns(TOPICS[0], "CreateTopic", &[("Name", name)])?)?;
        }
        let raw = [("Attributes.entry.1.key", "RawMessageDelivery"), ("Attributes.entry.1.value", "true")];
        for number in 0..10 {
            let name = format!("published-{number}");
            let input = json!({ "QueueName": name }).to_string();
            connection.ask(&self.caller.json("sqs", "AmazonSQS.CreateQueue", &input)?)?;
            let queue = format!("arn:aws:sqs:us-east-1:000000000000:{name}");
            let wish = [("Protocol", "sqs"), ("Endpoint", queue.as_str())];
            connection.ask(&self.sns(TOPICS[0], "Subscribe", &[&wish[..], &raw].concat())?)?;
            connection.ask(&self.sns(TOPICS[1], "Subscribe", &wish)?)?;
        }
        self.prepare_objects()?;
        self.prepare_workflows()?;
        self.prepare_fronts()?;
        self.items().prepare(&self.server)
    }

    /// How much slower sends and puts are with so many messages and items stored.
    fn measure_stored(&self, report: &mut Report, stored: usize, before: [Cost; 3]) -> Result<()> {
        self.send(&self.server, 0..stored)?;
        self.items().put(&self.server, 0..stored, ITEMS)?;
        self.server.rest()?;
        let flat = |before: Cost, after: Cost| before.per_second / after.per_second;
        let [send, put, rounds] = before;
        // Both as they were measured before.
        let send_full = self.by_turns([&|it, turns| self.send(it, turns); 2])?.cost;
        let put_full = self.by_turns([&|it, turns| self.items().put(it, turns, 0); 2])?.cost;
        let name = |what: &str| format!("{what}: slower with {stored} stored");
        report.add(&name("SQS SendMessage"), flat(send, send_full), "times", Some(1.3));
        report.add(&name(PUT), flat(put, put_full), "times", Some(1.3));
        let churned = 10 * stored;
        self.churn(churned)?;
        self.server.rest()?;
        let churned_rounds =
            self.by_turns([&|it, turns| self.send(it, turns), &|_, turns| self.rounds(turns)])?.cost;
        let name = format!("SQS send, receive and delete: slower after {churned} sent and deleted");
        report.add(&name, flat(rounds, churned_rounds), "times", Some(1.3));
        Ok(())
    }

    fn measure(&self, report: &mut Report, only: Only) -> Result<Cost> {
        let send = |server: &Server, turns| self.send(server, turns);
        match only {
            Only::Send => self.compare(report, only, Some(3.0), [&send; 2]),
            Only::Rounds => self.compare(report, only, Some(8.0), [&send, &|_, turns| self.rounds(turns)]),
            Only::Batch => self.compare(report, only, Some(6.0), [&|it, turns| self.batch(it, turns); 2]),
            Only::Publish => {
                self.compare(report, only, Some(12.0), [&|it, turns| self.publish(it, turns, TOPICS[0]); 2])
            }
            Only::PublishSigned => {
                self.compare(report, only, None, [&|it, turns| self.publish(it, turns, TOPICS[1]); 2])
            }
            Only::PutObject
            | Only::GetObject
            | Only::PutLarge
            | Only::GetLarge
            | Only::ListObjects
            | Only::ListPrefixes
            | Only::Streams => self.measure_objects(report, only),
            Only::Workflow | Only::Sync | Only::Transition | Only::Items | Only::Waits => {
                self.measure_workflows(report, only)
            }
            Only::Mock | Only::Proxy | Only::Cached | Only::Routes | Only::Throttled | Only::Sockets => {
                self.measure_fronts(report, only)
            }
            of_items => self.measure_items(report, of_items),
        }
    }

    fn measure_items(&self, report: &mut Report, only: Only) -> Result<Cost> {
        let items = self.items();
        let is_bare = |server: &Server| server.address == self.bare.address;
        let (goal, load): (_, Load<'_>) = match only {
            Only::Get => (Some(3.0), &|it, turns| items.get(it, turns, is_bare(it))),
            Only::PutIndexed => {
                let put = report.figure(&ratio_of(PUT));
                (put.map(|put| put + 1.0), &|it, turns| items.put_indexed(it, turns))
            }
            Only::Update => (Some(3.5), &|it, turns| items.count(it, turns)),
            Only::Transact => (Some(5.0), &|it, turns| items.transact(it, turns)),
            Only::PutBatch => (Some(25.0), &|it, turns| items.put_batches(it, turns)),
            Only::Query => (Some(4.0), &|it, turns| items.query(it, turns, is_bare(it))),
            Only::Scan => {
                let (cost, items_per_second) = items.scan(&self.server, self.requests / SCAN_REQUESTS)?;
                report.add_rate("DynamoDB Scan: processor", items_per_second, "items/s", 300_000.0);
                return Ok(cost);
            }
            _ => (Some(3.0), &|it, turns| items.put(it, turns, 0)),
        };
        self.compare(report, only, goal, [load; 2])
    }

    fn items(&self) -> Items<'_> {
        Items { caller: &self.caller, body: &self.body }
    }

    fn compare(
        &self,
        report: &mut Report,
        only: Only,
        goal: Option<f64>,
        loads: [Load<'_>; 2],
    ) -> Result<Cost> {
        let what = only.name();
        let Compared { floor_us, cost, ratio, .. } = self.by_turns(loads)?;
        report.add(&format!("{what}: bare server's processor"), floor_us, "µs", None);
        report.add(what, cost.per_second, "1/s", None);
        report.add(&format!("{what}: processor"), cost.processor_us, "µs", None);
        report.add(&ratio_of(what), ratio, "times", goal);
        Ok(cost)
    }

    /// The same load on the bare server and on Cloudlet, by turns, so that whatever else the machine does meets both.
    fn by_turns(&self, [bare, cloudlet]: [Load<'_>; 2]) -> Result<Compared> {
        let slice = self.requests / SLICES;
        let [floors, costs] = (0..SLICES)
            .map(|at| at * slice..(at + 1) * slice)
            .map(|turns| Ok((bare(&self.bare, turns.clone())?, cloudlet(&self.server, turns)?)))
            .collect::<Result<(Vec<Cost>, Vec<Cost>)>>()
            .map(|(floors, costs)| [floors, costs])?;
        let of = |costs: &[Cost], figure: fn(&Cost) -> f64| load::median(costs.iter().map(figure).collect());
        let cost = Cost {
            per_second: of(&costs, |cost| cost.per_second),
            processor_us: of(&costs, |cost| cost.processor_us),
        };
        let ratios = costs.iter().zip(&floors).map(|(cost, floor)| cost.processor_us / floor.processor_us);
        let ratio = load::median(ratios.collect());
        let speeds = costs.iter().zip(&floors).map(|(cost, floor)| cost.per_second / floor.per_second);
        let speed = load::median(speeds.collect());
        Ok(Compared { floor_us: of(&floors, |floor| floor.processor_us), cost, ratio, speed })
    }
}
