//! Refuses what is not built, parameter by parameter, and what Lambda would refuse.

use std::collections::BTreeMap;

use api_lambda as api;
use wire::Fault;

use crate::errors;
use crate::function::ARCHITECTURE;

/// What all variables of a function may have together, as JSON.
const ENVIRONMENT_BYTES_MAX: usize = 4096;
/// Variables that are Lambda's own.
const RESERVED_VARIABLES: [&str; 18] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
];

/// Refuses the first of these that is there.
pub(crate) fn refuse(parameters: &[(&str, bool)]) -> Result<(), Fault> {
    service::refuse("lambda", parameters)
}

pub(crate) fn check_create(input: &api::CreateFunctionInput) -> Result<(), Fault> {
    refuse(&[
        ("PackageType Image", input.package_type.as_ref().is_some_and(|kind| kind.as_str() == "Image")),
        ("ImageConfig", input.image_config.is_some()),
        ("CapacityProviderConfig", input.capacity_provider_config.is_some()),
        ("PublishTo", input.publish_to.is_some()),
        ("DurableConfig", input.durable_config.is_some()),
        ("TenancyConfig", input.tenancy_config.is_some()),
        ("Code.ImageUri", input.code.image_uri.is_some()),
        ("Code.SourceKMSKeyArn", input.code.source_kms_key_arn.is_some()),
    ])?;
    check_architectures(input.architectures.as_deref())
}

pub(crate) fn check_configuration(input: &api::UpdateFunctionConfigurationInput) -> Result<(), Fault> {
    refuse(&[
        ("ImageConfig", input.image_config.is_some()),
        ("CapacityProviderConfig", input.capacity_provider_config.is_some()),
        ("DurableConfig", input.durable_config.is_some()),
    ])
}

/// Functions run on this machine's processor.
pub(crate) fn check_architectures(wanted: Option<&[api::Architecture]>) -> Result<(), Fault> {
    let other = wanted.unwrap_or_default().iter().find(|architecture| architecture.as_str() != ARCHITECTURE);
    match other {
        Some(other) => {
            Err(errors::not_built(&format!("Architectures [{other}] on a machine of {ARCHITECTURE}")))
        }
        None => Ok(()),
    }
}

/// The variables that a function may have.
pub(crate) fn check_environment(variables: &BTreeMap<String, String>) -> Result<(), Fault> {
    const UNABLE: &str = "Lambda was unable to configure your environment variables because the environment variables you have provided";
    let reserved: Vec<&str> =
        variables.keys().map(String::as_str).filter(|name| RESERVED_VARIABLES.contains(name)).collect();
    if !reserved.is_empty() {
        return Err(errors::invalid(format!(
            "{UNABLE} contains reserved keys that are currently not supported for modification. Reserved keys used in \
             this request: {}",
            reserved.join(", ")
        )));
    }
    let text = serde_json::to_string(variables).unwrap_or_default();
    if text.len() > ENVIRONMENT_BYTES_MAX {
        return Err(errors::invalid(format!("{UNABLE} exceeded the 4KB limit. String measured: {text}")));
    }
    Ok(())
}
