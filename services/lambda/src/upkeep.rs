//! What is kept of a function, or only told, and changes nothing here: how it is scaled, and when its runtime is updated. What
//! runs functions is the machine's own, so nobody updates it.

use api_lambda as api;
use names::Scope;
use service::{Result, Tx, View};
use store::Reads;

use crate::functions::named;
use crate::name::Name;
use crate::{errors, function, keys};

/// Only functions of a capacity provider are scaled like this, and there are no such functions.
pub(crate) fn put_scaling(
    tx: &mut Tx<'_>,
    input: &api::PutFunctionScalingConfigInput,
) -> Result<api::PutFunctionScalingConfigOutput> {
    let name = scaled(&**tx, &tx.scope(), &input.function_name, &input.qualifier)?;
    let message =
        format!("The function {} has no capacity provider, by which it could be scaled.", name.arn());
    Err(errors::invalid(message).into())
}

pub(crate) fn get_scaling(
    view: &View<'_>,
    input: &api::GetFunctionScalingConfigInput,
) -> Result<api::GetFunctionScalingConfigOutput> {
    let name = scaled(&**view, &view.scope(), &input.function_name, &input.qualifier)?;
    let function_arn = Some(name.qualified_arn().to_string());
    Ok(api::GetFunctionScalingConfigOutput { function_arn, ..api::GetFunctionScalingConfigOutput::default() })
}

fn scaled(reads: &impl Reads, scope: &Scope, function: &str, qualifier: &str) -> Result<Name> {
    let name = named(scope, function, Some(qualifier))?;
    function::find(reads, &name)?;
    Ok(name)
}

pub(crate) fn put_runtime(
    tx: &mut Tx<'_>,
    input: &api::PutRuntimeManagementConfigInput,
) -> Result<api::PutRuntimeManagementConfigOutput> {
    if input.update_runtime_on.as_str() == "Manual" || input.runtime_version_arn.is_some() {
        return Err(errors::not_built("UpdateRuntimeOn Manual").into());
    }
    let name = named(&tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::find(&**tx, &name)?;
    let key = keys::runtime_update(&name.scope, &name.name, function.version);
    tx.put_record(key, &input.update_runtime_on.to_string())?;
    Ok(api::PutRuntimeManagementConfigOutput {
        update_runtime_on: input.update_runtime_on.clone(),
        function_arn: name.qualified_arn().to_string(),
        runtime_version_arn: None,
    })
}

pub(crate) fn get_runtime(
    view: &View<'_>,
    input: &api::GetRuntimeManagementConfigInput,
) -> Result<api::GetRuntimeManagementConfigOutput> {
    let name = named(&view.scope(), &input.function_name, input.qualifier.as_deref())?;
    let function = function::find(&**view, &name)?;
    let kept: Option<String> =
        view.get_record(&keys::runtime_update(&name.scope, &name.name, function.version))?;
    Ok(api::GetRuntimeManagementConfigOutput {
        update_runtime_on: Some(kept.as_deref().unwrap_or("Auto").into()),
        function_arn: Some(name.qualified_arn().to_string()),
        runtime_version_arn: None,
    })
}
