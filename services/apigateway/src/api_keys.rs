//! API keys: values by which clients are told apart.

use api_apigateway as api;
use names::Scope;
use service::{Result, Tx, View};

use crate::document::{self, Home};
use crate::patch::{self, ENTRY, REPLACE, Table};
use crate::tags::{self, TAGGING, own_arn};
use crate::{errors, keys, usage_plans};

const TABLE: Table =
    &[("/name", REPLACE), ("/description", ENTRY), ("/enabled", REPLACE), ("/customerId", ENTRY)];

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateApiKeyInput) -> Result<api::ApiKey> {
    errors::refuse(&[("stageKeys", input.stage_keys.as_ref().is_some_and(|stages| !stages.is_empty()))])?;
    let scope = tx.scope();
    let made = api::ApiKey {
        name: input.name.clone(),
        value: input.value.clone(),
        description: input.description.clone(),
        customer_id: input.customer_id.clone(),
        enabled: Some(input.enabled.unwrap_or(false)),
        ..api::ApiKey::default()
    };
    let made = add(tx, made)?;
    let arn = own_arn(&scope, "apikeys", made.id.as_deref().unwrap_or_default());
    TAGGING.add(tx, &scope, &arn, input.tags.iter().flatten())?;
    shown(&**tx, &scope, made, true)
}

/// Notes a new key.
pub(crate) fn add(tx: &mut Tx<'_>, made: api::ApiKey) -> Result<api::ApiKey> {
    let scope = tx.scope();
    let id = document::fresh_id(tx.random(), 10);
    let value = made.value.filter(|value| !value.is_empty());
    let value = value.unwrap_or_else(|| document::fresh_id(tx.random(), 40));
    if value.len() < 20 {
        return Err(errors::bad("API Key value should be at least 20 characters").into());
    }
    if value.len() > 128 {
        return Err(errors::bad("API Key value should be at most 128 characters").into());
    }
    let key = keys::key_value(&scope, &value);
    if store::Reads::get(&**tx, &key)?.is_some() {
        return Err(errors::conflict("API Key already exists").into());
    }
    let made = api::ApiKey {
        id: Some(id.clone()),
        value: Some(value),
        created_date: Some(tx.now),
        last_updated_date: Some(tx.now),
        stage_keys: Some(Vec::new()),
        ..made
    };
    tx.put_record(key, &id)?;
    Home::Of(&scope).put(tx, &id, &made);
    Ok(made)
}

fn shown(
    reads: &impl store::Reads,
    scope: &Scope,
    key: api::ApiKey,
    with_value: bool,
) -> Result<api::ApiKey> {
    let arn = own_arn(scope, "apikeys", key.id.as_deref().unwrap_or_default());
    Ok(api::ApiKey { tags: tags::shown(reads, scope, &arn)?, value: key.value.filter(|_| with_value), ..key })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetApiKeyInput) -> Result<api::ApiKey> {
    let scope = view.scope();
    let found = Home::Of(&scope).find(&**view, &input.api_key)?;
    shown(&**view, &scope, found, input.include_value == Some(true))
}

pub(crate) fn list(view: &View<'_>, input: &api::GetApiKeysInput) -> Result<api::GetApiKeysOutput> {
    let scope = view.scope();
    let with_values = input.include_values == Some(true);
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = Home::Of(&scope).page(view, page, |key: &mut api::ApiKey| {
        *key = shown(&**view, &scope, std::mem::take(key), with_values)?;
        let begins = |text: &Option<String>, start: &Option<String>| {
            start.as_ref().is_none_or(|start| text.as_ref().is_some_and(|text| text.starts_with(start)))
        };
        Ok(begins(&key.name, &input.name_query) && begins(&key.customer_id, &input.customer_id))
    })?;
    Ok(api::GetApiKeysOutput { items: Some(items), position, warnings: None })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateApiKeyInput) -> Result<api::ApiKey> {
    let scope = tx.scope();
    let found: api::ApiKey = Home::Of(&scope).find(&**tx, &input.api_key)?;
    let changed: api::ApiKey = patch::apply(&found, &input.patch_operations, TABLE)?;
    let changed = api::ApiKey { last_updated_date: Some(tx.now), ..changed };
    Home::Of(&scope).put(tx, &input.api_key, &changed);
    shown(&**tx, &scope, changed, false)
}

pub(crate) fn delete(tx: &mut Tx<'_>, input: &api::DeleteApiKeyInput) -> Result<api::DeleteApiKeyOutput> {
    let scope = tx.scope();
    let gone: api::ApiKey = Home::Of(&scope).delete(tx, &input.api_key)?;
    tx.delete(keys::key_value(&scope, gone.value.as_deref().unwrap_or_default()));
    usage_plans::forget_key(tx, &scope, &input.api_key)?;
    service::tags::forget(tx, &scope, &own_arn(&scope, "apikeys", &input.api_key));
    Ok(api::DeleteApiKeyOutput::default())
}
