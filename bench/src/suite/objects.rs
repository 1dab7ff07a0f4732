//! Loads of objects: what S3 is put through.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Result, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checksums::Algorithm;
use signing::Declared;

use super::{Compared, Load, Only, Suite};
use crate::connection::Connection;
use crate::load::{self, Cost};
use crate::process::Server;
use crate::report::Report;

/// What the bare server knows large objects by.
pub(crate) const LARGE: &str = "/bench/large";
/// What it knows small ones by.
pub(crate) const SMALL: &str = "/bench/small";
pub(crate) const SMALL_BYTES: usize = 4 << 10;
const LARGE_BYTES: usize = 64 << 20;
/// A chunk of `aws-chunked`.
const CHUNK_BYTES: usize = 1 << 20;
/// Small objects that are read and written.
const OBJECTS: usize = 10_000;
/// Objects of one common prefix.
const PREFIX_OBJECTS: usize = 100;
/// Requests of other loads for each large object, so that every connection has one at a time, and for each list.
const LARGE_REQUESTS: usize = 100;
const LIST_REQUESTS: usize = 100;
/// Clients of large objects at once.
const STREAMS: usize = 100;
/// How often the server's memory is looked at while they are.
const LOOK: Duration = Duration::from_millis(20);

impl Suite {
    pub(super) fn prepare_objects(&self) -> Result<()> {
        let mut connection = Connection::open(self.server.address)?;
        for bucket in ["/bench", "/lists"] {
            connection.ask(&self.s3("PUT", bucket, b"")?)?;
        }
        Ok(())
    }

    /// Objects to list, so many.
    pub(super) fn fill_objects(&self, count: usize) -> Result<()> {
        load::run(&self.server, 0..count, |connection, turn| {
            connection.ask(&self.s3("PUT", &format!("/lists/{}", key(turn)), b"object")?).map(drop)
        })?;
        self.server.rest()
    }

    pub(super) fn measure_objects(&self, report: &mut Report, only: Only) -> Result<Cost> {
        match only {
            Only::PutObject => {
                let load: Load<'_> = &|it, turns| self.put_small(it, turns);
                self.compare(report, only, Some(3.0), [load; 2])
            }
            Only::GetObject => {
                self.put_small(&self.server, 0..OBJECTS)?;
                let load: Load<'_> = &|it, turns| self.get(it, turns, |turn| small(turn % OBJECTS));
                self.compare(report, only, Some(3.0), [load; 2])
            }
            Only::PutLarge => {
                let framed = Framed::new(LARGE_BYTES);
                let load: Load<'_> = &|it, turns| self.put_large(it, less(&turns, LARGE_REQUESTS), &framed);
                self.compare_large(report, only, 60.0, load)
            }
            Only::GetLarge => {
                let framed = Framed::new(LARGE_BYTES);
                self.put_large(&self.server, 0..1, &framed)?;
                self.put_large(&self.bare, 0..1, &framed)?;
                let load: Load<'_> =
                    &|it, turns| self.get(it, less(&turns, LARGE_REQUESTS), |_| format!("{LARGE}-0"));
                self.compare_large(report, only, 80.0, load)
            }
            Only::Streams => self.measure_streams(report),
            lists => self.measure_lists(report, lists),
        }
    }

    fn s3(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
        self.caller.signed("s3", method, path, &[], body)
    }

    fn put_small(&self, server: &Server, turns: Range<usize>) -> Result<Cost> {
        let body = "x".repeat(SMALL_BYTES);
        load::run(server, turns, |connection, turn| {
            connection.ask(&self.s3("PUT", &small(turn % OBJECTS), body.as_bytes())?).map(drop)
        })
    }

    fn get(
        &self,
        server: &Server,
        turns: Range<usize>,
        path: impl Fn(usize) -> String + Sync,
    ) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            connection.drain(&self.s3("GET", &path(turn), b"")?).map(drop)
        })
    }

    fn put_large(&self, server: &Server, turns: Range<usize>, framed: &Framed) -> Result<Cost> {
        load::run(server, turns, |connection, turn| {
            framed.put(self, connection, &format!("{LARGE}-{}", turn % 4))
        })
    }

    /// As [`Suite::compare`]; `goal` is what it does a second at least, in hundredths of what the bare server does.
    fn compare_large(&self, report: &mut Report, only: Only, goal: f64, load: Load<'_>) -> Result<Cost> {
        let what = only.name();
        let Compared { floor_us, cost, ratio, speed } = self.by_turns([load; 2])?;
        let megabytes = LARGE_BYTES as f64 / 1e6;
        report.add(&format!("{what}: bare server's processor"), floor_us / 1000.0, "ms", None);
        report.add(what, cost.per_second * megabytes, "MB/s", None);
        report.add(&format!("{what}: processor"), cost.processor_us / 1000.0, "ms", None);
        report.add(&super::ratio_of(what), ratio, "times", None);
        report.add_rate(&format!("{what}: speed, to the bare server's"), speed * 100.0, "%", goal);
        Ok(cost)
    }

    fn measure_lists(&self, report: &mut Report, only: Only) -> Result<Cost> {
        let turns = 0..self.requests.div_ceil(LIST_REQUESTS);
        let cost = load::run(&self.server, turns, |connection, turn| {
            let query = match only {
                Only::ListPrefixes => "delimiter=%2F&list-type=2".to_owned(),
                _ => format!("list-type=2&start-after={}", key(turn * 17).replace('/', "%2F")),
            };
            connection.drain(&self.s3("GET", &format!("/lists?{query}"), b"")?).map(drop)
        })?;
        report.add(only.name(), cost.per_second, "1/s", None);
        let name = format!("{}: processor", only.name());
        report.add(&name, cost.processor_us / 1000.0, "ms", Some(3.0));
        Ok(cost)
    }

    /// How much memory many clients of large objects take.
    fn measure_streams(&self, report: &mut Report) -> Result<Cost> {
        let framed = Framed::new(LARGE_BYTES);
        self.put_large(&self.server, 0..1, &framed)?;
        let read = self.s3("GET", &format!("{LARGE}-0"), b"")?;
        self.server.rest()?;
        let before = self.server.resident_mb()?;
        let readers = self.memory_of_one(before, |connection, _| connection.drain(&read).map(drop))?;
        report.add("S3 GetObject of 64 MB, 100 at once: memory of one", readers, "MB", Some(8.0));
        let writers = self.memory_of_one(before, |connection, number| {
            framed.put(self, connection, &format!("{LARGE}-{}", number % 8))
        })?;
        report.add("S3 PutObject of 64 MB, 100 at once: memory of one", writers, "MB", Some(8.0));
        Ok(Cost { per_second: 0.0, processor_us: 0.0 })
    }

    /// What many clients at once add to the memory that the server held before all of them, for each.
    fn memory_of_one(
        &self,
        before: f64,
        once: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
    ) -> Result<f64> {
        let done = AtomicUsize::new(0);
        let most = std::thread::scope(|scope| {
            let clients = (0..STREAMS).map(|number| {
                let (once, done) = (&once, &done);
                scope.spawn(move || {
                    let outcome =
                        Connection::open(self.server.address).and_then(|mut it| once(&mut it, number));
                    done.fetch_add(1, Ordering::Relaxed);
                    outcome
                })
            });
            let clients: Vec<_> = clients.collect();
            let mut most = before;
            while done.load(Ordering::Relaxed) < STREAMS {
                most = self.server.resident_mb()?.max(most);
                std::thread::sleep(LOOK);
            }
            clients.into_iter().try_for_each(|it| it.join().map_err(|_| anyhow!("a client panicked"))?)?;
            Ok::<_, anyhow::Error>(most)
        })?;
        Ok((most - before) / STREAMS as f64)
    }
}

/// A large body as SDKs send it, with a checksum behind it.
struct Framed {
    bytes: Vec<u8>,
    /// Without the frames.
    length: String,
}

impl Framed {
    fn new(length: usize) -> Self {
        let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let mut bytes = Vec::with_capacity(length + length / 1000);
        for chunk in body.chunks(CHUNK_BYTES) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        let checksum = STANDARD.encode(Algorithm::Crc64Nvme.of(&body));
        bytes.extend(format!("0\r\nx-amz-checksum-crc64nvme:{checksum}\r\n\r\n").into_bytes());
        Framed { bytes, length: length.to_string() }
    }

    fn put(&self, suite: &Suite, connection: &mut Connection, path: &str) -> Result<()> {
        let headers = [
            ("content-encoding", "aws-chunked"),
            ("x-amz-decoded-content-length", self.length.as_str()),
            ("x-amz-trailer", "x-amz-checksum-crc64nvme"),
        ];
        let payload = Declared::UnsignedTrailer;
        connection.send(&suite.caller.head("s3", ("PUT", path), &headers, payload, self.bytes.len())?)?;
        connection.ask(&self.bytes).map(drop)
    }
}

fn small(number: usize) -> String {
    format!("{SMALL}-{number}")
}

/// A key of an object that is listed.
fn key(number: usize) -> String {
    format!("{:05}/{:02}", number / PREFIX_OBJECTS, number % PREFIX_OBJECTS)
}

/// Fewer turns: one for so many requests.
fn less(turns: &Range<usize>, requests: usize) -> Range<usize> {
    0..turns.len().div_ceil(requests)
}
