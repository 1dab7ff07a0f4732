//! What the launcher is to do for an environment: which programs run, in which files, within which limits.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::variables::{self, Places};
use super::{Host, MB, command};
use crate::groups::Share;
use crate::interpreter::Interpreter;
use crate::sandbox::{Command, Extensions, Limits, Network, Plan, View};
use crate::{FunctionSpec, RuntimeKind};

/// Descriptors and processes of an environment, as AWS's quotas say.
const FILES_MAX: u64 = 1024;
const PROCESSES_MAX: u64 = 1024;

/// What is known of an environment before it starts.
pub(super) struct Facts<'a> {
    /// `TMPDIR` of a plain process.
    pub(super) tmp: Option<&'a Path>,
    /// The Runtime API's address.
    pub(super) api: &'a str,
    pub(super) log_stream: &'a str,
    /// Where `sandbox.localdomain` is.
    pub(super) sandbox: Ipv4Addr,
    /// The network, unless it is the host's.
    pub(super) network: Option<Network>,
    /// External extensions, and the pipe that takes what they write.
    pub(super) extensions: &'a [String],
    pub(super) extensions_log: PathBuf,
}

pub(super) fn plan(
    spec: &FunctionSpec,
    interpreter: Option<&Interpreter>,
    host: &Host<'_>,
    facts: Facts<'_>,
) -> Plan {
    let bootstraps = host.root.join("bootstraps");
    let plain_opt = spec.opt_dir.clone().unwrap_or_else(|| "/opt".into());
    let (task, runtime, opt) = if host.sandboxed {
        (Path::new("/var/task"), Path::new("/var/runtime"), Path::new("/opt"))
    } else {
        (spec.code_dir.as_path(), bootstraps.as_path(), plain_opt.as_path())
    };
    let places = Places { task, runtime, opt, tmp: facts.tmp };
    let (program, arguments) = command::of(spec, interpreter, &places);
    let environment = variables::assemble(spec, &places, facts.api, facts.log_stream);
    let view = host.sandboxed.then(|| View {
        mount_point: host.root.join("view"),
        code_dir: Some(spec.code_dir.clone()),
        is_code_foreign: spec.is_code_foreign,
        opt_dir: spec.opt_dir.clone(),
        runtime_dir: bootstraps.clone(),
        shown: interpreter.map(|interpreter| interpreter.folders.clone()).unwrap_or_default(),
        tmp_mb: spec.tmp_mb,
        sandbox: facts.sandbox,
        has_own_names: facts.network.is_some(),
    });
    let extension = |name: &String| Command {
        program: opt.join("extensions").join(name).to_string_lossy().into_owned(),
        arguments: Vec::new(),
        environment: variables::for_extensions(&environment),
        folder: "/".into(),
    };
    let commands: Vec<Command> = facts.extensions.iter().map(extension).collect();
    let extensions = (!commands.is_empty()).then_some(Extensions { commands, log: facts.extensions_log });
    let command = Command { program, arguments, environment, folder: task.to_owned() };
    Plan { view, network: facts.network, command: Some(command), extensions, limits: limits(spec) }
}

/// Address space is asked for long before it is used (thread stacks, arenas), so the limit on it is generous.
fn limits(spec: &FunctionSpec) -> Limits {
    let is_compiled_on_the_way = matches!(spec.runtime, RuntimeKind::Node { .. } | RuntimeKind::Java { .. });
    let slack_mb = if is_compiled_on_the_way { 1024 } else { 256 };
    Limits {
        data_bytes: (2 * u64::from(spec.memory_mb) + slack_mb) * MB,
        file_bytes: u64::from(spec.tmp_mb) * MB,
        files: FILES_MAX,
        processes: PROCESSES_MAX,
    }
}

/// What all of its processes may have together.
pub(super) fn share(spec: &FunctionSpec) -> Share {
    Share { memory_mb: spec.memory_mb.into(), tmp_mb: spec.tmp_mb.into(), processes: PROCESSES_MAX }
}
