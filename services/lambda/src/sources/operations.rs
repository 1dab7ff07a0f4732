//! Mappings are made, shown, listed, changed and deleted.

use api_lambda as api;
use service::{Context, Result, Tx, View};
use store::{Direction, Reads, record};
use wire::Fault;

use super::mapping::{self, BATCH_SIZE, Mapping, STREAM_BATCH_SIZE};
use super::{checks, filters, streams};
use crate::functions::{named, pages};
use crate::name::Name;
use crate::tags::TAGGING;
use crate::{errors, function, keys};

/// Mappings of a page.
const PAGE_MAX: i32 = 100;

pub(crate) async fn create(
    context: Context,
    input: api::CreateEventSourceMappingInput,
) -> Result<api::CreateEventSourceMappingOutput> {
    let source = checks::source(&input)?;
    let is_stream = source.service() == "dynamodb";
    let stream = if is_stream { Some(streams::of_new(&input)?) } else { None };
    let filters = if is_stream { Vec::new() } else { filters::of(input.filter_criteria.as_ref())? };
    let batch_size = if is_stream { STREAM_BATCH_SIZE } else { BATCH_SIZE };
    let name = named(&context.scope(), &input.function_name, None)?;
    let mapping = Mapping {
        scope: name.scope,
        uuid: context.random().uuid(),
        source,
        function: name.name.clone(),
        qualifier: name.qualifier.clone(),
        enabled: input.enabled.unwrap_or(true),
        batch_size: input.batch_size.unwrap_or(batch_size),
        window_s: input.maximum_batching_window_in_seconds.unwrap_or_default(),
        concurrency_max: input.scaling_config.and_then(|scaling| scaling.maximum_concurrency),
        reports_failures: input.function_response_types.is_some_and(|types| !types.is_empty()),
        modified_ms: context.now().millis(),
        filters,
        stream,
    };
    if mapping.source.region() != Some(mapping.scope.region) {
        return Err(errors::invalid("The event source must be in the function's region.").into());
    }
    checks::settings(&mapping)?;
    let function = function::find(&*context.view(), &name)?;
    let begin = match &mapping.stream {
        None => {
            checks::queue(&context.cloud, &mapping, &function).await?;
            Vec::new()
        }
        Some(streaming) => {
            streams::check(&context, &mapping.source).await?;
            streams::begin(&context, &mapping.source, &streaming.from).await?
        }
    };
    let created = context.transact(|tx| {
        function::find(&**tx, &name)?;
        check_unique(&**tx, &mapping)?;
        for (shard, checkpoint) in &begin {
            tx.put_record(keys::checkpoint(&mapping.scope, &mapping.uuid, shard), checkpoint)?;
        }
        TAGGING.add(tx, &mapping.scope, &mapping.arn(), input.tags.iter().flatten())?;
        mapping::put(tx, &mapping)
    });
    created.await?;
    shown(&*context.view(), &mapping, "Creating")
}

/// A mapping as the API shows it, in that state.
fn shown(reads: &impl Reads, mapping: &Mapping, state: &str) -> Result<api::EventSourceMappingConfiguration> {
    let mut shown = mapping.shown(state);
    if mapping.stream.is_some() {
        shown.last_processing_result = Some(streams::last_result(reads, mapping)?);
    }
    Ok(shown)
}

/// A function reads a queue once.
fn check_unique(reads: &impl Reads, new: &Mapping) -> Result<()> {
    for entry in reads.scan(keys::mappings_of(&new.scope).prefix_range(), Direction::Forward) {
        let known: Mapping = record::decode(&entry?.1)?;
        if known.source == new.source && known.function() == new.function() {
            if new.stream.is_some() {
                let message = format!(
                    "The event source arn (\" {} \") and function (\" {} \") provided mapping already exists. Please \
                     update or delete the existing mapping with UUID {}",
                    new.source, new.function, known.uuid
                );
                return Err(api::error::resource_conflict_exception(message).into());
            }
            let message = format!(
                "An event source mapping with SQS arn (\" {} \") and function (\" {} \") already exists. Please \
                 update or delete the existing mapping with UUID {}",
                new.source, new.function, known.uuid
            );
            return Err(api::error::resource_conflict_exception(message).into());
        }
    }
    Ok(())
}

pub(crate) fn get(
    view: &View<'_>,
    input: &api::GetEventSourceMappingInput,
) -> Result<api::GetEventSourceMappingOutput> {
    let mapping = mapping::find(&**view, &view.scope(), &input.uuid)?;
    shown(&**view, &mapping, mapping.state())
}

pub(crate) fn list(
    view: &View<'_>,
    input: &api::ListEventSourceMappingsInput,
) -> Result<api::ListEventSourceMappingsOutput> {
    let wanted = Wanted::read(view, input)?;
    let marker = input.marker.as_deref();
    let pages = pages("lambda:ListEventSourceMappings", marker, input.max_items, PAGE_MAX);
    let page = pages.of_range(view, keys::mappings_of(&view.scope()).prefix_range(), |_, value| {
        let mapping: Mapping = record::decode(value)?;
        wanted.is(&mapping).then(|| shown(&**view, &mapping, mapping.state())).transpose()
    })?;
    Ok(api::ListEventSourceMappingsOutput {
        next_marker: page.next_token,
        event_source_mappings: Some(page.items),
    })
}

/// Which mappings a list shows.
struct Wanted<'a> {
    source: Option<&'a str>,
    function: Option<Name>,
}

impl<'a> Wanted<'a> {
    fn read(view: &View<'_>, input: &'a api::ListEventSourceMappingsInput) -> Result<Self, Fault> {
        let function = input.function_name.as_deref().map(|name| named(&view.scope(), name, None));
        Ok(Wanted { source: input.event_source_arn.as_deref(), function: function.transpose()? })
    }

    fn is(&self, mapping: &Mapping) -> bool {
        self.source.is_none_or(|source| source == mapping.source.to_string())
            && self.function.as_ref().is_none_or(|function| *function == mapping.function())
    }
}

pub(crate) async fn update(
    context: Context,
    input: api::UpdateEventSourceMappingInput,
) -> Result<api::UpdateEventSourceMappingOutput> {
    let (before, after) = changed(&context, &input)?;
    checks::settings(&after)?;
    if after.function() != before.function() {
        let function = function::find(&*context.view(), &after.function())?;
        if after.stream.is_none() {
            checks::queue(&context.cloud, &after, &function).await?;
        }
    }
    let updated = context.transact(|tx| {
        let found = mapping::find(&**tx, &after.scope, &after.uuid)?;
        if found != before {
            let message = "The event source mapping is being changed by another request.";
            return Err(api::error::resource_conflict_exception(message).into());
        }
        mapping::put(tx, &after)
    });
    updated.await?;
    let state = match (before.enabled, after.enabled) {
        (false, true) => "Enabling",
        (true, false) => "Disabling",
        _ => "Updating",
    };
    shown(&*context.view(), &after, state)
}

/// The mapping as it is, and as it shall be.
fn changed(context: &Context, input: &api::UpdateEventSourceMappingInput) -> Result<(Mapping, Mapping)> {
    let before = mapping::find(&*context.view(), &context.scope(), &input.uuid)?;
    checks::update(input)?;
    if before.stream.is_none() {
        checks::update_of_queue(input)?;
    }
    let mut after = Mapping { modified_ms: context.now().millis(), ..before.clone() };
    if let Some(streaming) = &before.stream {
        after.stream = Some(streams::updated(streaming, input)?);
    } else if input.filter_criteria.is_some() {
        after.filters = filters::of(input.filter_criteria.as_ref())?;
    }
    if let Some(name) = &input.function_name {
        let name = named(&context.scope(), name, None)?;
        (after.function, after.qualifier) = (name.name, name.qualifier);
    }
    after.enabled = input.enabled.unwrap_or(before.enabled);
    after.batch_size = input.batch_size.unwrap_or(before.batch_size);
    after.window_s = input.maximum_batching_window_in_seconds.unwrap_or(before.window_s);
    if let Some(scaling) = &input.scaling_config {
        after.concurrency_max = scaling.maximum_concurrency;
    }
    if let Some(types) = &input.function_response_types {
        after.reports_failures = !types.is_empty();
    }
    Ok((before, after))
}

pub(crate) fn delete(
    tx: &mut Tx<'_>,
    input: &api::DeleteEventSourceMappingInput,
) -> Result<api::DeleteEventSourceMappingOutput> {
    let mapping = mapping::find(&**tx, &tx.scope(), &input.uuid)?;
    let shown = shown(&**tx, &mapping, "Deleting")?;
    mapping::delete(tx, &mapping)?;
    Ok(shown)
}
