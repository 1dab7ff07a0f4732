//! Deploys the trips application to a new Cloudlet, books trips, kills the server in the middle, and counts what is left.
//!
//! `trips-demo --cloudlet PATH [--keep]`; `cloudlet demo` builds it and calls it so.

mod application;
mod booking;
mod bookings;
mod cloud;
mod front;
mod news;
mod outcome;
mod screen;
mod server;
mod web;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::application::Application;
use crate::bookings::Bookings;
use crate::outcome::Outcome;
use crate::screen::Screen;
use crate::server::Server;

/// How many trips are booked.
const TRIPS: usize = 40;
/// After how many of them the server is killed.
const TRIPS_BEFORE_KILL: usize = TRIPS / 2;
/// How long bookings may take to come through, once all are acknowledged.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> ExitCode {
    let screen = Screen::new();
    match Arguments::read() {
        Ok(arguments) => match demo(&arguments, &screen).await {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(error) => screen.failed(&error),
        },
        Err(error) => screen.failed(&error),
    }
}

struct Arguments {
    cloudlet: PathBuf,
    keep: bool,
}

impl Arguments {
    fn read() -> Result<Self> {
        let mut arguments = std::env::args_os().skip(1);
        let (mut cloudlet, mut keep) = (None, false);
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--cloudlet") => cloudlet = arguments.next().map(PathBuf::from),
                Some("--keep") => keep = true,
                _ => bail!("unknown argument {}", argument.display()),
            }
        }
        Ok(Arguments { cloudlet: cloudlet.context("--cloudlet PATH is missing")?, keep })
    }
}

/// Whether every booking came through.
async fn demo(arguments: &Arguments, screen: &Screen) -> Result<bool> {
    let folder = tempfile::Builder::new().prefix("cloudlet-demo-").tempdir()?;
    let begun = Instant::now();
    let mut server = Server::start(&arguments.cloudlet, folder.path()).await?;
    screen.done(&format!("Cloudlet serves at {}", server.url()), begun);

    let begun = Instant::now();
    let functions = std::env::current_exe()?.parent().map(Path::to_path_buf).unwrap_or_default();
    let application = Application::deploy(&server.url(), &functions, screen).await?;
    let parts = "web page, REST and WebSocket API, state machine, 8 functions, 5 tables, topic, 3 queues";
    screen.done(&format!("the application is deployed: {parts}"), begun);

    let begun = Instant::now();
    let mut bookings = Bookings::begin(&application.front, TRIPS);
    screen.progress(&mut bookings, TRIPS_BEFORE_KILL).await;
    server.kill().await?;
    screen.note(&format!("killed (SIGKILL) after {} acknowledged bookings", bookings.acknowledged()));
    let restarted = Instant::now();
    server.restart().await?;
    screen.done("started again on the same data folder", restarted);
    screen.progress(&mut bookings, TRIPS).await;
    let ids = bookings.ids();
    screen.done(&format!("{} trips booked", ids.len()), begun);

    let begun = Instant::now();
    let outcome = Outcome::await_all(&application, &ids, PATIENCE, screen).await?;
    screen.done("billed and audited", begun);
    screen.result(&outcome);
    if arguments.keep {
        screen.how_to_look(&server, &application, &folder.keep());
        server.leave();
    } else {
        server.stop().await?;
    }
    Ok(outcome.is_whole())
}
