//! Long polls: what many cost that wait, and how soon one wakes.

use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::load;
use crate::process::Server;
use crate::report::Report;

/// Queues that exist beside the others, most of them unused.
const QUEUES: usize = 10_000;
/// Long polls that wait at once.
const POLLS: usize = 2000;
/// For how long they are watched.
const WATCHED: Duration = Duration::from_secs(5);
/// Messages that are waited for.
const WAKES: usize = 200;
/// What a poll needs until it waits, and a good deal more.
const SETTLED: Duration = Duration::from_millis(5);

/// Makes a request of SQS: an operation, a queue, and the rest of the input.
pub(crate) type Sqs<'a> = &'a dyn Fn(&str, &str, Value) -> Result<Vec<u8>>;

/// Measures both.
pub(crate) fn measure(server: &Server, sqs: Sqs<'_>, report: &mut Report) -> Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?;
    let name = |number: usize| format!("idle-{number}");
    let mut sender = Connection::open(server.address)?;
    for number in 0..QUEUES {
        sender.ask(&sqs("CreateQueue", "", json!({ "QueueName": name(number) }))?)?;
    }
    let poll = |number: usize| sqs("ReceiveMessage", &name(number), json!({ "WaitTimeSeconds": 20 }));
    let mut polls = (0..POLLS)
        .map(|number| {
            let mut connection = Connection::open(server.address)?;
            connection.send(&poll(number)?)?;
            Ok(connection)
        })
        .collect::<Result<Vec<_>>>()?;
    server.rest()?;
    let before_s = server.processor_s()?;
    std::thread::sleep(WATCHED);
    let used_ms = (server.processor_s()? - before_s) * 1000.0;
    report.add("2,000 long polls that wait, for a second", used_ms / WATCHED.as_secs_f64(), "ms", Some(1.0));
    report.add("resident memory with them, on 10,000 queues", server.resident_mb()?, "MB", None);

    let mut wakes_ms = Vec::new();
    for (number, waiting) in polls.iter_mut().enumerate().take(WAKES) {
        std::thread::sleep(SETTLED);
        sender.ask(&sqs("SendMessage", &name(number), json!({ "MessageBody": "wake up" }))?)?;
        let sent = Instant::now();
        waiting.answer()?;
        wakes_ms.push(sent.elapsed().as_secs_f64() * 1000.0);
    }
    let median_ms = load::median(wakes_ms.clone());
    let worst_ms = wakes_ms.into_iter().fold(0.0, f64::max);
    report.add("a long poll wakes after its send is answered, median", median_ms, "ms", Some(2.0));
    report.add("a long poll wakes after its send is answered, worst of 200", worst_ms, "ms", None);
    Ok(())
}
