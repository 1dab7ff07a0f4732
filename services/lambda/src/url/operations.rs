//! URLs are made, shown, changed, listed and deleted.

use api_lambda as api;
use names::Scope;
use service::{Random, Result, Tx, View};
use store::{Reads, record};
use wire::{Fault, Timestamp};

use super::cors::Rules;
use super::{FunctionUrl, LATEST};
use crate::event::in_milliseconds;
use crate::functions::{named, pages};
use crate::name::{self, Name};
use crate::{function, keys};

/// The largest page.
const PAGE_MAX: i32 = 50;
const SIGNED: &str = "AWS_IAM";
const STREAMS: &str = "RESPONSE_STREAM";

/// What the API shows of a URL, under whichever type.
macro_rules! shown {
    ($type:ident, $url:expr, $context:expr) => {{
        let url: &FunctionUrl = $url;
        api::$type {
            function_url: url.address(&$context.caller.endpoint),
            function_arn: url.arn().to_string(),
            auth_type: if url.is_signed { SIGNED } else { "NONE" }.into(),
            cors: url.cors.as_ref().map(Rules::shown),
            creation_time: in_milliseconds(Timestamp(url.created_ms)),
            last_modified_time: in_milliseconds(Timestamp(url.modified_ms)),
            invoke_mode: Some(if url.streams { STREAMS } else { "BUFFERED" }.into()),
        }
    }};
}

fn missing() -> Fault {
    api::error::resource_not_found_exception("The resource you requested does not exist.")
}

/// What has a URL: a function or an alias, never a version.
fn of(scope: &Scope, function: &str, qualifier: Option<&str>) -> Result<Name, Fault> {
    let name = named(scope, function, qualifier)?;
    name::check_alias(&name)?;
    Ok(name)
}

fn find(reads: &impl Reads, name: &Name) -> Result<FunctionUrl> {
    let alias = name.qualifier.as_deref().unwrap_or(LATEST);
    let found = reads.get_record(&keys::url_of(&name.scope, &name.name, alias))?;
    Ok(found.ok_or_else(missing)?)
}

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateFunctionUrlConfigInput,
) -> Result<api::CreateFunctionUrlConfigOutput> {
    let name = of(&tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    let absent = || api::error::resource_not_found_exception("Function does not exist");
    match function::find(&**tx, &name) {
        Err(service::Error::Fault(_)) => return Err(absent().into()),
        found => drop(found?),
    }
    if find(&**tx, &name).is_ok() {
        let message = format!(
            "Failed to create function url config for [functionArn = {}]. Error message:  FunctionUrlConfig exists for \
             this Lambda function",
            name.qualified_arn()
        );
        return Err(api::error::resource_conflict_exception(message).into());
    }
    let url = FunctionUrl {
        id: fresh_id(tx.random()),
        scope: name.scope,
        function: name.name,
        alias: name.qualifier,
        is_signed: input.auth_type.as_str() == SIGNED,
        streams: input.invoke_mode.as_ref().is_some_and(|mode| mode.as_str() == STREAMS),
        cors: input.cors.as_ref().map(Rules::of),
        created_ms: tx.now.millis(),
        modified_ms: tx.now.millis(),
    };
    url.put(tx)?;
    let shown = shown!(FunctionUrlConfig, &url, tx.context);
    Ok(api::CreateFunctionUrlConfigOutput {
        function_url: shown.function_url,
        function_arn: shown.function_arn,
        auth_type: shown.auth_type,
        cors: shown.cors,
        creation_time: shown.creation_time,
        invoke_mode: shown.invoke_mode,
    })
}

/// Thirty-two small letters and digits.
fn fresh_id(random: &Random) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let bytes: [[u8; 16]; 2] = [random.bytes(), random.bytes()];
    bytes.iter().flatten().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetFunctionUrlConfigInput,
) -> Result<api::GetFunctionUrlConfigOutput> {
    let name = of(&view.scope(), &input.function_name, input.qualifier.as_deref())?;
    Ok(shown!(GetFunctionUrlConfigOutput, &find(&**view, &name)?, view.context))
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateFunctionUrlConfigInput,
) -> Result<api::UpdateFunctionUrlConfigOutput> {
    let name = of(&tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    let old = find(&**tx, &name)?;
    let url = FunctionUrl {
        is_signed: input.auth_type.as_ref().map_or(old.is_signed, |kind| kind.as_str() == SIGNED),
        streams: input.invoke_mode.as_ref().map_or(old.streams, |mode| mode.as_str() == STREAMS),
        cors: input.cors.as_ref().map(Rules::of).or(old.cors),
        modified_ms: tx.now.millis(),
        ..old
    };
    url.put(tx)?;
    Ok(shown!(UpdateFunctionUrlConfigOutput, &url, tx.context))
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteFunctionUrlConfigInput,
) -> Result<api::DeleteFunctionUrlConfigOutput> {
    let name = of(&tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    find(&**tx, &name)?.delete(tx);
    Ok(api::DeleteFunctionUrlConfigOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListFunctionUrlConfigsInput,
) -> Result<api::ListFunctionUrlConfigsOutput> {
    let name = named(&view.scope(), &input.function_name, None)?;
    let pages = pages("lambda:ListFunctionUrlConfigs", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let range = keys::urls(&name.scope, &name.name).prefix_range();
    let page = pages.of_range(view, range, |_, value| {
        Ok(Some(shown!(FunctionUrlConfig, &record::decode(value)?, view.context)))
    })?;
    Ok(api::ListFunctionUrlConfigsOutput { function_url_configs: page.items, next_marker: page.next_token })
}
