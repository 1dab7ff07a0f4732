//! UpdateTimeToLive and DescribeTimeToLive.

use api_dynamodb as api;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::{Entered, Progress, Ttl, forget};
use crate::table::{Place, Table};
use crate::{errors, keys, tables};

fn find(reads: &impl Reads, place: &Place) -> Result<Table> {
    Ok(reads.get_record(&place.key())?.ok_or_else(|| tables::no_table(place))?)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateTimeToLiveInput,
) -> Result<api::UpdateTimeToLiveOutput> {
    let wanted = &input.time_to_live_specification;
    let mut table = find(&**tx, &Place::of(&tx.scope(), &input.table_name))?;
    check(table.ttl.as_ref(), wanted)?;
    if let Some(ttl) = table.ttl.take() {
        forget(tx, &ttl);
    }
    if wanted.enabled {
        let ttl = Ttl { attribute: wanted.attribute_name.clone(), id: tx.random().bytes() };
        let progress = Progress { table: table.place().arn().to_string(), entered: Entered::To(Vec::new()) };
        tx.put_record(keys::ttl(&ttl.id), &progress)?;
        tx.signal(keys::ttls());
        table.ttl = Some(ttl);
    }
    tx.put_record(table.place().key(), &table)?;
    Ok(api::UpdateTimeToLiveOutput { time_to_live_specification: Some(wanted.clone()) })
}

/// A table has one such attribute, and is asked for what it is not.
fn check(ttl: Option<&Ttl>, wanted: &api::TimeToLiveSpecification) -> Result<(), Fault> {
    match ttl {
        Some(ttl) if ttl.attribute != wanted.attribute_name => Err(errors::invalid(format!(
            "TimeToLive is active on a different AttributeName: current AttributeName is {}",
            ttl.attribute
        ))),
        Some(_) if wanted.enabled => Err(errors::invalid("TimeToLive is already enabled")),
        None if !wanted.enabled => Err(errors::invalid("TimeToLive is already disabled")),
        _ => Ok(()),
    }
}

pub(crate) fn describe(
    view: &View<'_>,
    input: &api::DescribeTimeToLiveInput,
) -> Result<api::DescribeTimeToLiveOutput> {
    let ttl = find(&**view, &Place::of(&view.scope(), &input.table_name))?.ttl;
    let status = if ttl.is_some() { "ENABLED" } else { "DISABLED" };
    let description = api::TimeToLiveDescription {
        time_to_live_status: Some(status.into()),
        attribute_name: ttl.map(|ttl| ttl.attribute),
    };
    Ok(api::DescribeTimeToLiveOutput { time_to_live_description: Some(description) })
}
