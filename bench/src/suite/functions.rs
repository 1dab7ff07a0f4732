//! Functions: what a first call takes beside the bare interpreter, warm calls, many at once, environments at rest, and creation.

mod beside;
mod cold;
mod resting;

use std::io::{Cursor, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::calls::Caller;
use crate::connection::Connection;
use crate::function;
use crate::load;
use crate::process::Server;
use crate::report::Report;

const API: &str = "/2015-03-31/functions";
/// Invocations of a warm function, one after another.
const INVOCATIONS: usize = 2000;
/// Those that come over all connections at once.
const INVOCATIONS_AT_ONCE: usize = 20_000;
/// Functions that are made.
const FUNCTIONS: usize = 500;
/// What the compiled function gets, and gives back.
const EVENT: &[u8] = br#"{"trip":"one"}"#;

/// Measuring functions alone.
#[derive(Args)]
pub(crate) struct Flags {
    /// The program to measure
    #[arg(long)]
    cloudlet: PathBuf,
    /// The program of MiniStack, to measure the same there
    #[arg(long)]
    ministack: Option<PathBuf>,
}

pub(crate) fn run(flags: &Flags) -> Result<()> {
    let data = tempfile::tempdir()?;
    let server = Server::cloudlet(&flags.cloudlet, data.path())?;
    let caller = Caller::root(server.address, data.path())?;
    let mut report = Report::default();
    if let Some(ministack) = &flags.ministack {
        return beside::measure(&Functions { server: &server, caller: &caller }, ministack, &mut report);
    }
    measure(&server, &caller, &mut report)
}

/// Measures all of it. What it leaves behind are functions.
pub(super) fn measure(server: &Server, caller: &Caller, report: &mut Report) -> Result<()> {
    let functions = Functions { server, caller };
    let mut connection = Connection::open(server.address)?;
    functions.create(&mut connection, "echo", "provided.al2023", &function::package()?)?;
    let (median, worst) = functions.warm(&mut connection)?;
    report.add("Lambda warm invoke, median", median, "ms", Some(1.0));
    report.add("Lambda warm invoke, 99th percentile", worst, "ms", None);
    let cost = functions.at_once()?;
    report.add_rate("Lambda invoke of an empty compiled function", cost.per_second, "1/s", 1000.0);
    report.add("Lambda invoke of it: processor, without the function's", cost.processor_us, "µs", None);
    cold::measure(&functions, report)?;
    resting::measure(&functions, report)?;
    let took_s = functions.create_many()?;
    report.add(&format!("Lambda CreateFunction, {FUNCTIONS} one after another"), took_s, "s", Some(10.0));
    Ok(())
}

/// Calls of Lambda.
struct Functions<'a> {
    server: &'a Server,
    caller: &'a Caller,
}

impl Functions<'_> {
    fn call(&self, method: &str, path: &str, body: &[u8]) -> Result<Vec<u8>> {
        let json = [("content-type", "application/json")];
        self.caller.signed("lambda", method, &format!("{API}{path}"), &json, body)
    }

    fn create(&self, connection: &mut Connection, name: &str, runtime: &str, package: &[u8]) -> Result<()> {
        let input = json!({
            "FunctionName": name,
            "Runtime": runtime,
            "Handler": "main.handler",
            "Role": "arn:aws:iam::000000000000:role/bench",
            "MemorySize": 256,
            "Timeout": 60,
            "Architectures": [if cfg!(target_arch = "aarch64") { "arm64" } else { "x86_64" }],
            "Code": { "ZipFile": STANDARD.encode(package) },
        });
        connection.ask(&self.call("POST", "", input.to_string().as_bytes())?).map(drop)
    }

    /// Has the next call start an environment.
    fn renew(&self, connection: &mut Connection, name: &str, number: usize) -> Result<()> {
        let input = json!({ "Environment": { "Variables": { "NUMBER": number.to_string() } } });
        let path = format!("/{name}/configuration");
        connection.ask(&self.call("PUT", &path, input.to_string().as_bytes())?).map(drop)
    }

    fn invoke(&self, connection: &mut Connection, name: &str, event: &[u8]) -> Result<Vec<u8>> {
        let (head, answer) =
            connection.exchange(&self.call("POST", &format!("/{name}/invocations"), event)?)?;
        let has_failed =
            !head.starts_with("HTTP/1.1 200") || head.to_lowercase().contains("x-amz-function-error");
        ensure!(!has_failed, "{head}\n{}", String::from_utf8_lossy(&answer));
        Ok(answer)
    }

    /// One after another: median and 99th percentile, in ms.
    fn warm(&self, connection: &mut Connection) -> Result<(f64, f64)> {
        let mut once = || {
            let answer = self.invoke(connection, "echo", EVENT)?;
            ensure!(answer == EVENT, "{}", String::from_utf8_lossy(&answer));
            Ok(())
        };
        // The first one starts an environment.
        once()?;
        let (median, worst) = load::latency(INVOCATIONS, once)?;
        Ok((median.as_secs_f64() * 1000.0, worst.as_secs_f64() * 1000.0))
    }

    fn at_once(&self) -> Result<load::Cost> {
        let once = |connection: &mut Connection, _| self.invoke(connection, "echo", EVENT).map(drop);
        // One for each connection, so that nobody waits for an environment.
        load::run(self.server, 0..load::CONNECTIONS, once)?;
        load::run(self.server, 0..INVOCATIONS_AT_ONCE, once)
    }

    fn create_many(&self) -> Result<f64> {
        let mut connection = Connection::open(self.server.address)?;
        let package = package("main.py", b"def handler(event, context): return event")?;
        let begun = Instant::now();
        for number in 0..FUNCTIONS {
            self.create(&mut connection, &format!("made-{number}"), "python3.12", &package)?;
        }
        let took_s = begun.elapsed().as_secs_f64();
        let settings = connection.ask(&self.caller.signed(
            "lambda",
            "GET",
            "/2016-08-19/account-settings",
            &[],
            b"",
        )?)?;
        let settings: Value = serde_json::from_slice(&settings)?;
        let count = settings["AccountUsage"]["FunctionCount"].as_u64().context("no count of functions")?;
        ensure!(count > FUNCTIONS as u64, "only {count} functions are there");
        Ok(took_s)
    }
}

/// A deployment package of one file.
fn package(name: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default().unix_permissions(0o755))?;
    archive.write_all(content)?;
    Ok(archive.finish()?.into_inner())
}
