//! Replicas that come: made of a table in another region, and filled a piece at a time in the background.
//!
//! Whoever writes an item of the table after the replica is in its record leaves a mark for it (see `outgoing`), because each
//! write reads that record. So a piece copies items as they are in its own transaction, and runs again when one of them
//! changes. Nobody uses a replica before it has all of them, so what a piece finds there is never newer.

use std::sync::Arc;

use names::Region;
use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::{Global, Replica, State, outgoing};
use crate::index::Index;
use crate::keys::{self, Id};
use crate::pieces;
use crate::stream;
use crate::table::{Place, Table};
use crate::ttl;

const JOINS: Jobs = Jobs::new("dynamodb", "join", 4);
/// A replica that comes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Join {
    source: Place,
    replica: Place,
    /// The replica's own.
    table: Id,
    /// The key of the last item that is there, behind the table's id.
    done: Option<Vec<u8>>,
}

#[cfg(test)]
layouts::stays!(stored_join: Join);

/// Makes a replica of a table in a region; the caller gives it settings of its own, and writes the records of both.
pub(super) fn begin(tx: &mut Tx<'_>, source: &mut Table, region: Region) -> Result<Table> {
    let now_ms = tx.now.millis();
    let group = source.global.as_ref().map_or_else(|| tx.random().bytes(), |global| global.group);
    let here =
        source.global.get_or_insert_with(|| Global { group, state: State::Active, replicas: Vec::new() });
    let mut others = vec![Replica { region: source.scope.region, sourced_ms: None }];
    others.extend(here.replicas.iter().map(|replica| Replica { sourced_ms: None, ..replica.clone() }));
    here.replicas.push(Replica { region, sourced_ms: Some(now_ms) });
    let state = State::Creating { source: source.scope.region };
    let index = |index: &Index| Index { id: tx.random().bytes(), ..index.clone() };
    let place = source.place_in(region);
    let mut replica = Table {
        scope: place.scope,
        id: tx.random().bytes(),
        indexes: source.indexes.iter().map(index).collect(),
        protected: false,
        created_ms: now_ms,
        ttl: None,
        stream: None,
        policy: None,
        insights: Default::default(),
        global: Some(Global { group, state, replicas: others }),
        history: None,
        ..source.clone()
    };
    ttl::set(tx, &mut replica, source.ttl.as_ref().map(|ttl| &*ttl.attribute))?;
    let join = Join { source: source.place(), replica: place, table: replica.id, done: None };
    let id = tx.random().bytes();
    JOINS.put(tx, now_ms, &id, &join)?;
    Ok(replica)
}

/// Fills replicas until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, join: Arc<Join>| async move {
        Ok((cloud.context_of("dynamodb", join.replica.scope), ()))
    };
    JOINS.run_in_transactions(cloud, prepare, |tx, join, ()| piece(tx, join)).await
}

/// Copies the next piece.
fn piece(tx: &mut Tx<'_>, join: &Join) -> Result<Verdict<Join>> {
    let replica: Option<Arc<Table>> = tx.get_shared(&join.replica.key())?;
    let source: Option<Arc<Table>> = tx.get_shared(&join.source.key())?;
    let Some(replica) = replica.filter(|replica| replica.id == join.table) else { return Ok(Verdict::Done) };
    let Some(source) = source else { return Ok(Verdict::Done) };
    let piece = pieces::next(tx, &source.id, join.done.as_deref())?;
    let items = keys::items(&source.id);
    for (rest, item) in &piece.items {
        tx.depend_on(&[&items, &rest[..]].concat());
        outgoing::give(tx, &replica, rest, Some(item))?;
    }
    if let Some(done) = piece.done {
        return Ok(Verdict::Again(Join { done: Some(done), ..join.clone() }, tx.now.millis()));
    }
    let mut replica = Table::clone(&replica);
    // What it was made of is none of its stream's.
    replica.stream = Some(stream::of_replica(tx, &replica, &source)?);
    if let Some(global) = &mut replica.global {
        global.state = State::Active;
    }
    tx.put_record(join.replica.key(), &replica)?;
    Ok(Verdict::Done)
}
