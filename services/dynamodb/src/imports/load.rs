//! Entries of an object become items of the table: a batch in each transaction, with how far the import is then.

use std::sync::Arc;

use expressions::Item;
use service::{Context, Error, Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::Import;
use super::complaints::Complaint;
use crate::action::{Action, Step};
use crate::formats::Wrong;
use crate::guard::Guard;
use crate::table::Table;

/// Entries of one object that follow one another.
pub(super) struct Batch<'a> {
    pub(super) key: &'a str,
    /// The number of the first one in its object.
    pub(super) first: u64,
    pub(super) entries: &'a [Result<Item, Wrong>],
    /// Bytes of the object that were read.
    pub(super) bytes: i64,
    /// Whether the object is done with them.
    pub(super) is_last: bool,
}

impl Batch<'_> {
    /// Writes it, and what the import is then.
    pub(super) async fn write(&self, context: &Context, import: &mut Import) -> Result<()> {
        *import = context.transact(|tx| self.carry_out(tx, import)).await?;
        Ok(())
    }

    fn carry_out(&self, tx: &mut Tx<'_>, import: &Import) -> Result<Import> {
        let mut next = import.clone();
        let table: Option<Arc<Table>> = tx.get_shared(&import.table.key())?;
        let table = table.filter(|table| table.id == import.table_id);
        let table = table.ok_or_else(|| crate::tables::no_table(&import.table))?;
        let mut complaints = Vec::new();
        for (index, entry) in (self.first..).zip(self.entries) {
            let written = match entry {
                Ok(item) => put(tx, &table, item)?.err().map(Wrong::Invalid),
                Err(wrong) => Some(wrong.clone()),
            };
            complaints.extend(written.map(|wrong| Complaint { key: self.key, index, wrong }));
        }
        import.complain(tx, &complaints)?;
        let (all, wrong) = (self.entries.len(), complaints.len());
        next.counts.processed += all as i64;
        next.counts.errors += wrong as i64;
        next.counts.imported += (all - wrong) as i64;
        next.counts.bytes = next.progress.finished_bytes + self.bytes;
        next.progress.current = Some(self.key.to_owned());
        next.progress.within = self.first + all as u64;
        if self.is_last {
            next.progress.finished = next.progress.current.take();
            next.progress.finished_bytes = next.counts.bytes;
            next.progress.within = 0;
        }
        tx.put_record(next.place(), &next)?;
        Ok(next)
    }
}

/// Puts an item, or says what is wrong with it.
fn put(tx: &mut Tx<'_>, table: &Arc<Table>, item: &Item) -> Result<Result<(), Fault>> {
    let step = Action::put(item.clone()).and_then(|put| Step::new(Arc::clone(table), put, Guard::default()));
    let weighed = match step.map(|step| step.weigh(tx, false)) {
        Err(fault) | Ok(Err(Error::Fault(fault))) => return Ok(Err(fault)),
        Ok(weighed) => weighed?,
    };
    match weighed {
        Ok(outcome) => Ok(Ok(outcome.write(tx)?)),
        Err(refusal) => Ok(Err(refusal.into())),
    }
}
