//! The variables of a function's environment. See AWS's page "Defined runtime environment variables".

use std::collections::BTreeMap;
use std::path::Path;

use crate::{FunctionSpec, RuntimeKind};

/// Where a function finds its files.
pub(crate) struct Places<'a> {
    /// `/var/task`, or the folder itself for a plain process.
    pub(crate) task: &'a Path,
    /// `/var/runtime`.
    pub(crate) runtime: &'a Path,
    /// `/opt`.
    pub(crate) opt: &'a Path,
    /// `TMPDIR` of a plain process, which has no `/tmp` of its own.
    pub(crate) tmp: Option<&'a Path>,
}

/// All variables: AWS's defaults, which the function's own may replace, and the facts, which they may not.
pub(crate) fn assemble(
    spec: &FunctionSpec,
    places: &Places<'_>,
    api: &str,
    log_stream: &str,
) -> Vec<(String, String)> {
    let mut all: BTreeMap<String, String> = defaults(spec, places);
    all.extend(spec.environment.clone());
    let facts = [
        ("AWS_LAMBDA_RUNTIME_API", api),
        ("AWS_LAMBDA_FUNCTION_NAME", &spec.function_name),
        ("AWS_LAMBDA_FUNCTION_VERSION", &spec.version),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &spec.memory_mb.to_string()),
        (
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            if spec.starts_ahead { "provisioned-concurrency" } else { "on-demand" },
        ),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &spec.log_group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream),
        ("AWS_REGION", &spec.region),
        ("AWS_DEFAULT_REGION", &spec.region),
        ("LAMBDA_TASK_ROOT", &places.task.to_string_lossy()),
        ("LAMBDA_RUNTIME_DIR", &places.runtime.to_string_lossy()),
        ("_HANDLER", &spec.handler),
    ];
    all.extend(facts.map(|(name, value)| (name.to_owned(), value.to_owned())));
    all.extend(spec.runtime.execution_environment().map(|value| ("AWS_EXECUTION_ENV".to_owned(), value)));
    all.into_iter().collect()
}

/// What extensions have of them: all but what is about the function's own process.
pub(crate) fn for_extensions(all: &[(String, String)]) -> Vec<(String, String)> {
    const OWN: [&str; 6] = [
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
    ];
    all.iter().filter(|(name, _)| !OWN.contains(&name.as_str())).cloned().collect()
}

fn defaults(spec: &FunctionSpec, places: &Places<'_>) -> BTreeMap<String, String> {
    let [task, runtime, opt] = [places.task, places.runtime, places.opt].map(|path| path.to_string_lossy());
    let mut all = BTreeMap::from(
        [
            ("LANG", "en_US.UTF-8".to_owned()),
            ("TZ", ":UTC".to_owned()),
            ("PATH", format!("/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:{opt}/bin")),
            (
                "LD_LIBRARY_PATH",
                format!("/lib64:/usr/lib64:{runtime}:{runtime}/lib:{task}:{task}/lib:{opt}/lib"),
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    match spec.runtime {
        RuntimeKind::Node { major } => {
            let layers = format!("{opt}/nodejs/node{major}/node_modules:{opt}/nodejs/node_modules");
            all.insert("NODE_PATH".to_owned(), format!("{layers}:{runtime}/node_modules:{runtime}:{task}"));
        }
        RuntimeKind::Ruby { major, minor } => {
            let version = format!("{major}.{minor}.0");
            let gems = format!("{task}/vendor/bundle/ruby/{version}:{opt}/ruby/gems/{version}");
            all.insert("GEM_PATH".to_owned(), gems);
            all.insert("RUBYLIB".to_owned(), format!("{task}:{runtime}/lib:{opt}/ruby/lib"));
        }
        _ => {}
    }
    if let Some(tmp) = places.tmp {
        all.insert("TMPDIR".to_owned(), tmp.to_string_lossy().into_owned());
    }
    all
}
