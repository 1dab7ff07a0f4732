//! Environments that have nothing to do: what they hold, and what they take.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow};

use super::Functions;
use crate::connection::Connection;
use crate::report::Report;

/// Environments at rest.
const ENVIRONMENTS: usize = 200;
/// How long each call of the function takes, so that each needs an environment of its own.
const HELD_MS: &[u8] = b"10000";
/// How long they are watched.
const WATCHED: Duration = Duration::from_secs(5);

pub(super) fn measure(functions: &Functions<'_>, report: &mut Report) -> Result<()> {
    let server = functions.server;
    // Whatever else is warm ends.
    functions.renew(&mut Connection::open(server.address)?, "echo", usize::MAX)?;
    server.rest()?;
    let before = Held::of(server.id())?;
    start(functions)?;
    server.rest()?;
    let after = Held::of(server.id())?;
    std::thread::sleep(WATCHED);
    let later = Held::of(server.id())?;
    let megabytes = |held: &Held| held.kilobytes as f64 / 1024.0;
    let each = (megabytes(&after) - megabytes(&before)) / ENVIRONMENTS as f64;
    report.add("Lambda, an environment at rest: memory, of all its processes", each, "MB", None);
    let ticks_per_second = 100.0;
    let used_ms = 1000.0 * (later.ticks - after.ticks) as f64 / ticks_per_second / WATCHED.as_secs_f64();
    report.add(&format!("Lambda, {ENVIRONMENTS} at rest: processor a second"), used_ms, "ms", Some(10.0));
    Ok(())
}

fn start(functions: &Functions<'_>) -> Result<()> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..ENVIRONMENTS)
            .map(|_| {
                scope.spawn(|| {
                    let mut connection = Connection::open(functions.server.address)?;
                    functions.invoke(&mut connection, "echo", HELD_MS).map(drop)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("a call panicked"))?)
    })
}

/// What a process and all below it have.
struct Held {
    kilobytes: u64,
    ticks: u64,
}

impl Held {
    fn of(process: u32) -> Result<Self> {
        let mut all = vec![process];
        let mut held = Held { kilobytes: 0, ticks: 0 };
        while let Some(process) = all.pop() {
            for task in fs::read_dir(format!("/proc/{process}/task"))?.flatten() {
                let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
                all.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
            }
            held.kilobytes += shared_out_kilobytes(process)?;
            held.ticks += ticks(process)?;
        }
        Ok(held)
    }
}

/// Memory, of which each process counts its share.
fn shared_out_kilobytes(process: u32) -> Result<u64> {
    let maps = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = maps.lines().find_map(|line| line.strip_prefix("Pss:")).context("/proc has another form")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// Processor time, behind the program's name, which may hold anything but the last bracket.
fn ticks(process: u32) -> Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("/proc has another form")?;
    let fields: Vec<u64> =
        fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse().ok()).collect();
    Ok(fields.iter().sum())
}
