//! First calls. What the bare interpreter takes until it prints something is measured beside each, and subtracted: the rest is
//! Cloudlet's own time, from the request to the answer.

use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Functions, package};
use crate::connection::Connection;
use crate::function;
use crate::load;
use crate::report::Report;

/// First calls of each language.
const STARTS: usize = 21;

struct Language {
    name: &'static str,
    runtime: &'static str,
    /// At most so much may be added to the bare start.
    goal_ms: Option<f64>,
    package: fn() -> Result<Vec<u8>>,
    /// What starts and prints something.
    bare: fn() -> Result<Command>,
}

const LANGUAGES: [Language; 4] = [
    Language {
        name: "compiled",
        runtime: "provided.al2023",
        goal_ms: Some(25.0),
        package: function::package,
        bare: || {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--help");
            Ok(command)
        },
    },
    Language {
        name: "Python",
        runtime: "python3.12",
        goal_ms: Some(40.0),
        package: || package("main.py", b"def handler(event, context): return event"),
        bare: || {
            // Beyond the shims of version managers.
            let found =
                Command::new("python3").args(["-c", "import sys; print(sys.executable, end='')"]).output()?;
            Ok(words(&String::from_utf8(found.stdout)?, &["-c", "print(flush=True)"]))
        },
    },
    Language {
        name: "Node.js",
        runtime: "nodejs22.x",
        goal_ms: Some(15.0),
        package: || package("main.js", b"exports.handler = async (event) => event;"),
        bare: || Ok(words("node", &["-e", "process.stdout.write('x')"])),
    },
    Language {
        name: "Ruby",
        runtime: "ruby3.3",
        goal_ms: None,
        package: || package("main.rb", b"def handler(event:, context:) = event"),
        bare: || Ok(words("ruby", &["-e", "STDOUT.syswrite('x')"])),
    },
];

fn words(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

pub(super) fn measure(functions: &Functions<'_>, report: &mut Report) -> Result<()> {
    let mut connection = Connection::open(functions.server.address)?;
    for language in &LANGUAGES {
        let name = language.name;
        if let Err(error) = one(functions, &mut connection, language, report) {
            println!("Lambda first invoke, {name}: left out: {error:#}");
            // After a refusal the connection may be anywhere.
            connection = Connection::open(functions.server.address)?;
        }
    }
    Ok(())
}

fn one(
    functions: &Functions<'_>,
    connection: &mut Connection,
    language: &Language,
    report: &mut Report,
) -> Result<()> {
    let (name, mut bare) = (language.name, (language.bare)()?);
    bare.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let function = format!("cold-{name}").replace('.', "-");
    functions.create(connection, &function, language.runtime, &(language.package)()?)?;
    // The very first one unpacks the package.
    functions.invoke(connection, &function, b"{}")?;
    let (mut bares, mut owns) = (Vec::new(), Vec::new());
    for number in 0..STARTS {
        let bare_took = until_it_prints(&mut bare)?;
        functions.renew(connection, &function, number)?;
        let begun = Instant::now();
        functions.invoke(connection, &function, b"{}")?;
        let took = begun.elapsed();
        bares.push(milliseconds(bare_took));
        owns.push(milliseconds(took) - milliseconds(bare_took));
    }
    report.add(&format!("Lambda first invoke, {name}: bare start, median"), load::median(bares), "ms", None);
    report.add(
        &format!("Lambda first invoke, {name}: beyond it"),
        load::median(owns),
        "ms",
        language.goal_ms,
    );
    Ok(())
}

fn until_it_prints(bare: &mut Command) -> Result<Duration> {
    let begun = Instant::now();
    let mut process = bare.spawn()?;
    let count = process.stdout.take().context("no pipe")?.read(&mut [0])?;
    let took = begun.elapsed();
    process.wait()?;
    ensure!(count == 1, "the bare start prints nothing");
    Ok(took)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
