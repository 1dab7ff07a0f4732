//! CreateMultipartUpload.

use api_s3 as api;
use service::{PrincipalKind, Result, Tx};

use super::checksum::Kind;
use super::upload::{Upload, id_text};
use crate::bucket::Bucket;
use crate::keys::{self, Id};
use crate::object::acl;
use crate::object::customer_key::{BringsKey as _, TellsKey as _};
use crate::object::encryption::TellsEncryption as _;
use crate::object::key;
use crate::object::properties::Properties;
use crate::object::sums;
use crate::object::versions::Versions;
use crate::{lifecycle, owner};

pub(crate) fn create(
    tx: &mut Tx<'_>,
    input: &api::CreateMultipartUploadInput,
) -> Result<api::CreateMultipartUploadOutput> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    key::check(&input.key)?;
    let at = Versions { bucket: &bucket, key: &input.key };
    let list = acl::of_new(&**tx, tx.context, &at, input)?;
    let upload = Upload {
        initiated_ms: tx.now.millis(),
        initiator: initiator(tx),
        checksum: Kind::of_new(input)?,
        properties: Properties::of_new(&**tx, tx.context, &bucket, input, tx.now)?,
        list: list.as_ref().map(wire::keep),
    };
    let id = new_id(tx);
    tx.put_record(keys::upload(&bucket.id, &input.key, &id), &upload)?;
    let (abort_date, abort_rule_id) = lifecycle::abort_of(&**tx, &bucket, &input.key, upload.initiated_ms)?;
    let mut output = api::CreateMultipartUploadOutput {
        abort_date,
        abort_rule_id,
        bucket: Some(input.bucket.clone()),
        key: Some(input.key.clone()),
        upload_id: Some(id_text(&id)),
        checksum_algorithm: upload.checksum.as_ref().map(|kind| kind.algorithm().into()),
        checksum_type: upload.checksum.as_ref().map(|kind| sums::type_of(kind.is_composite)),
        ..Default::default()
    };
    output.tell_encryption(&upload.properties.encryption);
    output.tell_key(input.customer_key()?.as_ref());
    Ok(output)
}

/// Who begins it: an account itself, or one of its identities.
fn initiator(tx: &Tx<'_>) -> String {
    let principal = &tx.context.caller.principal;
    match principal.kind {
        PrincipalKind::Root => owner::canonical_id(tx.scope().account),
        _ => principal.arn.to_string(),
    }
}

/// Later ones are greater.
fn new_id(tx: &Tx<'_>) -> Id {
    let random: [u8; 8] = tx.random().bytes();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&service::rising(tx.now).to_be_bytes());
    id[8..].copy_from_slice(&random);
    id
}
