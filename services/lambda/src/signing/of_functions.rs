//! Which functions have which config, and what it lets be deployed.

use std::collections::BTreeMap;

use api_lambda as api;
use names::Scope;
use service::{Result, Tx, View, scope_and_name};
use store::{Direction, Reads, record};
use wire::Fault;

use super::{Config, PAGE_MAX, known, wanted};
use crate::concurrency::function_of;
use crate::functions::pages;
use crate::keys;
use crate::name::Name;

/// The functions that have a config.
pub(super) fn having(reads: &impl Reads, config: &Config) -> Result<Vec<Name>> {
    let (scope, arn) = (config.scope, config.arn());
    let mut found = Vec::new();
    for entry in reads.scan(keys::code_signed_in(&scope).prefix_range(), Direction::Forward) {
        let (key, value) = entry?;
        if record::decode::<String>(&value)? == arn.as_str() {
            let name = scope_and_name(&key)?.1;
            found.push(Name { scope, name, qualifier: None });
        }
    }
    Ok(found)
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListFunctionsByCodeSigningConfigInput,
) -> Result<api::ListFunctionsByCodeSigningConfigOutput> {
    let config = known(&**view, &input.code_signing_config_arn)?;
    let operation = "lambda:ListFunctionsByCodeSigningConfig";
    let pages = pages(operation, input.marker.as_deref(), input.max_items, PAGE_MAX);
    let functions = having(&**view, &config)?.into_iter();
    let named: BTreeMap<String, String> =
        functions.map(|name| (name.name.clone(), name.arn().to_string())).collect();
    let page = pages.of_sorted(view, named, |_, arn| Ok(arn))?;
    Ok(api::ListFunctionsByCodeSigningConfigOutput {
        next_marker: page.next_token,
        function_arns: Some(page.items),
    })
}

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutFunctionCodeSigningConfigInput,
) -> Result<api::PutFunctionCodeSigningConfigOutput> {
    let name = function_of(&**tx, &tx.scope(), &input.function_name)?;
    attach(tx, &name, &input.code_signing_config_arn)?;
    Ok(api::PutFunctionCodeSigningConfigOutput {
        code_signing_config_arn: input.code_signing_config_arn.clone(),
        function_name: name.name,
    })
}

/// Gives a function its config. What is deployed of it already stays.
pub(crate) fn attach(tx: &mut Tx<'_>, name: &Name, arn: &str) -> Result<()> {
    wanted(&**tx, &name.scope, arn)?;
    Ok(tx.put_record(keys::code_signed(&name.scope, &name.name), &arn.to_owned())?)
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetFunctionCodeSigningConfigInput,
) -> Result<api::GetFunctionCodeSigningConfigOutput> {
    let name = function_of(&**view, &view.scope(), &input.function_name)?;
    let code_signing_config_arn = view.get_record(&keys::code_signed(&name.scope, &name.name))?;
    Ok(api::GetFunctionCodeSigningConfigOutput { code_signing_config_arn, function_name: Some(name.name) })
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteFunctionCodeSigningConfigInput,
) -> Result<api::DeleteFunctionCodeSigningConfigOutput> {
    let name = function_of(&**tx, &tx.scope(), &input.function_name)?;
    tx.delete(keys::code_signed(&name.scope, &name.name));
    Ok(api::DeleteFunctionCodeSigningConfigOutput::default())
}

/// Refuses to deploy for a function that trusts nobody but signers.
pub(crate) fn check(reads: &impl Reads, name: &Name) -> Result<()> {
    let arn: Option<String> = reads.get_record(&keys::code_signed(&name.scope, &name.name))?;
    match arn {
        Some(arn) => check_config(reads, &name.scope, &arn),
        None => Ok(()),
    }
}

/// Likewise for one that is to have this config.
pub(crate) fn check_config(reads: &impl Reads, scope: &Scope, arn: &str) -> Result<()> {
    if wanted(reads, scope, arn)?.policy != "Enforce" {
        return Ok(());
    }
    Err(unsigned().into())
}

fn unsigned() -> Fault {
    api::error::code_verification_failed_exception(
        "Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not \
         configured to accept. Check the provided signature for unsigned.",
    )
}

/// What a function that is deleted had.
pub(crate) fn forget(tx: &mut Tx<'_>, name: &Name) {
    tx.delete(keys::code_signed(&name.scope, &name.name));
}
