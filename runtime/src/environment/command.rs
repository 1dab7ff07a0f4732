//! The program of an environment: the function's own, or an interpreter with the bootstrap of its language.

use super::variables::Places;
use crate::interpreter::Interpreter;
use crate::{FunctionSpec, RuntimeKind};

/// A program that starts the runtime in the place of Lambda: `AWS_LAMBDA_EXEC_WRAPPER`.
const WRAPPER: &str = "AWS_LAMBDA_EXEC_WRAPPER";

/// The program, and its arguments.
pub(super) fn of(
    spec: &FunctionSpec,
    interpreter: Option<&Interpreter>,
    places: &Places<'_>,
) -> (String, Vec<String>) {
    let Some(interpreter) = interpreter else { return (own(spec, places), Vec::new()) };
    let program = interpreter.program.to_string_lossy().into_owned();
    let arguments = arguments(spec, places);
    match spec.environment.get(WRAPPER).filter(|wrapper| !wrapper.is_empty()) {
        Some(wrapper) => (wrapper.clone(), [vec![program], arguments].concat()),
        None => (program, arguments),
    }
}

fn own(spec: &FunctionSpec, places: &Places<'_>) -> String {
    let from_layer = !spec.code_dir.join("bootstrap").is_file()
        && spec.opt_dir.as_ref().is_some_and(|opt| opt.join("bootstrap").is_file());
    let folder = if from_layer { places.opt } else { places.task };
    folder.join("bootstrap").to_string_lossy().into_owned()
}

fn arguments(spec: &FunctionSpec, places: &Places<'_>) -> Vec<String> {
    let bootstrap = |name: &str| places.runtime.join(name).to_string_lossy().into_owned();
    let opt = places.opt.to_string_lossy().into_owned();
    let flags = |flags: &[&str]| flags.iter().map(|flag| (*flag).to_owned()).collect::<Vec<_>>();
    match spec.runtime {
        RuntimeKind::Node { .. } => {
            vec![format!("--max-old-space-size={}", spec.memory_mb), bootstrap("bootstrap.mjs")]
        }
        RuntimeKind::Java { .. } => {
            // As on AWS: the heap leaves room for the rest, and code is compiled fast rather than well.
            let heap = format!("-XX:MaxHeapSize={}k", u64::from(spec.memory_mb) * 1024 * 85 / 100);
            let machine = flags(&["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"]);
            let client = flags(&["-cp", &bootstrap("java"), "cloudlet.runtime.Bootstrap", &opt]);
            [vec![heap], machine, client].concat()
        }
        RuntimeKind::Ruby { .. } => vec![bootstrap("bootstrap.rb")],
        _ => [flags(&["-u", "-B", "-X", "utf8"]), vec![bootstrap("bootstrap.py"), opt]].concat(),
    }
}
