//! Throttling, where the user switches it on: tables and global indexes that are asked for more than what is provisioned, or
//! than a limit on demand, refuse.
//!
//! Each has a bucket for reads and one for writes. What is not used fills it, for 300 seconds at most; a request is let in
//! while there is something in it, and may take more than that, which is then owed. Buckets are kept in memory and begin
//! full. A local index uses its table's.
//!
//! Never here: limits of accounts and of partitions.

use std::collections::HashMap;

use api_dynamodb as api;
use parking_lot::Mutex;
use service::Context;
use wire::Fault;

use crate::capacity::Consumed;
use crate::index::Index;
use crate::keys::Id;
use crate::table::Table;

/// The setting that switches it on.
pub(crate) const SETTING: &str = "throttle";
/// For how many seconds unused units are kept.
const BURST_S: f64 = 300.0;
/// At so many buckets those that are full are forgotten, which are as good as none.
const BUCKETS_MAX: usize = 10_000;

/// Whether units are read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Read,
    Write,
}

/// Whose bucket one is: a table's, or an index's.
type Owner = (Id, Option<Id>, Kind);

/// The buckets of a cloud.
#[derive(Default)]
struct Buckets(Mutex<HashMap<Owner, Bucket>>);

/// Units that may be used.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    units: f64,
    at_ms: i64,
    per_second: f64,
}

impl Bucket {
    fn full(per_second: f64, now_ms: i64) -> Self {
        Bucket { units: per_second * BURST_S, at_ms: now_ms, per_second }
    }

    /// The same now, when so much comes in.
    fn now(self, per_second: f64, now_ms: i64) -> Self {
        let seconds = (now_ms - self.at_ms).max(0) as f64 / 1000.0;
        let units = (self.units + seconds * per_second).min(per_second * BURST_S);
        Bucket { units, at_ms: now_ms.max(self.at_ms), per_second }
    }

    fn is_full(self, now_ms: i64) -> bool {
        self.now(self.per_second, now_ms).units >= self.per_second * BURST_S
    }
}

/// Where units are taken from, and how many come in there each second.
struct Limit<'a> {
    table: &'a Table,
    index: Option<&'a Index>,
    kind: Kind,
    per_second: f64,
    is_provisioned: bool,
}

impl<'a> Limit<'a> {
    /// What limits a table, or a global index of it, if something does.
    fn of(table: &'a Table, index: Option<&'a Index>, kind: Kind) -> Option<Self> {
        let (provisioned, on_demand) = match index {
            Some(index) => (index.provisioned, index.on_demand),
            None => (table.provisioned, table.settings.on_demand),
        };
        let units = match (provisioned, kind) {
            (Some((read, _)), Kind::Read) => Some(read),
            (Some((_, write)), Kind::Write) => Some(write),
            (None, Kind::Read) => on_demand.and_then(|units| units.read),
            (None, Kind::Write) => on_demand.and_then(|units| units.write),
        };
        let per_second = units.filter(|units| *units > 0)? as f64;
        Some(Limit { table, index, kind, per_second, is_provisioned: provisioned.is_some() })
    }

    fn owner(&self) -> Owner {
        (self.table.id, self.index.map(|index| index.id), self.kind)
    }

    /// What a request is refused with that finds nothing left.
    fn fault(&self) -> Fault {
        let place = self.table.place();
        let resource = self.index.map_or_else(|| place.arn(), |index| place.index_arn(&index.name));
        let reason = format!(
            "{}{:?}{}ThroughputExceeded",
            if self.index.is_some() { "Index" } else { "Table" },
            self.kind,
            if self.is_provisioned { "Provisioned" } else { "MaxOnDemand" },
        );
        let reason = api::ThrottlingReason { reason: Some(reason), resource: Some(resource.to_string()) };
        let message = match (self.is_provisioned, self.index) {
            (false, _) => "Throughput exceeds the maximum OnDemandThroughput configured on table or index",
            (true, None) => {
                "The level of configured provisioned throughput for the table was exceeded. Consider increasing your \
                 provisioning level with the UpdateTable API."
            }
            (true, Some(_)) => {
                "The level of configured provisioned throughput for one or more global secondary indexes of the table was \
                 exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with \
                 the UpdateTable API"
            }
        };
        let (message, reasons) = (Some(message.to_owned()), Some(vec![reason]));
        let text = message.clone().unwrap_or_default();
        if self.is_provisioned {
            let detail = api::ProvisionedThroughputExceededException { message, throttling_reasons: reasons };
            api::error::provisioned_throughput_exceeded_exception(text).with_detail(detail)
        } else {
            let detail = api::ThrottlingException { message, throttling_reasons: reasons };
            api::error::throttling_exception(text).with_detail(detail)
        }
    }
}

/// Whether anything is ever refused.
pub(crate) fn is_on(context: &Context) -> bool {
    context.cloud.setting("dynamodb", SETTING) != 0
}

/// Whether an error is one of these.
pub(crate) fn is_refusal(fault: &Fault) -> bool {
    matches!(&*fault.code, "ProvisionedThroughputExceededException" | "ThrottlingException")
}

/// Takes what a request consumes of a table and its global indexes, or nothing.
///
/// # Errors
/// ProvisionedThroughputExceededException or ThrottlingException, when one of them has nothing left.
pub(crate) fn take(context: &Context, table: &Table, consumed: &Consumed, kind: Kind) -> Result<(), Fault> {
    take_all(context, &[(table, consumed)], kind).map_err(|(_, fault)| fault)
}

/// The same for many, all of which are let in or none.
///
/// # Errors
/// Which was refused first, and how.
pub(crate) fn take_all(
    context: &Context,
    all: &[(&Table, &Consumed)],
    kind: Kind,
) -> Result<(), (usize, Fault)> {
    if !is_on(context) {
        return Ok(());
    }
    let limits = all.iter().enumerate().flat_map(|(at, (table, consumed))| {
        let parts = consumed.by_limit(table);
        parts.into_iter().filter_map(move |(index, units)| Some((at, Limit::of(table, index, kind)?, units)))
    });
    let limits: Vec<(usize, Limit<'_>, f64)> = limits.filter(|(_, _, units)| *units > 0.0).collect();
    let buckets = context.cloud.memory.of::<Buckets>();
    take_from(&mut buckets.0.lock(), &limits, context.now().millis())
}

fn take_from(
    buckets: &mut HashMap<Owner, Bucket>,
    limits: &[(usize, Limit<'_>, f64)],
    now_ms: i64,
) -> Result<(), (usize, Fault)> {
    if buckets.len() > BUCKETS_MAX {
        buckets.retain(|_, bucket| !bucket.is_full(now_ms));
    }
    for (at, limit, _) in limits {
        let bucket = buckets.entry(limit.owner()).or_insert_with(|| Bucket::full(limit.per_second, now_ms));
        *bucket = bucket.now(limit.per_second, now_ms);
        if bucket.units <= 0.0 {
            return Err((*at, limit.fault()));
        }
    }
    for (_, limit, units) in limits {
        if let Some(bucket) = buckets.get_mut(&limit.owner()) {
            bucket.units -= units;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_fills_for_five_minutes_and_pays_what_it_owes() {
        let mut bucket = Bucket::full(2.0, 1000);
        assert!(bucket.is_full(1000));
        bucket.units -= 610.0;
        assert!(bucket.now(2.0, 5000).units < 0.0);
        assert_eq!(bucket.now(2.0, 7000).units, 2.0);
        assert_eq!(bucket.now(2.0, 1_000_000_000).units, 600.0);
        assert!(!bucket.is_full(7000) && bucket.is_full(1_000_000_000));
    }

    #[test]
    fn a_bucket_keeps_what_fits_when_less_comes_in_and_never_goes_back() {
        let bucket = Bucket::full(10.0, 5000);
        assert_eq!(bucket.now(1.0, 5000).units, 300.0);
        let earlier = bucket.now(10.0, 1000);
        assert_eq!((earlier.at_ms, earlier.units), (5000, 3000.0));
    }
}
