//! StreamSpecification: what CreateTable and UpdateTable ask of a table's stream.

use api_dynamodb as api;
use service::{Result, Tx};
use wire::Fault;

use super::{Streaming, View, close, open};
use crate::errors;
use crate::table::Table;

/// The stream of a table that is being made, if it is to have one.
pub(crate) fn of_new(
    tx: &mut Tx<'_>,
    table: &Table,
    wanted: Option<&api::StreamSpecification>,
) -> Result<Option<Streaming>> {
    match wanted.map(view).transpose()?.flatten() {
        Some(view) => Ok(Some(open(tx, table, view)?)),
        None => Ok(None),
    }
}

/// The stream of a replica, which is as that of the table that it was made of.
pub(crate) fn of_replica(tx: &mut Tx<'_>, replica: &Table, source: &Table) -> Result<Streaming> {
    let view = source.stream.as_ref().map_or(View::NewAndOldImages, |streaming| streaming.view);
    open(tx, replica, view)
}

/// Opens the stream of a table that is to have replicas, if it has none that is open.
pub(crate) fn ensure(tx: &mut Tx<'_>, table: &mut Table) -> Result<()> {
    if !table.stream.as_ref().is_some_and(|streaming| streaming.is_open) {
        table.stream = Some(open(tx, table, View::NewAndOldImages)?);
    }
    Ok(())
}

/// Opens or closes the stream of a table, whose record the caller writes.
pub(crate) fn change(tx: &mut Tx<'_>, table: &mut Table, wanted: &api::StreamSpecification) -> Result<()> {
    let is_open = table.stream.as_ref().is_some_and(|streaming| streaming.is_open);
    match (view(wanted)?, is_open) {
        (Some(_), true) => {
            let message = format!("Table already has an enabled stream: TableName: {}", table.name);
            Err(errors::invalid(message).into())
        }
        (None, false) => {
            let message = format!("Table has no stream to disable: TableName: {}", table.name);
            Err(errors::invalid(message).into())
        }
        (Some(view), false) => {
            table.stream = Some(open(tx, table, view)?);
            Ok(())
        }
        (None, true) if table.global.is_some() => {
            Err(errors::invalid_values("Disabling Stream is not allowed for a Global Table replica.").into())
        }
        (None, true) => {
            close(tx, table)?;
            if let Some(streaming) = &mut table.stream {
                streaming.is_open = false;
            }
            Ok(())
        }
    }
}

/// The view that is wanted; none where a stream is not.
fn view(wanted: &api::StreamSpecification) -> Result<Option<View>, Fault> {
    let view = wanted.stream_view_type.as_ref().and_then(|name| View::from_name(name.as_str()));
    match (wanted.stream_enabled, view) {
        (true, None) => {
            Err(errors::invalid_values("If stream is being enabled then UpdateViewType is required"))
        }
        (false, Some(_)) => Err(errors::invalid_values(
            "If stream is being disabled, then UpdateViewType must not be specified",
        )),
        (_, view) => Ok(view),
    }
}
