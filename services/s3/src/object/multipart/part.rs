//! A part on its way into an upload, from a client or from another object.

use service::{Result, Tx};
use store::Reads as _;
use wire::Fault;

use super::upload::{self, OfUpload, Upload};
use crate::object::body::Received;
use crate::object::parts::Part;
use crate::{errors, keys};

/// The greatest number of a part.
pub(crate) const NUMBER_MAX: u32 = 10_000;

/// The number of a part, as a client says it.
///
/// # Errors
/// `InvalidArgument`.
pub(crate) fn number(said: i32) -> Result<u32, Fault> {
    let number = u32::try_from(said).ok().filter(|number| (1..=NUMBER_MAX).contains(number));
    number.ok_or_else(|| {
        let message = format!("Part number must be an integer between 1 and {NUMBER_MAX}, inclusive");
        errors::argument(message, "partNumber", &said.to_string())
    })
}

/// Makes a part visible. One that its upload had of that number is gone.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    input: &impl OfUpload,
    number: u32,
    received: &Received,
) -> Result<(Upload, Part)> {
    let found = upload::find(&**tx, tx.context, input)?;
    let key = keys::part_of_upload(&found.id, number);
    if let Some(older) = tx.get_record::<Part>(&key)? {
        older.blob.release(tx);
    }
    let part = Part {
        number,
        modified_ms: tx.now.millis(),
        digest: received.digest,
        checksum: received.checksum.value.clone(),
        blob: received.written.refer(tx)?,
        is_sealed: received.is_sealed,
    };
    tx.put_compact(key, &part)?;
    Ok((found.upload, part))
}
