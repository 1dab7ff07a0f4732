//! What else is set for a function: where its logs go, whether its calls are traced, and what is only kept and shown: its
//! network, file systems, key and SnapStart.

use api_lambda as api;
use runtime::{RuntimeKind, SystemLevel};
use serde::{Deserialize, Serialize};
use wire::Fault;

use crate::errors;

/// Settings, most of which few functions have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    log_group: Option<String>,
    /// From which levels on there are lines, of the function and of Lambda, where the format is JSON.
    #[serde(default)]
    pub(crate) json_levels: Option<Levels>,
    /// Whether samples are taken of its traces.
    pub(crate) is_traced: bool,
    has_snap_start: bool,
    kms_key: Option<String>,
    vpc: Option<Vpc>,
    /// ARNs, and where they are mounted.
    file_systems: Vec<(String, String)>,
}

/// Words of the API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Levels {
    pub(crate) application: String,
    system: String,
}

impl Default for Levels {
    fn default() -> Self {
        Levels { application: "INFO".to_owned(), system: "INFO".to_owned() }
    }
}

impl Levels {
    pub(crate) fn system(&self) -> SystemLevel {
        match self.system.as_str() {
            "DEBUG" => SystemLevel::Debug,
            "WARN" => SystemLevel::Warn,
            _ => SystemLevel::Info,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Vpc {
    subnets: Vec<String>,
    security_groups: Vec<String>,
    has_ipv6: bool,
}

/// What a request says of them.
pub(crate) struct Wish<'a> {
    logging: Option<&'a api::LoggingConfig>,
    tracing: Option<&'a api::TracingConfig>,
    snap_start: Option<&'a api::SnapStart>,
    kms_key: Option<&'a String>,
    vpc: Option<&'a api::VpcConfig>,
    file_systems: Option<&'a Vec<api::FileSystemConfig>>,
}

impl Settings {
    /// Makes them what a request wishes, for a function of that runtime.
    pub(crate) fn change(&mut self, wish: &Wish<'_>, runtime: &str) -> Result<(), Fault> {
        self.change_logging(wish.logging)?;
        if let Some(mode) = wish.tracing.and_then(|tracing| tracing.mode.as_ref()) {
            self.is_traced = mode.as_str() == "Active";
        }
        if let Some(apply_on) = wish.snap_start.and_then(|snap_start| snap_start.apply_on.as_ref()) {
            self.has_snap_start = apply_on.as_str() == "PublishedVersions";
        }
        if self.has_snap_start && !can_have_snap_start(runtime) {
            let message = format!("{runtime} is not supported for SnapStart enabled functions.");
            return Err(errors::invalid(message));
        }
        if let Some(key) = wish.kms_key {
            self.kms_key = Some(key.clone()).filter(|key| !key.is_empty());
        }
        if let Some(vpc) = wish.vpc {
            self.vpc = Some(Vpc {
                subnets: vpc.subnet_ids.clone().unwrap_or_default(),
                security_groups: vpc.security_group_ids.clone().unwrap_or_default(),
                has_ipv6: vpc.ipv6_allowed_for_dual_stack.unwrap_or_default(),
            });
        }
        if let Some(file_systems) = wish.file_systems {
            let pair = |one: &api::FileSystemConfig| (one.arn.clone(), one.local_mount_path.clone());
            self.file_systems = file_systems.iter().map(pair).collect();
        }
        Ok(())
    }

    fn change_logging(&mut self, wish: Option<&api::LoggingConfig>) -> Result<(), Fault> {
        let Some(wish) = wish else { return Ok(()) };
        match wish.log_format.as_ref().map(api::LogFormat::as_str) {
            Some("JSON") => self.json_levels = Some(self.json_levels.take().unwrap_or_default()),
            Some(_) => self.json_levels = None,
            None => {}
        }
        let wants_levels = wish.application_log_level.is_some() || wish.system_log_level.is_some();
        match &mut self.json_levels {
            Some(levels) => {
                for (level, wanted) in [
                    (&mut levels.application, wish.application_log_level.as_ref().map(ToString::to_string)),
                    (&mut levels.system, wish.system_log_level.as_ref().map(ToString::to_string)),
                ] {
                    *level = wanted.unwrap_or_else(|| level.clone());
                }
            }
            None if wants_levels => {
                let message = "ApplicationLogLevel and SystemLogLevel cannot be set when LogFormat is Text.";
                return Err(errors::invalid(message));
            }
            None => {}
        }
        if let Some(group) = &wish.log_group {
            self.log_group = Some(group.clone());
        }
        Ok(())
    }

    /// Where a function of that name prints.
    pub(crate) fn log_group(&self, function: &str) -> String {
        self.log_group.clone().unwrap_or_else(|| format!("/aws/lambda/{function}"))
    }

    /// How it is logged, for a function of that name.
    fn logging(&self, function: &str) -> api::LoggingConfig {
        let levels = self.json_levels.as_ref();
        api::LoggingConfig {
            log_format: Some(if levels.is_some() { "JSON" } else { "Text" }.into()),
            application_log_level: levels.map(|levels| levels.application.as_str().into()),
            system_log_level: levels.map(|levels| levels.system.as_str().into()),
            log_group: Some(self.log_group(function)),
        }
    }

    /// Shows them for a version, of which `$LATEST` is none.
    pub(crate) fn show(&self, shown: &mut api::FunctionConfiguration, is_version: bool) {
        let mode = if self.is_traced { "Active" } else { "PassThrough" };
        shown.tracing_config = Some(api::TracingConfigResponse { mode: Some(mode.into()) });
        shown.logging_config = Some(self.logging(shown.function_name.as_deref().unwrap_or_default()));
        shown.kms_key_arn.clone_from(&self.kms_key);
        shown.vpc_config = self.vpc.as_ref().map(Vpc::shown);
        let has_taken_it = self.has_snap_start && is_version;
        shown.snap_start = Some(api::SnapStartResponse {
            apply_on: Some(if self.has_snap_start { "PublishedVersions" } else { "None" }.into()),
            optimization_status: Some(if has_taken_it { "On" } else { "Off" }.into()),
        });
        let file_systems = self
            .file_systems
            .iter()
            .map(|(arn, path)| api::FileSystemConfig { arn: arn.clone(), local_mount_path: path.clone() });
        shown.file_system_configs = (!self.file_systems.is_empty()).then(|| file_systems.collect());
    }
}

impl Vpc {
    fn shown(&self) -> api::VpcConfigResponse {
        api::VpcConfigResponse {
            subnet_ids: Some(self.subnets.clone()),
            security_group_ids: Some(self.security_groups.clone()),
            ipv6_allowed_for_dual_stack: Some(self.has_ipv6),
            ..api::VpcConfigResponse::default()
        }
    }
}

/// Java from 11 on, Python from 3.12 on, and .NET.
fn can_have_snap_start(runtime: &str) -> bool {
    match runtime.parse() {
        Ok(RuntimeKind::Java { major }) => major >= 11,
        Ok(RuntimeKind::Python { minor }) => minor >= 12,
        Ok(kind) => matches!(kind, RuntimeKind::Dotnet { .. }),
        Err(_) => false,
    }
}

/// Both requests have the same members.
macro_rules! wishes {
    ($($input:ident)*) => {$(
        impl<'a> From<&'a api::$input> for Wish<'a> {
            fn from(input: &'a api::$input) -> Self {
                Wish {
                    logging: input.logging_config.as_ref(),
                    tracing: input.tracing_config.as_ref(),
                    snap_start: input.snap_start.as_ref(),
                    kms_key: input.kms_key_arn.as_ref(),
                    vpc: input.vpc_config.as_ref(),
                    file_systems: input.file_system_configs.as_ref(),
                }
            }
        }
    )*};
}

wishes!(CreateFunctionInput UpdateFunctionConfigurationInput);
