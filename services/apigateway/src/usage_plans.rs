//! Usage plans: which keys may call which stages, how fast, and how often.

use api_apigateway as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Pages, Result, Tx, View};
use store::{Direction, Reads};
use wire::Fault;

use crate::document::{self, Home};
use crate::patch::{self, Change, ENTRY, REPLACE, Table};
use crate::tags::{self, TAGGING, own_arn};
use crate::{errors, keys};

const TABLE: Table = &[
    ("/name", REPLACE),
    ("/description", ENTRY),
    ("/productCode", ENTRY),
    ("/throttle", &["remove"]),
    ("/throttle/rateLimit", ENTRY),
    ("/throttle/burstLimit", ENTRY),
    ("/quota", &["remove"]),
    ("/quota/limit", ENTRY),
    ("/quota/offset", ENTRY),
    ("/quota/period", ENTRY),
    ("/apiStages", &["add", "remove"]),
    ("/apiStages/*/throttle", ENTRY),
    ("/apiStages/*/throttle/*/rateLimit", ENTRY),
    ("/apiStages/*/throttle/*/burstLimit", ENTRY),
];

/// A key in a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Member {
    pub(crate) since_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_member: Member);

pub(crate) fn create(tx: &mut Tx<'_>, input: &api::CreateUsagePlanInput) -> Result<api::UsagePlan> {
    let scope = tx.scope();
    let id = document::fresh_id(tx.random(), 6);
    let made: api::UsagePlan = document::made_of(input)?;
    let made = api::UsagePlan {
        id: Some(id.clone()),
        api_stages: Some(made.api_stages.unwrap_or_default()),
        tags: None,
        ..made
    };
    checked(&made)?;
    check_stages(tx, &scope, &made, &[])?;
    Home::Of(&scope).put(tx, &id, &made);
    TAGGING.add(tx, &scope, &own_arn(&scope, "usageplans", &id), input.tags.iter().flatten())?;
    shown(&**tx, &scope, made)
}

/// Refuses what a plan may not be.
fn checked(plan: &api::UsagePlan) -> Result<()> {
    if plan.name.as_deref().unwrap_or_default().is_empty() {
        return Err(errors::bad("Usage plan name must not be empty").into());
    }
    if let Some(quota) = &plan.quota {
        let period = quota.period.as_ref().map(|period| period.as_str()).unwrap_or_default();
        let last = match period {
            "DAY" => 0,
            "WEEK" => 6,
            "MONTH" => 27,
            _ => return Err(errors::bad("Usage Plan quota period must be one of: DAY, WEEK, MONTH").into()),
        };
        if quota.limit.is_none_or(|limit| limit < 0) {
            return Err(errors::bad("Usage Plan quota limit must not be negative").into());
        }
        if !(0..=last).contains(&quota.offset.unwrap_or(0)) {
            return Err(errors::bad(format!(
                "Usage Plan quota offset must be between 0 and {last} for {period}"
            ))
            .into());
        }
    }
    let is_negative = |throttle: &api::ThrottleSettings| {
        throttle.rate_limit.is_some_and(|rate| rate < 0.0)
            || throttle.burst_limit.is_some_and(|burst| burst < 0)
    };
    if plan.throttle.as_ref().is_some_and(is_negative) {
        let message = "Usage Plan throttle rate limit and burst limit must not be negative";
        return Err(errors::bad(message).into());
    }
    Ok(())
}

/// The stages of a plan are there, but for those that it had: one of another version of the service may be gone.
fn check_stages(tx: &Tx<'_>, scope: &Scope, plan: &api::UsagePlan, known: &[api::ApiStage]) -> Result<()> {
    let is_known = |stage: &&api::ApiStage| {
        known.iter().any(|known| known.api_id == stage.api_id && known.stage == stage.stage)
    };
    for stage in plan.api_stages.iter().flatten().filter(|stage| !is_known(stage)) {
        let api_id = stage.api_id.as_deref().unwrap_or_default();
        let stage = stage.stage.as_deref().unwrap_or_default();
        if !service::domains::is_served(tx, api_id, stage)? {
            crate::apis::find(&**tx, scope, api_id)?;
            Home::In(api_id).find::<api::Stage>(&**tx, stage)?;
        }
    }
    Ok(())
}

/// Takes an API that goes, or a stage of it, out of all plans.
pub(crate) fn forget_stage(tx: &mut Tx<'_>, scope: &Scope, api: &str, stage: Option<&str>) -> Result<()> {
    let home = Home::Of(scope);
    for mut plan in home.all::<api::UsagePlan>(&**tx)? {
        let stages = plan.api_stages.get_or_insert_default();
        let count = stages.len();
        stages.retain(|known| {
            let is_stage = stage.is_none_or(|stage| known.stage.as_deref() == Some(stage));
            known.api_id.as_deref() != Some(api) || !is_stage
        });
        if stages.len() != count {
            home.put(tx, plan.id.clone().unwrap_or_default().as_str(), &plan);
        }
    }
    Ok(())
}

fn shown(reads: &impl Reads, scope: &Scope, plan: api::UsagePlan) -> Result<api::UsagePlan> {
    let arn = own_arn(scope, "usageplans", plan.id.as_deref().unwrap_or_default());
    Ok(api::UsagePlan { tags: tags::shown(reads, scope, &arn)?, ..plan })
}

pub(crate) fn get(view: &View<'_>, input: &api::GetUsagePlanInput) -> Result<api::UsagePlan> {
    let scope = view.scope();
    shown(&**view, &scope, Home::Of(&scope).find(&**view, &input.usage_plan_id)?)
}

pub(crate) fn list(view: &View<'_>, input: &api::GetUsagePlansInput) -> Result<api::GetUsagePlansOutput> {
    let scope = view.scope();
    let page = (input.position.as_deref(), input.limit);
    let (items, position) = Home::Of(&scope).page(view, page, |plan: &mut api::UsagePlan| {
        *plan = shown(&**view, &scope, std::mem::take(plan))?;
        let id = plan.id.as_deref().unwrap_or_default();
        input.key_id.as_ref().map_or(Ok(true), |key| has(&**view, &scope, id, key))
    })?;
    Ok(api::GetUsagePlansOutput { items: Some(items), position })
}

pub(crate) fn update(tx: &mut Tx<'_>, input: &api::UpdateUsagePlanInput) -> Result<api::UsagePlan> {
    let scope = tx.scope();
    let mut plan: api::UsagePlan = Home::Of(&scope).find(&**tx, &input.usage_plan_id)?;
    let known = plan.api_stages.clone().unwrap_or_default();
    for change in patch::changes(&input.patch_operations)? {
        plan = match change.parts.first().map(String::as_str) {
            Some("apiStages") => with_stage(plan, &change)?,
            _ => patch::apply_changes(&plan, std::slice::from_ref(&change), TABLE)?,
        };
    }
    checked(&plan)?;
    check_stages(tx, &scope, &plan, &known)?;
    Home::Of(&scope).put(tx, &input.usage_plan_id, &plan);
    shown(&**tx, &scope, plan)
}

/// Stages are called `{api}:{stage}` in changes.
fn with_stage(mut plan: api::UsagePlan, change: &Change<'_>) -> Result<api::UsagePlan, Fault> {
    let invalid = || errors::bad(format!("Invalid API Stage specified in patch path {}", change.path));
    let parts: Vec<&str> = change.parts.iter().map(String::as_str).collect();
    let name = parts.get(1).copied().or(change.value).unwrap_or_default();
    let (api_id, stage) = name.split_once(':').ok_or_else(invalid)?;
    let stages = plan.api_stages.get_or_insert_default();
    let is_it = |known: &api::ApiStage| {
        known.api_id.as_deref() == Some(api_id) && known.stage.as_deref() == Some(stage)
    };
    let place = stages.iter().position(is_it);
    match (&parts[1..], change.op, place) {
        ([] | [_], "add", None) => {
            let made =
                api::ApiStage { api_id: Some(api_id.into()), stage: Some(stage.into()), throttle: None };
            stages.push(made);
        }
        ([] | [_], "add", Some(_)) => {}
        ([] | [_], "remove", Some(place)) => drop(stages.remove(place)),
        ([_, "throttle"], "remove", Some(place)) => stages[place].throttle = None,
        ([_, "throttle", method], "remove", Some(place)) => {
            stages[place].throttle.get_or_insert_default().remove(*method);
        }
        ([_, "throttle", method, setting], "add" | "replace", Some(place)) => {
            let value = change.value.unwrap_or_default();
            let throttle =
                stages[place].throttle.get_or_insert_default().entry((*method).to_owned()).or_default();
            match *setting {
                "rateLimit" => throttle.rate_limit = Some(value.parse().map_err(|_| invalid())?),
                "burstLimit" => throttle.burst_limit = Some(value.parse().map_err(|_| invalid())?),
                _ => return Err(invalid()),
            }
        }
        _ => return Err(invalid()),
    }
    Ok(plan)
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteUsagePlanInput,
) -> Result<api::DeleteUsagePlanOutput> {
    let scope = tx.scope();
    let id = input.usage_plan_id.as_str();
    let plan: api::UsagePlan = Home::Of(&scope).find(&**tx, id)?;
    if plan.api_stages.is_some_and(|stages| !stages.is_empty()) {
        let message =
            format!("Cannot delete usage plan {id}. Please remove the associated API stages first.");
        return Err(errors::bad(message).into());
    }
    Home::Of(&scope).delete::<api::UsagePlan>(tx, id)?;
    for range in [keys::members(&scope, id).prefix_range(), keys::usage_of(&scope, id).prefix_range()] {
        let gone: Vec<_> = tx.scan(range, Direction::Forward).collect::<Result<_, _>>()?;
        gone.into_iter().for_each(|(key, _)| tx.delete(key.to_vec()));
    }
    service::tags::forget(tx, &scope, &own_arn(&scope, "usageplans", id));
    Ok(api::DeleteUsagePlanOutput::default())
}

/// Whether a plan has that key.
pub(crate) fn has(reads: &impl Reads, scope: &Scope, plan: &str, key: &str) -> Result<bool> {
    Ok(reads.get(&keys::members(scope, plan).str(key))?.is_some())
}

/// Takes a key out of all plans.
pub(crate) fn forget_key(tx: &mut Tx<'_>, scope: &Scope, key: &str) -> Result<()> {
    for plan in Home::Of(scope).all::<api::UsagePlan>(&**tx)? {
        tx.delete(keys::members(scope, plan.id.as_deref().unwrap_or_default()).str(key));
    }
    Ok(())
}

fn member(key: api::ApiKey) -> api::UsagePlanKey {
    api::UsagePlanKey { id: key.id, r#type: Some("API_KEY".into()), value: key.value, name: key.name }
}

fn no_key() -> Fault {
    errors::missing("Invalid Usage Plan Key identifier specified")
}

pub(crate) fn add_key(tx: &mut Tx<'_>, input: &api::CreateUsagePlanKeyInput) -> Result<api::UsagePlanKey> {
    let scope = tx.scope();
    let plan = input.usage_plan_id.as_str();
    Home::Of(&scope).find::<api::UsagePlan>(&**tx, plan)?;
    let key: api::ApiKey = Home::Of(&scope).find(&**tx, &input.key_id)?;
    if input.key_type != "API_KEY" {
        return Err(errors::bad("Invalid key type. Must be API_KEY").into());
    }
    if has(&**tx, &scope, plan, &input.key_id)? {
        return Err(errors::conflict("Usage Plan Key already exists").into());
    }
    let since_ms = tx.now.millis();
    tx.put_record(keys::members(&scope, plan).str(&input.key_id), &Member { since_ms })?;
    Ok(member(key))
}

pub(crate) fn get_key(view: &View<'_>, input: &api::GetUsagePlanKeyInput) -> Result<api::UsagePlanKey> {
    let scope = view.scope();
    Home::Of(&scope).find::<api::UsagePlan>(&**view, &input.usage_plan_id)?;
    if !has(&**view, &scope, &input.usage_plan_id, &input.key_id)? {
        return Err(no_key().into());
    }
    Ok(member(Home::Of(&scope).find(&**view, &input.key_id)?))
}

pub(crate) fn list_keys(
    view: &View<'_>,
    input: &api::GetUsagePlanKeysInput,
) -> Result<api::GetUsagePlanKeysOutput> {
    let scope = view.scope();
    Home::Of(&scope).find::<api::UsagePlan>(&**view, &input.usage_plan_id)?;
    let pages = Pages {
        operation: "usage plan keys",
        token: input.position.as_deref(),
        limit: document::limit_of(input.limit)?,
        bad_token: document::bad_token,
    };
    let range = keys::members(&scope, &input.usage_plan_id).prefix_range();
    let page = pages.of_range(view, range, |key, _| {
        let key = Home::Of(&scope).get::<api::ApiKey>(&**view, &keys::last(key)?)?;
        let begins = |name: &str| input.name_query.as_ref().is_none_or(|start| name.starts_with(start));
        Ok(key.filter(|key| begins(key.name.as_deref().unwrap_or_default())).map(member))
    })?;
    Ok(api::GetUsagePlanKeysOutput { items: Some(page.items), position: page.next_token })
}

pub(crate) fn remove_key(
    tx: &mut Tx<'_>,
    input: &api::DeleteUsagePlanKeyInput,
) -> Result<api::DeleteUsagePlanKeyOutput> {
    let scope = tx.scope();
    Home::Of(&scope).find::<api::UsagePlan>(&**tx, &input.usage_plan_id)?;
    if !has(&**tx, &scope, &input.usage_plan_id, &input.key_id)? {
        return Err(no_key().into());
    }
    tx.delete(keys::members(&scope, &input.usage_plan_id).str(&input.key_id));
    Ok(api::DeleteUsagePlanKeyOutput::default())
}
