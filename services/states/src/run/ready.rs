//! Revisions made ready to run: their definition is read once, as long as it is used.

use std::sync::Arc;

use service::{Cloud, Context, Result, Tx};
use states_language::definition::Definition;
use store::Error;

use crate::keys::{self, Id};
use crate::machine::{self, Logging, Revision};
use crate::tasks;

/// A revision to be run.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) definition: Definition,
    pub(crate) role_arn: String,
    pub(crate) logging: Logging,
}

/// The same outside of a transaction.
pub(crate) async fn ready_for(context: &Context, machine: &Id, revision: &Id) -> Result<Arc<Ready>> {
    context.transact(|tx: &mut Tx<'_>| ready(tx, machine, revision)).await
}

/// A revision, made ready by whoever comes first.
pub(crate) fn ready(tx: &Tx<'_>, machine: &Id, revision: &Id) -> Result<Arc<Ready>> {
    tx.get_derived(&keys::revision(machine, revision), |snapshot| {
        Ready::of(&tx.context.cloud, machine::revision(snapshot, machine, revision)?)
    })
}

impl Ready {
    /// What was accepted once is read again: the language only learns.
    pub(crate) fn of(cloud: &Arc<Cloud>, revision: Revision) -> Result<Self> {
        let unreadable = |wrong: Vec<_>| Error::Corrupt { what: "definition", why: format!("{wrong:?}") };
        let definition = Definition::parse(&revision.definition).map_err(unreadable)?;
        let definition = definition.asking(tasks::suitability(cloud));
        Ok(Ready { definition, role_arn: revision.role_arn, logging: revision.logging })
    }
}
