//! Which messages a receive gives: those of the index, where quiet tenants are, then those of the lanes.

use std::cmp::Reverse;

use service::{Result, Tx};
use store::record;

use super::recent::Received;
use super::{Recent, Tenant};
use crate::claims::Claimed;
use crate::keys;
use crate::message::Transit;
use crate::queue::{Address, Queue};
use crate::receive::LOOKS_MAX;
use crate::waiting::{Waiting, head};

/// Lanes of one queue, at most. Tenants beyond stay in the index.
const LANES_MAX: usize = 64;
/// Entries at the head of the index among which a backlog is looked for.
const BACKLOG_LOOKS: usize = 64;
/// As many messages of a tenant among them are a backlog: what one receive can take.
const BACKLOG_MESSAGES: usize = 10;

/// The choice of one receive.
pub(crate) struct Choice<'a> {
    queue: &'a Queue,
    recent: &'a Recent,
    /// The lanes, who got least lately first.
    lanes: Vec<Tenant>,
    /// Whether the lanes have not had a turn for long.
    are_lanes_first: bool,
    /// Messages in the index whose tenants have lanes: where nobody else has any, they are received as they are.
    astray: Vec<Waiting>,
    /// Lanes in which nothing was found.
    empty: Vec<Tenant>,
}

impl<'a> Choice<'a> {
    pub(crate) fn of(queue: &'a Queue, recent: &'a Recent) -> Self {
        let mut lanes = queue.lanes.clone();
        let mut are_lanes_first = false;
        if !lanes.is_empty() {
            let received = recent.of(&queue.contents);
            are_lanes_first = received.is_without(&lanes);
            lanes.sort_by_cached_key(|tenant| received.count(*tenant));
        }
        Choice { queue, recent, lanes, are_lanes_first, astray: Vec::new(), empty: Vec::new() }
    }

    /// Messages that are visible now, `count` at most, and when to look again if there are none.
    pub(crate) fn visible(
        &mut self,
        tx: &Tx<'_>,
        count: usize,
        claimed: &mut Claimed<'_>,
    ) -> Result<(Vec<Waiting>, Option<i64>)> {
        let mut found = Vec::new();
        let mut next_ms = None;
        if self.are_lanes_first {
            next_ms = earlier(next_ms, self.take_from_lanes(tx, count, claimed, &mut found)?);
        }
        if found.len() < count {
            next_ms = earlier(next_ms, self.take_from_index(tx, count, claimed, &mut found)?);
        }
        if found.len() < count && !self.are_lanes_first {
            next_ms = earlier(next_ms, self.take_from_lanes(tx, count, claimed, &mut found)?);
        }
        let missing = self.astray.len().min(count - found.len());
        found.extend(self.astray.drain(..missing));
        Ok((found, next_ms))
    }

    fn take_from_index(
        &mut self,
        tx: &Tx<'_>,
        count: usize,
        claimed: &mut Claimed<'_>,
        found: &mut Vec<Waiting>,
    ) -> Result<Option<i64>> {
        if self.astray.len() >= LOOKS_MAX {
            return Ok(None);
        }
        head(tx, keys::index_of(&self.queue.contents), claimed, |waiting| {
            match waiting.transit.tenant.filter(|tenant| self.lanes.contains(tenant)) {
                Some(_) => self.astray.push(waiting),
                None => found.push(waiting),
            }
            found.len() < count
        })
    }

    fn take_from_lanes(
        &mut self,
        tx: &Tx<'_>,
        count: usize,
        claimed: &mut Claimed<'_>,
        found: &mut Vec<Waiting>,
    ) -> Result<Option<i64>> {
        let mut next_ms = None;
        for tenant in &self.lanes {
            if found.len() == count {
                break;
            }
            let before = found.len();
            let lane_ms = head(tx, keys::lane_of(&self.queue.contents, *tenant), claimed, |waiting| {
                found.push(waiting);
                found.len() < count
            })?;
            if found.len() == before && lane_ms.is_none() {
                self.empty.push(*tenant);
            }
            next_ms = earlier(next_ms, lane_ms);
        }
        Ok(next_ms)
    }

    /// Brings the lanes up to date, after a receive that gave messages of these tenants from the index or from lanes.
    pub(crate) fn settle(self, tx: &mut Tx<'_>, address: &Address, tenants: &[Tenant]) -> Result<()> {
        if self.lanes.is_empty() && tenants.is_empty() {
            return Ok(());
        }
        let mut lanes = self.queue.lanes.clone();
        for tenant in &self.empty {
            let is_astray = |waiting: &Waiting| waiting.transit.tenant == Some(*tenant);
            if !self.astray.iter().any(is_astray) {
                // Nobody may send there meanwhile.
                tx.depend_on_range(keys::lane_of(&self.queue.contents, *tenant).prefix_range());
                lanes.retain(|lane| lane != tenant);
            }
        }
        self.set_astray_aside(tx)?;
        self.open(tx, tenants, &mut lanes)?;
        if lanes != self.queue.lanes {
            let queue = Queue { lanes, ..self.queue.clone() };
            tx.put_record(keys::queue(&address.scope, &address.name), &queue)?;
        }
        Ok(())
    }

    /// Moves messages from the index into the lanes of their tenants; each stays at its moment.
    fn set_astray_aside(&self, tx: &mut Tx<'_>) -> Result<()> {
        for Waiting { entry, id, transit } in &self.astray {
            let (Some((at_ms, _)), Some(tenant)) = (keys::place_of(entry), transit.tenant) else { continue };
            // Whoever the message is for may be faster.
            tx.depend_on(entry);
            tx.delete(&**entry);
            tx.put_compact(keys::lane(&self.queue.contents, tenant, at_ms, id), transit)?;
        }
        Ok(())
    }

    /// Gives lanes to tenants that got too much lately and have more at the head of the index.
    fn open(&self, tx: &Tx<'_>, tenants: &[Tenant], lanes: &mut Vec<Tenant>) -> Result<()> {
        if tenants.is_empty() {
            return Ok(());
        }
        let received: Received = self.recent.of(&self.queue.contents);
        let mut noisy: Vec<_> = tenants.to_vec();
        noisy.sort_by_key(|tenant| tenant.number());
        noisy.dedup();
        noisy.retain(|tenant| !self.lanes.contains(tenant) && received.is_noisy(*tenant));
        if noisy.is_empty() {
            return Ok(());
        }
        let backlog = backlog(tx, self.queue)?;
        noisy.retain(|tenant| backlog.iter().filter(|other| *other == tenant).count() >= BACKLOG_MESSAGES);
        noisy.sort_by_cached_key(|tenant| Reverse(received.count(*tenant)));
        lanes.extend(noisy);
        lanes.truncate(LANES_MAX);
        Ok(())
    }
}

/// The tenants of the messages at the head of the index.
fn backlog(tx: &Tx<'_>, queue: &Queue) -> Result<Vec<Tenant>> {
    let mut tenants = Vec::new();
    for entry in tx.scan_head(keys::index_of(&queue.contents).prefix_range()).take(BACKLOG_LOOKS) {
        let (key, value) = entry?;
        if keys::place_of(&key).is_none_or(|(at_ms, _)| at_ms > tx.now.millis()) {
            break;
        }
        tenants.extend(record::decode::<Transit>(&value)?.tenant);
    }
    Ok(tenants)
}

/// The earlier of two moments, either of which may never come.
fn earlier(one_ms: Option<i64>, other_ms: Option<i64>) -> Option<i64> {
    one_ms.into_iter().chain(other_ms).min()
}
