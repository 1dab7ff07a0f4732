//! Followers: one for each table that has a time to live, which enters what was there before and deletes what is due.

use std::collections::HashSet;
use std::sync::Arc;

use names::{Arn, Scope};
use service::{Cloud, Result, Tx};
use store::tuple::Parts;
use store::{Direction, Reads as _};
use tokio::task::JoinSet;
use wire::{Fault, Timestamp};

use super::{AHEAD_MS, Entered, Progress, Ttl, entry, moment};
use crate::change::Change;
use crate::keys::{self, Id};
use crate::stream::Cause;
use crate::table::{Place, Table};
use crate::{pieces, stored};

/// What a follower does next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Another step.
    Step,
    /// Nothing before that moment (in milliseconds).
    Wait(i64),
    /// The table has no time to live any more.
    End,
}

/// Keeps a follower for every time to live.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let mut news = cloud.store.watch(keys::ttls());
    let mut followers = JoinSet::new();
    let mut followed = HashSet::new();
    loop {
        for found in cloud.store.snapshot().scan(keys::ttls().prefix_range(), Direction::Forward) {
            let key = found?.0;
            if followed.insert(key.to_vec()) {
                let follower = follow(Arc::clone(&cloud), key.to_vec());
                followers.spawn(async move { (key, follower.await) });
            }
        }
        tokio::select! {
            () = news.changed() => {}
            Some(ended) = followers.join_next() => match ended {
                Ok((key, outcome)) => {
                    followed.remove(&key[..]);
                    outcome?;
                }
                // All of them start again: which one it was is unknown.
                Err(panic) => return Err(Fault::new("InternalFailure", 500, panic.to_string()).into()),
            },
        }
    }
}

/// Follows one until it ends. `key` is that of its progress.
async fn follow(cloud: Arc<Cloud>, key: Vec<u8>) -> Result<()> {
    let Ok(id) = Id::try_from(&*Parts::new(&key[keys::ttls().len()..]).bytes()?) else { return Ok(()) };
    let mut news = cloud.store.watch(keys::expiries(&id));
    let Some(progress) = cloud.store.snapshot().get_record::<Progress>(&key)? else { return Ok(()) };
    let Some(place) = place_of(&progress.table) else { return Ok(()) };
    let context = cloud.context_of("dynamodb", place.scope);
    loop {
        match context.transact(|tx| step(tx, &id, &place)).await? {
            Next::Step => {}
            Next::End => return Ok(()),
            Next::Wait(due_ms) => {
                let until_ms = due_ms.min(context.now().millis() + AHEAD_MS);
                tokio::select! {
                    () = news.changed() => {}
                    () = cloud.clock.sleep_until(Timestamp(until_ms)) => {}
                }
            }
        }
    }
}

fn place_of(table: &str) -> Option<Place> {
    let scope: Scope = table.parse::<Arn>().ok()?.scope()?;
    Some(Place::of(&scope, table))
}

fn step(tx: &mut Tx<'_>, id: &Id, place: &Place) -> Result<Next> {
    let progress: Option<Progress> = tx.get_record(&keys::ttl(id))?;
    let table: Option<Arc<Table>> = tx.get_shared(&place.key())?;
    let Some(progress) = progress else { return Ok(Next::End) };
    let ttl = table.as_ref().and_then(|table| Some((table, table.ttl.as_ref()?)));
    let Some((table, ttl)) = ttl.filter(|(_, ttl)| ttl.id == *id) else {
        tx.delete(keys::ttl(id));
        return Ok(Next::End);
    };
    match &progress.entered {
        Entered::To(last) => {
            let entered = enter(tx, table, ttl, last)?;
            tx.put_record(keys::ttl(id), &Progress { entered, ..progress })?;
            Ok(Next::Step)
        }
        Entered::All => delete_due(tx, table, ttl),
    }
}

/// Enters the next items after `last`.
fn enter(tx: &mut Tx<'_>, table: &Table, ttl: &Ttl, last: &[u8]) -> Result<Entered> {
    let piece = pieces::next(tx, &table.id, Some(last).filter(|last| !last.is_empty()))?;
    let items = keys::items(&table.id);
    for (rest, item) in &piece.items {
        let place = [&items, &rest[..]].concat();
        // Who writes it meanwhile enters it too, or takes it out.
        tx.depend_on(&place);
        let due_s = moment::of(item, &ttl.attribute).filter(|due_s| moment::counts(*due_s, tx.now));
        if let Some(due_s) = due_s {
            tx.put(entry(table, ttl, due_s, &place), Vec::new());
        }
    }
    Ok(piece.done.map_or(Entered::All, Entered::To))
}

/// Deletes the first of what is due.
fn delete_due(tx: &mut Tx<'_>, table: &Table, ttl: &Ttl) -> Result<Next> {
    let entries = keys::expiries(&ttl.id);
    let items = keys::items(&table.id);
    let now_s = tx.now.millis() / 1000;
    let mut due = Vec::new();
    let mut next = Next::Wait(i64::MAX);
    for found in tx.scan_head(entries.prefix_range()) {
        let key = found?.0;
        let mut parts = Parts::new(&key[entries.len()..]);
        let due_s = parts.i64()?;
        if due_s > now_s {
            next = Next::Wait(due_s.saturating_mul(1000));
            break;
        }
        if due.len() == pieces::ITEMS_MAX {
            next = Next::Step;
            break;
        }
        let place = [&items[..], &parts.bytes()?].concat();
        due.push((key, due_s, place));
    }
    let mut bytes = 0;
    for (key, due_s, place) in due {
        tx.depend_on(&key);
        tx.delete(&*key);
        let Some(value) = tx.get(&place)? else { continue };
        let item = stored::item(&stored::read(&value)?)?;
        if moment::of(&item, &ttl.attribute) != Some(due_s) {
            continue;
        }
        let place = crate::key::place(table, &item);
        Change { table, place: &place, old: Some(&item), new: None }.carry_out_for(tx, Cause::Expiry)?;
        bytes += value.len();
        if bytes >= pieces::BYTES_MAX {
            return Ok(Next::Step);
        }
    }
    Ok(next)
}
