//! Developers' commands: `cargo xtask <command>`. One module a command; none of this is part of Cloudlet itself.

mod apis;
mod bench;
mod clients;
mod console;
mod docs;
mod error;
mod flame;
mod new_service;
mod program;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Result;

/// Developers' commands of Cloudlet.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the facts of AWS APIs (apis/<service>.json) from the pinned API descriptions.
    Apis(apis::Arguments),
    /// Measures Cloudlet against a bare server, for release, and compares with the last time.
    Bench(bench::Arguments),
    /// Runs Cloudlet so that tokio-console shows its tasks.
    Console(console::Arguments),
    /// Makes the tables of operations in docs/ from the facts and the services' lists.
    Docs(docs::Arguments),
    /// Draws a flame graph of the server under one load of the bench.
    Flame(flame::Arguments),
    /// Makes everything that a service has before its first operation: facts, crates, lines, a page.
    NewService(new_service::Arguments),
    /// Checks rules that no compiler checks: layers, files that say what they are for, links of pages, and lengths of
    /// functions and files, which it prints.
    Tidy(tidy::Arguments),
    /// Runs everything that must hold, and ends with `N passed, N failed`; or the tests of one crate, and says how long
    /// they took.
    Test(test::Arguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Apis(arguments) => apis::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Console(arguments) => console::run(&arguments),
        Command::Docs(arguments) => docs::run(&arguments),
        Command::Flame(arguments) => flame::run(&arguments),
        Command::NewService(arguments) => new_service::run(&arguments),
        Command::Tidy(arguments) => tidy::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
    }
}
