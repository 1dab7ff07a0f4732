//! Other servers that speak the same protocols, under the same loads in the same run: `cargo xtask bench --peers`.
//!
//! They come from package registries into the folder of builds. One that cannot be had, or does not start, is left out, and a
//! line says why; a load that one refuses has no figures. DynamoDB Local is not among them: no registry has it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use super::{Only, Suite};
use crate::calls::Caller;
use crate::load::Cost;
use crate::process::Server;
use crate::report::Report;

/// The loads, those of objects first, then those of queues.
const LOADS: [Only; 9] = [
    Only::PutObject,
    Only::GetObject,
    Only::Send,
    Only::Rounds,
    Only::Put,
    Only::Get,
    Only::Update,
    Only::Query,
    Only::Transact,
];
const OBJECTS: &[Only] = LOADS.split_at(2).0;
const OBJECTS_AND_QUEUES: &[Only] = LOADS.split_at(4).0;
const TABLES: &[Only] = LOADS.split_at(4).1;

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
}

/// A server that somebody else wrote.
struct Peer {
    /// With its version.
    name: &'static str,
    /// What it can do.
    loads: &'static [Only],
    install: fn(&Path) -> Command,
    /// Starts it on a port, from where it was installed, with a folder for its data if it keeps any.
    serve: fn(&Path, &Path, u16) -> Command,
}

const PEERS: [Peer; 5] = [
    Peer {
        name: "dynalite 4.0.0, on disk",
        loads: TABLES,
        install: |folder| npm(folder, "dynalite@4.0.0"),
        serve: |folder, data, port| {
            let mut command = Command::new("node");
            command.arg(folder.join("node_modules/dynalite/cli.js")).arg("--path").arg(data);
            command.args(["--createTableMs", "0", "--port", &port.to_string()]);
            command
        },
    },
    Peer {
        name: "dynoxide 3.2.0, on disk",
        loads: TABLES,
        install: |folder| {
            let mut command = Command::new("cargo");
            command.args(["install", "--quiet", "dynoxide-rs", "--version", "3.2.0", "--locked"]);
            command.args(["--no-default-features", "--features", "native-sqlite,http-server,cli", "--root"]);
            command.arg(folder);
            command
        },
        serve: |folder, data, port| {
            let mut command = Command::new(folder.join("bin/dynoxide"));
            command.args(["--log", "quiet", "--port", &port.to_string(), "--db-path"]).arg(data);
            command
        },
    },
    Peer {
        name: "fauxqs 1.9.2, in memory",
        loads: OBJECTS_AND_QUEUES,
        install: |folder| npm(folder, "fauxqs@1.9.2"),
        serve: |folder, _, port| {
            // Its own program logs every request.
            let module = folder.join("node_modules/fauxqs/dist/app.js");
            let start = "const { startFauxqs } = await import(process.argv[1]);
                startFauxqs({ port: Number(process.argv[2]), logger: false });";
            let mut command = Command::new("node");
            command.args(["--input-type=module", "-e", start]).arg(module).arg(port.to_string());
            command
        },
    },
    Peer {
        name: "s3rver 3.7.1, on disk",
        loads: OBJECTS,
        install: |folder| npm(folder, "s3rver@3.7.1"),
        serve: |folder, data, port| {
            let mut command = Command::new("node");
            // It knows one key pair, so the load's is made known to it.
            let account = folder.join("node_modules/s3rver/lib/models/account.js");
            let start = "const [account, program, ...words] = process.argv.slice(1);
                require(account).DUMMY_ACCOUNT.createKeyPair('test', 'test');
                process.argv = [process.argv[0], program, ...words];
                require(program);";
            command.args(["-e", start, "--"]).arg(account);
            command.arg(folder.join("node_modules/s3rver/bin/s3rver.js")).arg("--directory").arg(data);
            command.args(["--silent", "--address", "127.0.0.1", "--port", &port.to_string()]);
            command
        },
    },
    Peer {
        name: "moto 5.2.5, in memory",
        loads: &LOADS,
        install: |folder| {
            let mut command = Command::new("sh");
            command.args([
                "-c",
                r#"python3 -m venv "$0" && "$0/bin/pip" install --quiet 'moto[server]==5.2.5'"#,
            ]);
            command.arg(folder);
            command
        },
        serve: |folder, _, port| {
            let mut command = Command::new(folder.join("bin/moto_server"));
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        },
    },
];

fn npm(folder: &Path, package: &str) -> Command {
    let mut command = Command::new("npm");
    command.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(folder).arg(package);
    command
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
        suite.measure_peer("Cloudlet", &LOADS, &mut rows)?;
    }
    for peer in &PEERS {
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
        suite.measure_peer(self.name, self.loads, rows)
    }
}

impl Suite {
    fn measure_peer(&mut self, name: &'static str, loads: &[Only], rows: &mut Vec<Row>) -> Result<()> {
        println!("{name}:");
        if loads.contains(&Only::Send) {
            self.prepare_queues()?;
        }
        if loads.contains(&Only::PutObject) {
            self.prepare_objects()?;
        }
        if loads.contains(&Only::Put) {
            self.items().prepare(&self.server)?;
            self.items().fill(&self.server)?;
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
