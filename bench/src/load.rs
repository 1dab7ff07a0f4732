//! Load: so many requests over so many connections, and what they cost the server.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow};

use crate::connection::Connection;
use crate::process::Server;

/// Connections that ask at the same time.
pub(crate) const CONNECTIONS: usize = 16;

/// What a run of requests took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) per_second: f64,
    /// Processor time of the server for one, in microseconds.
    pub(crate) processor_us: f64,
}

/// Does `once` for each of these turns, divided over all connections.
pub(crate) fn run(
    server: &Server,
    turns: Range<usize>,
    once: impl Fn(&mut Connection, usize) -> Result<()> + Sync,
) -> Result<Cost> {
    let mut connections =
        (0..CONNECTIONS).map(|_| Connection::open(server.address)).collect::<Result<Vec<_>>>()?;
    let (begun, processor_s) = (Instant::now(), server.processor_s()?);
    std::thread::scope(|scope| {
        let threads = connections.iter_mut().enumerate().map(|(first, connection)| {
            let (once, turns) = (&once, turns.clone());
            scope.spawn(move || {
                turns.skip(first).step_by(CONNECTIONS).try_for_each(|turn| once(connection, turn))
            })
        });
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| anyhow!("a connection panicked"))?)
    })?;
    let processor_s = server.processor_s()? - processor_s;
    let count = turns.len();
    Ok(Cost {
        per_second: count as f64 / begun.elapsed().as_secs_f64(),
        processor_us: processor_s * 1e6 / count as f64,
    })
}

/// The middle one of some figures.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// How long `once` takes, one after another: the median and the 99th percentile.
pub(crate) fn latency(count: usize, mut once: impl FnMut() -> Result<()>) -> Result<(Duration, Duration)> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        once()?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok((times[count / 2], times[count * 99 / 100]))
}
