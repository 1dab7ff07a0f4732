//! Proof that `Crash` is what it says: a process that sends is killed, and every send it reported must be there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::engine::{Candidate, Durability};
use crate::message::{Content, Queue};

/// Reported sends after which the process is killed.
const SENDS: usize = 3_000;

/// Sends without end, and reports each.
pub(crate) fn send(candidate: &Candidate, folder: &Path) -> Result<()> {
    let engine = (candidate.open)(&folder.join("data"), Durability::Crash)?;
    let (queue, content) = (Queue::new(1), Content::new(1));
    let mut out = std::io::stdout();
    for message in 0.. {
        queue.send(&*engine, message, message, &content)?;
        writeln!(out, "{message}")?;
    }
    Ok(())
}

/// Kills such a process, and counts what is left.
pub(crate) fn check(candidate: &Candidate, folder: &Path) -> Result<()> {
    let program = std::env::current_exe()?;
    let mut sender = Command::new(program);
    let sender = sender.args([candidate.name, "send"]).arg(folder).stdout(Stdio::piped());
    let mut sender = sender.spawn()?;
    let mut lines = BufReader::new(sender.stdout.take().context("no output")?).lines();
    let mut last = None;
    for line in lines.by_ref().take(SENDS) {
        last = Some(line?);
    }
    sender.kill()?;
    for line in lines {
        last = Some(line?);
    }
    sender.wait()?;
    let last: u64 = last.context("nothing was sent")?.parse()?;
    let engine = (candidate.open)(&folder.join("data"), Durability::Crash)?;
    for message in 0..=last {
        let found = engine.get(&Queue::new(1).body(message))?;
        ensure!(found.is_some(), "{}: send {message} of {last} is lost after a kill", candidate.name);
    }
    Ok(())
}
