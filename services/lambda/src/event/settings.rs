//! How events of a function, a version or an alias are treated: event invoke configs.

use api_lambda as api;
use names::{Arn, Scope};
use serde::{Deserialize, Serialize};
use service::{Context, Result, Tx, View};
use store::{Reads, record};
use wire::{Fault, Timestamp};

use crate::function::{self, Function};
use crate::functions::{named, pages};
use crate::host::Host;
use crate::name::Name;
use crate::{destination, errors, keys};

/// How often a function is tried again with an event that it failed on, unless somebody says so.
const RETRIES_MAX: i32 = 2;
/// How old an event becomes, unless somebody says so.
const AGE_MAX_S: i32 = 21_600;
/// The largest page.
const PAGE_MAX: i32 = 50;

/// What was said about events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    retries_max: Option<i32>,
    age_max_s: Option<i32>,
    pub(super) on_success: Option<String>,
    pub(super) on_failure: Option<String>,
    modified_ms: i64,
}

#[cfg(test)]
layouts::stays!(stored_settings: Settings);

impl Settings {
    /// Of whoever goes by that name.
    pub(super) fn of(reads: &impl Reads, name: &Name) -> Result<Self> {
        Ok(reads.get_record(&key(name))?.unwrap_or_default())
    }

    pub(super) fn retries_max(&self) -> u32 {
        self.retries_max.unwrap_or(RETRIES_MAX).unsigned_abs()
    }

    pub(super) fn age_max_ms(&self) -> i64 {
        i64::from(self.age_max_s.unwrap_or(AGE_MAX_S)) * 1000
    }

    fn shown(self, arn: &Arn) -> api::FunctionEventInvokeConfig {
        api::FunctionEventInvokeConfig {
            last_modified: Some(Timestamp(self.modified_ms)),
            function_arn: Some(arn.to_string()),
            maximum_retry_attempts: self.retries_max,
            maximum_event_age_in_seconds: self.age_max_s,
            destination_config: Some(api::DestinationConfig {
                on_success: Some(api::OnSuccess { destination: self.on_success }),
                on_failure: Some(api::OnFailure { destination: self.on_failure }),
            }),
        }
    }
}

fn key(name: &Name) -> store::tuple::Key {
    keys::event_settings(&name.scope, &name.name).str(name.qualifier.as_deref().unwrap_or("$LATEST"))
}

/// With a qualifier, whatever was asked for.
fn arn(name: &Name) -> Arn {
    let qualifier = name.qualifier.clone().or_else(|| Some("$LATEST".to_owned()));
    Name { qualifier, ..name.clone() }.qualified_arn()
}

/// What a function has goes with it.
pub(crate) fn forget(tx: &mut Tx<'_>, scope: &Scope, function: &str) -> Result<()> {
    let range = keys::event_settings(scope, function).prefix_range();
    let found: Vec<_> =
        tx.scan(range, store::Direction::Forward).map(|entry| entry.map(|(key, _)| key)).collect();
    for key in found {
        tx.delete(&key?[..]);
    }
    Ok(())
}

/// What a version or an alias has goes with it.
pub(crate) fn forget_qualified(tx: &mut Tx<'_>, name: &Name) {
    tx.delete(key(name));
}

/// A wish: what is missing in it is the old, or nothing.
struct Wish<'a> {
    retries_max: Option<i32>,
    age_max_s: Option<i32>,
    destinations: Option<&'a api::DestinationConfig>,
}

impl Wish<'_> {
    fn is_empty(&self) -> bool {
        self.retries_max.is_none() && self.age_max_s.is_none() && self.destinations.is_none()
    }

    /// On success, on failure; an empty one is none.
    fn destinations(&self) -> [Option<&String>; 2] {
        let success = self.destinations.and_then(|both| both.on_success.as_ref()?.destination.as_ref());
        let failure = self.destinations.and_then(|both| both.on_failure.as_ref()?.destination.as_ref());
        [success, failure].map(|one| one.filter(|one| !one.is_empty()))
    }

    fn applied(&self, old: Settings, now: Timestamp) -> Settings {
        let [success, failure] = self.destinations();
        let replaces = self.destinations.is_some();
        Settings {
            retries_max: self.retries_max.or(old.retries_max),
            age_max_s: self.age_max_s.or(old.age_max_s),
            on_success: if replaces { success.cloned() } else { old.on_success },
            on_failure: if replaces { failure.cloned() } else { old.on_failure },
            modified_ms: now.secs() * 1000,
        }
    }

    /// Refuses destinations that would not take anything.
    async fn check(&self, host: &Host, context: &Context, function: &Function) -> Result<()> {
        let [success, failure] = self.destinations();
        if success.is_some_and(|destination| destination.starts_with("arn:aws:s3:")) {
            return Err(invalid_config(success, failure).into());
        }
        for destination in [success, failure].into_iter().flatten() {
            let arn = destination::parse(destination)?;
            crate::refused::refuse(&[("EventBridge as a destination", arn.service() == "events")])?;
            check_one(context, function, &arn).map_err(|unknown| match unknown {
                Unfit::Kind => invalid_config(success, failure),
                Unfit::Itself => {
                    errors::invalid("You can't specify the function as a destination for itself.")
                }
                Unfit::Absent => destination::invalid(destination),
            })?;
            let in_role = host.in_role(context, function).await?;
            let Some((facts, action, on)) = destination::permission(&arn) else { continue };
            let permitted = destination::at(&in_role, &arn).permit(facts, action, &|| vec![on.clone()]);
            permitted.map_err(|_| destination::invalid(destination))?;
        }
        Ok(())
    }
}

/// Why something cannot be a destination.
enum Unfit {
    Kind,
    Itself,
    Absent,
}

fn check_one(context: &Context, function: &Function, arn: &Arn) -> Result<(), Unfit> {
    match arn.service() {
        "lambda" => {
            let name = Name::parse(&function.scope, arn.as_str()).ok_or(Unfit::Absent)?;
            if name.scope == function.scope && name.name == function.name {
                return Err(Unfit::Itself);
            }
            function::find(&*context.view(), &name).map(drop).map_err(|_| Unfit::Absent)
        }
        "sqs" | "sns" if !arn.resource().ends_with(".fifo") => Ok(()),
        "s3" => Ok(()),
        _ => Err(Unfit::Kind),
    }
}

fn invalid_config(success: Option<&String>, failure: Option<&String>) -> Fault {
    let part = |name: &str, destination: Option<&String>| {
        destination.map_or("null".to_owned(), |destination| format!("{name}(destination={destination})"))
    };
    let (success, failure) = (part("OnSuccess", success), part("OnFailure", failure));
    errors::invalid(format!(
        "The provided destination config DestinationConfig(onSuccess={success}, onFailure={failure}) is invalid."
    ))
}

fn missing(name: &Name) -> Fault {
    let message = format!("The function {} doesn't have an EventInvokeConfig", arn(name));
    api::error::resource_not_found_exception(message)
}

/// Sets them anew, or changes what is there.
async fn set(
    host: &Host,
    context: &Context,
    (function, qualifier): (&str, Option<&str>),
    wish: Wish<'_>,
    changes: bool,
) -> Result<api::FunctionEventInvokeConfig> {
    if wish.is_empty() {
        return Err(errors::invalid(
            "You must specify at least one of error handling or destination setting.",
        )
        .into());
    }
    let name = named(&context.scope(), function, qualifier)?;
    let absent = || api::error::resource_not_found_exception("The function doesn't exist.");
    let function = match function::find(&*context.view(), &name) {
        Err(service::Error::Fault(_)) => return Err(absent().into()),
        found => found?,
    };
    wish.check(host, context, &function).await?;
    let set = context.transact(|tx| {
        function::find(&**tx, &name)?;
        let old = tx.get_record::<Settings>(&key(&name))?;
        let old = if changes { old.ok_or_else(|| missing(&name))? } else { Settings::default() };
        let new = wish.applied(old, tx.now);
        tx.put_record(key(&name), &new)?;
        Ok(new)
    });
    Ok(set.await?.shown(&arn(&name)))
}

pub(crate) async fn put(
    host: std::sync::Arc<Host>,
    context: Context,
    input: api::PutFunctionEventInvokeConfigInput,
) -> Result<api::PutFunctionEventInvokeConfigOutput> {
    let wish = Wish {
        retries_max: input.maximum_retry_attempts,
        age_max_s: input.maximum_event_age_in_seconds,
        destinations: input.destination_config.as_ref(),
    };
    set(&host, &context, (&input.function_name, input.qualifier.as_deref()), wish, false).await
}

pub(crate) async fn update(
    host: std::sync::Arc<Host>,
    context: Context,
    input: api::UpdateFunctionEventInvokeConfigInput,
) -> Result<api::UpdateFunctionEventInvokeConfigOutput> {
    let wish = Wish {
        retries_max: input.maximum_retry_attempts,
        age_max_s: input.maximum_event_age_in_seconds,
        destinations: input.destination_config.as_ref(),
    };
    set(&host, &context, (&input.function_name, input.qualifier.as_deref()), wish, true).await
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetFunctionEventInvokeConfigInput,
) -> Result<api::GetFunctionEventInvokeConfigOutput> {
    let name = named(&view.scope(), &input.function_name, input.qualifier.as_deref())?;
    let settings = view.get_record::<Settings>(&key(&name))?;
    Ok(settings.ok_or_else(|| missing(&name))?.shown(&arn(&name)))
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteFunctionEventInvokeConfigInput,
) -> Result<api::DeleteFunctionEventInvokeConfigOutput> {
    let name = named(&tx.scope(), &input.function_name, input.qualifier.as_deref())?;
    if tx.get(&key(&name))?.is_none() {
        return Err(missing(&name).into());
    }
    tx.delete(key(&name));
    Ok(api::DeleteFunctionEventInvokeConfigOutput::default())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListFunctionEventInvokeConfigsInput,
) -> Result<api::ListFunctionEventInvokeConfigsOutput> {
    let name = named(&view.scope(), &input.function_name, None)?;
    let exists = view.get(&keys::function(&name.scope, &name.name))?.is_some();
    if !exists {
        return Err(api::error::resource_not_found_exception("The function doesn't exist.").into());
    }
    let pages =
        pages("lambda:ListFunctionEventInvokeConfigs", input.marker.as_deref(), input.max_items, PAGE_MAX);
    let range = keys::event_settings(&name.scope, &name.name);
    let (prefix, range) = (range.len(), range.prefix_range());
    let page = pages.of_range(view, range, |key, value| {
        let qualifier = store::tuple::Parts::new(key.get(prefix..).unwrap_or_default()).str()?;
        let name = Name { qualifier: Some(qualifier.into_owned()), ..name.clone() };
        Ok(Some(record::decode::<Settings>(value)?.shown(&arn(&name))))
    })?;
    Ok(api::ListFunctionEventInvokeConfigsOutput {
        function_event_invoke_configs: Some(page.items),
        next_marker: page.next_token,
    })
}
