//! The same functions on another server: MiniStack, which is on PyPI and runs functions in Python without containers.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{EVENT, Functions, package};
use crate::calls::Caller;
use crate::connection::Connection;
use crate::load;
use crate::process::Server;
use crate::report::Report;

/// Functions whose first call is measured.
const FIRSTS: usize = 11;
/// Calls of one of them, one after another.
const WARM: usize = 300;

/// Measures both, each by itself.
pub(super) fn measure(cloudlet: &Functions<'_>, ministack: &Path, report: &mut Report) -> Result<()> {
    one("Cloudlet", cloudlet, report)?;
    let server = Server::peer(|port| {
        let mut command = Command::new(ministack);
        command.env("GATEWAY_PORT", port.to_string());
        command
    })?;
    let caller = Caller::anybody(server.address);
    one("MiniStack", &Functions { server: &server, caller: &caller }, report)
}

fn one(who: &str, functions: &Functions<'_>, report: &mut Report) -> Result<()> {
    let mut connection = Connection::open(functions.server.address)?;
    let package = package("main.py", b"def handler(event, context): return event")?;
    let mut firsts = Vec::new();
    for number in 0..FIRSTS {
        let name = format!("beside-{number}");
        functions.create(&mut connection, &name, "python3.12", &package)?;
        let begun = Instant::now();
        functions.invoke(&mut connection, &name, EVENT)?;
        firsts.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    report.add(&format!("{who}: first call of a function in Python"), load::median(firsts), "ms", None);
    let (median, _) = load::latency(WARM, || {
        let answer = functions.invoke(&mut connection, "beside-0", EVENT)?;
        ensure!(!answer.is_empty(), "no answer");
        Ok(())
    })?;
    report.add(&format!("{who}: further calls, median"), median.as_secs_f64() * 1000.0, "ms", None);
    Ok(())
}
