//! Version 2017.11.29 of global tables: AWS makes no such table any more, so none is ever there.

use api_dynamodb as api;
use service::{Result, View};

use crate::errors;

fn missing<T>(name: &str) -> Result<T> {
    let message = format!("Global table with name '{name}' does not exist.");
    Err(api::error::global_table_not_found_exception(message).into())
}

pub(crate) fn create(_: &View<'_>, _: &api::CreateGlobalTableInput) -> Result<api::CreateGlobalTableOutput> {
    Err(errors::invalid(
        "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version \
         2019.11.21, instead of version 2017.11.29 (Legacy).",
    )
    .into())
}

pub(crate) fn describe(
    _: &View<'_>,
    input: &api::DescribeGlobalTableInput,
) -> Result<api::DescribeGlobalTableOutput> {
    missing(&input.global_table_name)
}

pub(crate) fn describe_settings(
    _: &View<'_>,
    input: &api::DescribeGlobalTableSettingsInput,
) -> Result<api::DescribeGlobalTableSettingsOutput> {
    missing(&input.global_table_name)
}

pub(crate) fn update(
    _: &View<'_>,
    input: &api::UpdateGlobalTableInput,
) -> Result<api::UpdateGlobalTableOutput> {
    missing(&input.global_table_name)
}

pub(crate) fn update_settings(
    _: &View<'_>,
    input: &api::UpdateGlobalTableSettingsInput,
) -> Result<api::UpdateGlobalTableSettingsOutput> {
    missing(&input.global_table_name)
}

pub(crate) fn list(_: &View<'_>, _: &api::ListGlobalTablesInput) -> Result<api::ListGlobalTablesOutput> {
    Ok(api::ListGlobalTablesOutput { global_tables: Some(Vec::new()), ..Default::default() })
}
