//! Measures Cloudlet, as a process, against a bare hyper server that reads the same requests: `cargo xtask bench`.
//!
//! Both servers and the load run on the same machine in the same run, so ratios hold where absolute figures do not.
//! Nothing here asserts: it prints a table, keeps it as JSON, and shows what has changed since the last one.

mod bare;
mod calls;
mod connection;
mod function;
mod items;
mod load;
mod many;
mod process;
mod recording;
mod report;
mod suite;
mod waits;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cloudlet-bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure everything.
    Run(suite::Flags),
    /// Measure a table of very many items alone.
    Many(many::Flags),
    /// Measure functions alone.
    Functions(suite::functions::Flags),
    /// Measure other servers that speak the same protocols, beside Cloudlet.
    Peers(suite::peers::Flags),
    /// Serve a fixed answer: what everything is compared with.
    Bare {
        /// Where to write the port that was chosen
        #[arg(long)]
        port_file: PathBuf,
    },
}

fn main() -> Result<()> {
    // As the bootstrap of a deployment package, this program is the function that is invoked.
    if let Ok(api) = std::env::var("AWS_LAMBDA_RUNTIME_API") {
        return function::serve(&api);
    }
    match Cli::parse().command {
        Command::Run(flags) => suite::run(&flags),
        Command::Many(flags) => many::run(&flags),
        Command::Functions(flags) => suite::functions::run(&flags),
        Command::Peers(flags) => suite::peers::run(&flags),
        Command::Bare { port_file } => bare::serve(&port_file),
    }
}
