//! The change of one item: where it is stored, and all that follows from it in the same transaction.
//!
//! Every write of an item ends here, whichever operation it comes from. What must agree with the items at each moment has a
//! line in [`Change::carry_out_for`]. Conditions and what an operation returns are never here.

use expressions::Item;
use service::{Result, Tx};
use store::tuple::Key;

use crate::index::entry;
use crate::stream::Cause;
use crate::table::Table;
use crate::{backups, global, stored, stream, ttl};

/// An item as it was, and as it is to be.
pub(crate) struct Change<'a> {
    pub(crate) table: &'a Table,
    pub(crate) place: &'a Key,
    /// Unknown, and None, where the table [does not ask](Table::follows_items) and the operation has not read it.
    pub(crate) old: Option<&'a Item>,
    /// None deletes.
    pub(crate) new: Option<&'a Item>,
}

impl Change<'_> {
    /// Carries it out. To delete what is not there is no change.
    pub(crate) fn carry_out(&self, tx: &mut Tx<'_>) -> Result<()> {
        self.carry_out_for(tx, Cause::Request)
    }

    /// The same, for that cause.
    pub(crate) fn carry_out_for(&self, tx: &mut Tx<'_>, cause: Cause) -> Result<()> {
        let record = self.new.map(stored::record);
        match &record {
            Some(record) => tx.put(self.place, record.clone()),
            None if self.old.is_some() => tx.delete(self.place),
            None => {}
        }
        entry::follow(tx, self, record.as_ref());
        ttl::follow(tx, self)?;
        backups::history::follow(tx, self)?;
        stream::follow(tx, self, cause)?;
        global::follow(tx, self, cause)
    }
}
