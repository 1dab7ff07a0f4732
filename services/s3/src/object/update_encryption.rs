//! UpdateObjectEncryption: an object gets another key, and stays the same version.

use api_s3 as api;
use service::{Result, Tx};

use super::existing::{Action, Existing};
use super::version::Encryption;
use crate::errors;

pub(crate) fn update(
    tx: &mut Tx<'_>,
    input: &api::UpdateObjectEncryptionInput,
) -> Result<api::UpdateObjectEncryptionOutput> {
    let action = Action::of_both("UpdateObjectEncryption");
    let mut object = Existing::of(&**tx, tx.context, input, action)?;
    if matches!(object.content.encryption, Encryption::Customer(_)) {
        let message = "The encryption of objects with customer-provided keys cannot be updated.";
        return Err(errors::invalid_request(message).into());
    }
    let api::ObjectEncryption::Ssekms(wanted) = &input.object_encryption;
    object.content.encryption = Encryption::Kms {
        kind: "aws:kms".to_owned(),
        key: Some(wanted.kms_key_arn.clone()),
        has_bucket_key: wanted.bucket_key_enabled.unwrap_or_default(),
    };
    object.put(tx)?;
    Ok(api::UpdateObjectEncryptionOutput::default())
}
