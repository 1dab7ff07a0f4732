//! The peers: what they can do, how they are installed, and how they start.

use std::path::Path;
use std::process::Command;

use super::Only;

/// The loads: those of objects, of queues, of tables, of workflows.
pub(super) const LOADS: [Only; 12] = [
    Only::PutObject,
    Only::GetObject,
    Only::Send,
    Only::Rounds,
    Only::Put,
    Only::Get,
    Only::Update,
    Only::Query,
    Only::Transact,
    Only::Workflow,
    Only::Sync,
    Only::Items,
];
pub(super) const OBJECTS: &[Only] = LOADS.split_at(2).0;
const OBJECTS_AND_QUEUES: &[Only] = LOADS.split_at(4).0;
pub(super) const TABLES: &[Only] = LOADS.split_at(4).1.split_at(5).0;
pub(super) const WORKFLOWS: &[Only] = LOADS.split_at(9).1;

/// The last version that asks for no account, with what it was made for; it needs Python 3.13.
const LOCALSTACK: &[&str] =
    &["localstack-core[runtime]==4.14.0", "cbor2<5.8", "pyOpenSSL<24.3", "service_identity<24.2"];

/// A server that somebody else wrote.
pub(super) struct Peer {
    /// With its version.
    pub(super) name: &'static str,
    /// What it can do.
    pub(super) loads: &'static [Only],
    pub(super) install: fn(&Path) -> Command,
    /// Starts it on a port, from where it was installed, with a folder for its data if it keeps any.
    pub(super) serve: fn(&Path, &Path, u16) -> Command,
}

pub(super) const PEERS: [Peer; 7] = [
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
        install: |folder| pip(folder, &["moto[server,stepfunctions]==5.2.5"]),
        serve: |folder, _, port| {
            // It carries executions out only where that is asked for.
            let start = "from moto.core.config import default_user_config as settings
from moto.server import main
settings['stepfunctions']['execute_state_machine'] = True
main()";
            let mut command = Command::new(folder.join("bin/python"));
            command.args(["-c", start, "-H", "127.0.0.1", "-p", &port.to_string()]);
            command
        },
    },
    Peer {
        name: "ministack 1.5.33, in memory",
        loads: WORKFLOWS,
        install: |folder| pip(folder, &["ministack==1.5.33"]),
        serve: |folder, _, port| {
            let mut command = Command::new(folder.join("bin/ministack"));
            command.env("GATEWAY_PORT", port.to_string()).env("LOG_LEVEL", "ERROR");
            command
        },
    },
    Peer {
        name: "localstack 4.14.0, in memory",
        loads: WORKFLOWS,
        install: |folder| pip(folder, LOCALSTACK),
        serve: |folder, data, port| {
            let mut command = Command::new(folder.join("bin/python"));
            command.args(["-m", "localstack.runtime.main"]);
            command.env("GATEWAY_LISTEN", format!("127.0.0.1:{port}")).env("LS_LOG", "error");
            command.env("SERVICES", "stepfunctions,sts,iam").env("EAGER_SERVICE_LOADING", "1");
            command.env("FILESYSTEM_ROOT", data).env("DISABLE_EVENTS", "1");
            command
        },
    },
];

fn npm(folder: &Path, package: &str) -> Command {
    let mut command = Command::new("npm");
    command.args(["install", "--no-audit", "--no-fund", "--silent", "--prefix"]).arg(folder).arg(package);
    command
}

fn pip(folder: &Path, packages: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"python3 -m venv "$0" && "$0/bin/pip" install --quiet "$@""#])
        .arg(folder)
        .args(packages);
    command
}
