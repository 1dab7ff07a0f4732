//! Time and processor time of a piece of work, and the memory of this process.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use nix::time::{ClockId, clock_gettime};

/// How often something was done, and what it took.
pub(crate) struct Rate {
    count: u64,
    elapsed: Duration,
    cpu: Duration,
}

impl Rate {
    /// Measures work that says how often it did what is counted.
    pub(crate) fn of(work: impl FnOnce() -> Result<u64>) -> Result<Self> {
        let (start, cpu) = (Instant::now(), cpu_time()?);
        let count = work()?;
        Ok(Rate { count, elapsed: start.elapsed(), cpu: cpu_time()?.saturating_sub(cpu) })
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time of the whole process, with all the engine's threads, for one.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.count as f64
    }
}

fn cpu_time() -> Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID)?.into())
}

/// Resident memory, in MB: the process's own, and pages of mapped files.
pub(crate) fn resident_mb() -> Result<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let of = |name: &str| -> Result<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).context("no such line")?;
        let kb: u64 = line.trim_start_matches(':').trim_end_matches("kB").trim().parse()?;
        Ok(kb >> 10)
    };
    Ok((of("RssAnon")?, of("RssFile")?))
}
