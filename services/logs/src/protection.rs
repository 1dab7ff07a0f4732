//! Log groups are protected against deletion, and no longer.

use api_logs as api;
use service::{Result, Tx};

use crate::{group, keys};

pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &api::PutLogGroupDeletionProtectionInput,
) -> Result<api::PutLogGroupDeletionProtectionOutput> {
    let scope = tx.scope();
    let name = group::named(&scope, None, Some(&input.log_group_identifier))?;
    let mut group = group::find(&**tx, &scope, name)?;
    group.protected = input.deletion_protection_enabled;
    tx.put_record(keys::group(&scope, name), &group)?;
    Ok(api::PutLogGroupDeletionProtectionOutput::default())
}
