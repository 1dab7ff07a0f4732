//! UpdateTimeToLive and DescribeTimeToLive.

use api_dynamodb as api;
use service::{Result, Tx, View};
use store::Reads;
use wire::Fault;

use super::{Entered, Progress, Ttl, forget};
use crate::table::{Place, Table};
use crate::{errors, global, keys, tables};

fn find(reads: &impl Reads, place: &Place) -> Result<Table> {
    let found: Option<Table> = reads.get_record(&place.key())?;
    Ok(found.filter(Table::is_usable).ok_or_else(|| tables::no_table(place))?)
}

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateTimeToLiveInput,
) -> Result<api::UpdateTimeToLiveOutput> {
    let wanted = &input.time_to_live_specification;
    let mut table = find(&**tx, &Place::of(&tx.scope(), &input.table_name))?;
    check(table.ttl.as_ref(), wanted)?;
    set(tx, &mut table, wanted.enabled.then_some(&*wanted.attribute_name))?;
    tx.put_record(table.place().key(), &table)?;
    global::mirror_ttl(tx, &table)?;
    Ok(api::UpdateTimeToLiveOutput { time_to_live_specification: Some(wanted.clone()) })
}

/// Gives a table that time to live, or none; the caller writes its record.
pub(crate) fn set(tx: &mut Tx<'_>, table: &mut Table, attribute: Option<&str>) -> Result<()> {
    if let Some(ttl) = table.ttl.take() {
        forget(tx, &ttl);
    }
    if let Some(attribute) = attribute {
        let ttl = Ttl { attribute: attribute.to_owned(), id: tx.random().bytes() };
        let progress = Progress { table: table.place().arn().to_string(), entered: Entered::To(Vec::new()) };
        tx.put_record(keys::ttl(&ttl.id), &progress)?;
        tx.signal(keys::ttls());
        table.ttl = Some(ttl);
    }
    Ok(())
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
