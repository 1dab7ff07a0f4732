//! Measures storage engines with the reads and writes of a queue, and prints a table.
//!
//! Every measurement runs in a process of its own, in a new folder below `TMPDIR`: first the synced sends, which take turns
//! because the speed of a disk changes from minute to minute, then each engine's other figures. The files stay in the
//! system's page cache, so reads measure the engine and not the disk.

mod engine;
mod engines;
mod kill;
mod measure;
mod message;
mod meter;

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

use crate::engine::{CANDIDATES, Candidate};
use crate::measure::Figures;

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// How often the synced sends are measured; the median counts.
const TURNS: usize = 5;

const HEADER: &str = "\
| engine | sends, synced, 1/s | sends, 1/s (CPU) | a queue's life, 1/s: head searched | head remembered (CPU) | reads, 1/s (CPU) \
| memory, MB (+ mapped) | reopened in |
|---|---|---|---|---|---|---|---|";

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => everything(),
        [name, "synced"] => {
            println!("{:.0}", measure::groups(candidate(name)?, tempfile::tempdir()?.path())?.per_second());
            Ok(())
        }
        [name, "others"] => {
            kill::check(candidate(name)?, tempfile::tempdir()?.path())?;
            print(&measure::all(candidate(name)?, tempfile::tempdir()?.path())?);
            Ok(())
        }
        [name, "send", folder] => kill::send(candidate(name)?, Path::new(folder)),
        _ => bail!("what is wanted? Nothing for everything, or an engine's name and `synced` or `others`"),
    }
}

fn candidate(name: &str) -> Result<&'static Candidate> {
    CANDIDATES.iter().find(|candidate| candidate.name == name).context("there is no such engine")
}

fn everything() -> Result<()> {
    let mut synced = vec![Vec::new(); CANDIDATES.len()];
    for _ in 0..TURNS {
        for (candidate, rates) in CANDIDATES.iter().zip(&mut synced) {
            rates.push(run(candidate, "synced")?.parse::<u64>()?);
        }
    }
    println!("{HEADER}");
    for (candidate, rates) in CANDIDATES.iter().zip(&mut synced) {
        rates.sort_unstable();
        println!("| {} | {} | {} |", candidate.name, rates[TURNS / 2], run(candidate, "others")?);
        eprintln!("{}, synced: {rates:?}", candidate.name);
    }
    Ok(())
}

fn run(candidate: &Candidate, what: &str) -> Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args([candidate.name, what]).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{} failed", candidate.name);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn print(figures: &Figures) {
    let Figures { sends, naive, remembered, reads, resident_mb: (own, mapped), reopen } = figures;
    println!(
        "{:.0} ({:.0} µs) | {:.0} | {:.0} ({:.0} µs) | {:.0} ({:.1} µs) | {own} (+ {mapped}) | {:.1} ms",
        sends.per_second(),
        sends.cpu_us(),
        naive.per_second(),
        remembered.per_second(),
        remembered.cpu_us(),
        reads.per_second(),
        reads.cpu_us(),
        reopen.as_secs_f64() * 1e3,
    );
}
