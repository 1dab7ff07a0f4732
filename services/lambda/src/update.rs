//! Changes of a function's code and configuration. Requests at work are finished by the environments that have them.

use std::sync::Arc;

use api_lambda as api;
use service::{Context, Result, Tx};

use crate::code::{self, Source};
use crate::event::dead_letter;
use crate::function::{self, Function};
use crate::functions::{named, variables};
use crate::host::Host;
use crate::name::Name;
use crate::{errors, layers, refused, role, settings, signing, versions};

pub(crate) async fn code(
    host: Arc<Host>,
    context: Context,
    input: api::UpdateFunctionCodeInput,
) -> Result<api::UpdateFunctionCodeOutput> {
    refused::refuse(&[
        ("PublishTo", input.publish_to.is_some()),
        ("ImageUri", input.image_uri.is_some()),
        ("SourceKMSKeyArn", input.source_kms_key_arn.is_some()),
    ])?;
    refused::check_architectures(input.architectures.as_deref())?;
    let package = code::of_function(&context, &host.hot, Source::from(&input), "UpdateFunctionCode").await?;
    let publish = input.publish == Some(true);
    let wish = Wish { revision_id: input.revision_id.as_deref(), publish };
    change(&host, &context, &input.function_name, wish, |tx, function| {
        signing::of_functions::check(&**tx, &function.full_name())?;
        let stored = package.describe(function.package.id);
        layers::check_size(&stored, &function.layers)?;
        let is_kept = input.dry_run != Some(true);
        function.package = if is_kept { package.put(tx) } else { stored };
        Ok(is_kept)
    })
    .await
}

pub(crate) async fn configuration(
    host: Arc<Host>,
    context: Context,
    input: api::UpdateFunctionConfigurationInput,
) -> Result<api::UpdateFunctionConfigurationOutput> {
    refused::check_configuration(&input)?;
    if let Some(runtime) = &input.runtime {
        host.check_runtime(&context, runtime.as_str()).await?;
    }
    if let Some(role) = &input.role {
        role::check(&context, role).await?;
    }
    let variables = match &input.environment {
        Some(environment) => Some(variables(Some(environment))?),
        None => None,
    };
    let dead_letter = input.dead_letter_config.as_ref().map(dead_letter::target).transpose()?;
    let scope = named(&context.scope(), &input.function_name, None)?.scope;
    let layers = input.layers.as_ref().map(|layers| layers::resolve(&context, &scope, layers)).transpose()?;
    let wish = Wish { revision_id: input.revision_id.as_deref(), publish: false };
    change(&host, &context, &input.function_name, wish, |tx, function| {
        // Layers are code as well.
        if layers.as_ref().is_some_and(|layers| *layers != function.layers) {
            signing::of_functions::check(&**tx, &function.full_name())?;
        }
        if let Some(runtime) = &input.runtime {
            function.runtime = runtime.to_string();
        }
        if let Some(storage) = &input.ephemeral_storage {
            function.tmp_mb = storage.size;
        }
        replace(&mut function.role, input.role.as_ref());
        replace(&mut function.handler, input.handler.as_ref());
        replace(&mut function.description, input.description.as_ref());
        replace(&mut function.timeout_s, input.timeout.as_ref());
        replace(&mut function.memory_mb, input.memory_size.as_ref());
        replace(&mut function.environment, variables.as_ref());
        replace(&mut function.dead_letter, dead_letter.as_ref());
        replace(&mut function.layers, layers.as_ref());
        layers::check_size(&function.package, &function.layers)?;
        let runtime = function.runtime.clone();
        function.settings.change(&settings::Wish::from(&input), &runtime)?;
        Ok(true)
    })
    .await
}

fn replace<T: Clone>(place: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        place.clone_from(value);
    }
}

/// On what condition a function is changed, and what becomes of it then.
#[derive(Clone, Copy)]
struct Wish<'a> {
    revision_id: Option<&'a str>,
    publish: bool,
}

/// Changes a function in one transaction, gives it a new revision, and ends the environments of the old one. `edit` says
/// whether the change is to be kept.
async fn change(
    host: &Host,
    context: &Context,
    name: &str,
    wish: Wish<'_>,
    edit: impl Fn(&mut Tx<'_>, &mut Function) -> Result<bool> + Send + Sync,
) -> Result<api::FunctionConfiguration> {
    let name = Name { qualifier: None, ..named(&context.scope(), name, None)? };
    let changed = context.transact(|tx| {
        let old = function::find(&**tx, &name)?;
        if wish.revision_id.is_some_and(|wanted| wanted != old.revision_id()) {
            return Err(errors::changed_meanwhile().into());
        }
        let mut new = old.clone();
        if !edit(tx, &mut new)? {
            return Ok((old, new));
        }
        new.revision = tx.random().bytes();
        new.modified_ms = tx.now.millis();
        tx.put_record(new.key(), &new)?;
        layers::replace(tx, &old, &new)?;
        let shown = if wish.publish { versions::freeze(tx, &new, None)? } else { new };
        versions::release(tx, &name, &old.package.id)?;
        Ok((old, shown))
    });
    let (old, shown) = changed.await?;
    if old.revision != shown.revision {
        host.forget(&old);
    }
    Ok(shown.configuration())
}
