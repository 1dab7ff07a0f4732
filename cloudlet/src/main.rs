//! The program: command line, configuration, one table of services.
//!
//! It puts the parts together and stops them again. It holds no behaviour of any service.

mod cli;
mod demo;
mod descriptors;
mod fsck;
mod log;
mod network;
mod root_key;
mod runtimes;
mod services;
mod settings;
mod status;
mod up;

use std::process::ExitCode;

use clap::Parser as _;

use crate::cli::{Cli, Command};

/// A request allocates some hundred times, and what it stores is freed by other threads: with the C library's allocator that
/// was a sixth of all processor time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if let Some(code) = runtime::sandbox_main(&arguments) {
        return code;
    }
    let outcome = match Cli::parse().command {
        Command::Up(flags) => up::run(*flags).map(|()| ExitCode::SUCCESS),
        Command::Demo(flags) => demo::run(&flags),
        Command::Status(flags) => status::run(&flags).map(|()| ExitCode::SUCCESS),
        Command::Runtimes(command) => runtimes::run(command).map(|()| ExitCode::SUCCESS),
        Command::Fsck(flags) => fsck::run(flags).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cloudlet: {error:#}");
            ExitCode::FAILURE
        }
    }
}
