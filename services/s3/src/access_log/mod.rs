//! Server access logs: what clients ask of a bucket that has its requests logged, as lines in objects of another bucket.
//!
//! Lines gather in memory and become objects a minute after the first of them, when there are many, and when the process stops;
//! what was not delivered when the process ends otherwise is lost: S3 promises no more. While no bucket is logged, a request pays
//! for the look at one flag.
//!
//! Follows "Logging requests with server access logging" in S3's user guide.

mod delivery;
mod line;
mod name;
mod operation;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use api_s3 as api;
use names::{Account, Region};
use parking_lot::Mutex;
use service::{Cloud, Exchange, Result, Visit};
use store::{Direction, Reads, Transaction};
use tokio::sync::Notify;
use wire::{Answer, Timestamp};

use crate::access_point::passage;
use crate::bucket::Bucket;
use crate::object::copy::Source;
use crate::{keys, setting};
use line::Seen;

/// After so long, what has gathered is delivered; by the cloud's clock.
const REST_MS: i64 = 60 * 1000;
/// When so many bytes have gathered, it is delivered at once.
const BYTES_MAX: usize = 4 * 1024 * 1024;
/// When nobody takes so many bytes, newer lines are lost.
const BYTES_LOST: usize = 4 * BYTES_MAX;

const COPY_SOURCE: &str = "x-amz-copy-source";

/// What is known of logs beside the store.
#[derive(Default)]
struct Logs {
    /// Whether any bucket is logged.
    is_on: AtomicBool,
    gathered: Mutex<Gathered>,
    /// There is a first line, or there are many.
    filled: Notify,
}

#[derive(Default)]
struct Gathered {
    /// The buckets that are logged, by their names.
    logged: BTreeMap<String, Logged>,
    /// By the names of their buckets.
    lines: BTreeMap<String, Vec<Line>>,
    bytes: usize,
}

/// A bucket that is logged.
#[derive(Clone)]
struct Logged {
    bucket: String,
    owner: Account,
    region: Region,
    to: api::LoggingEnabled,
}

/// A request, as its log tells it.
struct Line {
    at: Timestamp,
    text: String,
}

/// Notes whether a bucket is logged.
pub(crate) fn note(tx: &mut Transaction, bucket: &str, is_on: bool) {
    if is_on {
        tx.put(keys::logged(bucket), Vec::new());
    } else {
        tx.delete(keys::logged(bucket));
    }
    tx.signal(keys::all_logged());
}

/// Writes a line for a call, where its bucket is logged.
pub(crate) fn witness(exchange: &Exchange<'_>) {
    let bucket = || exchange.message.labels.get("Bucket");
    let cloud = &exchange.context.cloud;
    write(cloud, bucket, |bucket| Seen::of_call(exchange, bucket));
    // A copy also reads, and that is told where it reads.
    if let Some(source) = exchange.message.headers.get(COPY_SOURCE).and_then(|source| source.to_str().ok()) {
        let source = Source::parse(source).ok();
        let behind = source.as_ref().and_then(|source| {
            passage::bucket_behind(&cloud.store.snapshot(), &source.bucket).ok().flatten()
        });
        let named = source.as_ref().map(|source| source.bucket.as_str());
        let bucket = || behind.as_deref().or(named);
        write(cloud, bucket, |bucket| {
            let call = Seen::of_call(exchange, bucket);
            let operation = format!("{}_GET", call.operation);
            let key = source.as_ref().map(|source| source.key.as_str());
            Seen { key, operation, access_point: None, ..call }
        });
    }
}

/// The same for a visit of a website.
pub(crate) fn visited(
    cloud: &Cloud,
    visit: &Visit,
    (bucket, key): (&str, &str),
    answer: &Answer,
    took: Duration,
) {
    write(cloud, || Some(bucket), |bucket| Seen::of_visit(visit, (bucket, key), answer, took));
}

fn write<'a>(cloud: &Cloud, bucket: impl Fn() -> Option<&'a str>, see: impl Fn(&'a str) -> Seen<'a>) {
    let logs = cloud.memory.of::<Logs>();
    if !logs.is_on.load(Ordering::Relaxed) {
        return;
    }
    let Some(bucket) = bucket() else { return };
    let Some(owner) = logs.gathered.lock().logged.get(bucket).map(|logged| logged.owner) else { return };
    let seen = see(bucket);
    let took_ms = i64::try_from(seen.took.as_millis()).unwrap_or_default();
    let at = Timestamp(cloud.clock.now().millis() - took_ms);
    logs.add(bucket, Line { at, text: seen.line(owner, at) });
}

/// Learns which buckets are logged, and delivers what has gathered, until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let logs = cloud.memory.of::<Logs>();
    let mut due: Option<Timestamp> = None;
    loop {
        let mut news = cloud.store.watch(keys::all_logged());
        logs.learn(&cloud)?;
        let is_due = tokio::select! {
            () = news.changed() => false,
            () = logs.filled.notified() => {
                due.get_or_insert(Timestamp(cloud.clock.now().millis() + REST_MS));
                logs.gathered.lock().bytes >= BYTES_MAX
            }
            () = cloud.clock.sleep_until(due.unwrap_or_default()), if due.is_some() => true,
        };
        if is_due {
            due = None;
            deliver(Arc::clone(&cloud)).await?;
        }
    }
}

/// Delivers what has gathered.
pub(crate) async fn deliver(cloud: Arc<Cloud>) -> Result<()> {
    let logs = cloud.memory.of::<Logs>();
    // Everything may have been wiped meanwhile.
    logs.learn(&cloud)?;
    for (logged, lines) in logs.take() {
        delivery::of(&cloud, &logged, lines).await;
    }
    Ok(())
}

impl Logs {
    fn learn(&self, cloud: &Cloud) -> Result<()> {
        let snapshot = cloud.store.snapshot();
        let mut logged = BTreeMap::new();
        for entry in snapshot.scan(keys::all_logged().prefix_range(), Direction::Forward) {
            let name = keys::logged_name(&entry?.0)?;
            if let Some(known) = Logged::find(&snapshot, &name)? {
                logged.insert(name, known);
            }
        }
        self.is_on.store(!logged.is_empty(), Ordering::Relaxed);
        self.gathered.lock().logged = logged;
        Ok(())
    }

    fn add(&self, bucket: &str, line: Line) {
        let mut gathered = self.gathered.lock();
        if gathered.bytes >= BYTES_LOST {
            return;
        }
        let is_first = gathered.bytes == 0;
        gathered.bytes += line.text.len();
        gathered.lines.entry(bucket.to_owned()).or_default().push(line);
        if is_first || gathered.bytes >= BYTES_MAX {
            self.filled.notify_one();
        }
    }

    /// What has gathered, for buckets that are still logged.
    fn take(&self) -> Vec<(Logged, Vec<Line>)> {
        let mut gathered = self.gathered.lock();
        gathered.bytes = 0;
        let lines = std::mem::take(&mut gathered.lines);
        let logged = |(bucket, lines)| Some((gathered.logged.get(&bucket)?.clone(), lines));
        lines.into_iter().filter_map(logged).collect()
    }
}

impl Logged {
    fn find(reads: &impl Reads, bucket: &str) -> Result<Option<Self>> {
        let Some(bucket) = reads.get_shared::<Bucket>(&keys::bucket(bucket))? else { return Ok(None) };
        let setting = setting::find::<api::BucketLoggingStatus>(reads, &bucket)?;
        let to = setting.and_then(|setting| setting.logging_enabled);
        Ok(to.map(|to| Logged {
            bucket: bucket.name.clone(),
            owner: bucket.owner,
            region: bucket.region,
            to,
        }))
    }
}
