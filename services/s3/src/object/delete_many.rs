//! DeleteObjects: a thousand at once, each for itself.

use api_s3 as api;
use service::{Context, Error, Result, Tx};
use wire::Fault;

use super::delete::{self, Deleted, Wish};
use crate::bucket::Bucket;
use crate::errors;

/// Keys that one request may name.
const OBJECTS_MAX: usize = 1000;
/// Objects that one transaction deletes.
const PIECE: usize = 100;

pub(crate) async fn delete_many(
    context: Context,
    input: api::DeleteObjectsInput,
) -> Result<api::DeleteObjectsOutput> {
    let wanted = &input.delete.objects;
    if wanted.is_empty() || wanted.len() > OBJECTS_MAX {
        return Err(errors::malformed_xml().into());
    }
    Bucket::of(&*context.view(), &context, &input)?;
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for piece in wanted.chunks(PIECE) {
        let outcomes = context.transact(|tx| delete_piece(tx, &input, piece)).await?;
        for (wish, outcome) in piece.iter().zip(outcomes) {
            match outcome {
                Ok(outcome) => deleted.push(shown(wish, outcome)),
                Err(fault) => failed.push(refused(wish, &fault)),
            }
        }
    }
    let is_quiet = input.delete.quiet.unwrap_or_default();
    Ok(api::DeleteObjectsOutput {
        deleted: (!is_quiet && !deleted.is_empty()).then_some(deleted),
        errors: (!failed.is_empty()).then_some(failed),
        ..Default::default()
    })
}

/// Deletes some of them; a client's mistake fails its entry alone.
fn delete_piece(
    tx: &mut Tx<'_>,
    input: &api::DeleteObjectsInput,
    piece: &[api::ObjectIdentifier],
) -> Result<Vec<Result<Deleted, Fault>>> {
    let bucket = Bucket::of(&**tx, tx.context, input)?;
    let bypass = input.bypass_governance_retention.unwrap_or_default();
    let each = piece.iter().map(|wanted| {
        let wish = Wish {
            key: &wanted.key,
            version: wanted.version_id.as_deref(),
            is: wanted.e_tag.as_deref(),
            bypass,
        };
        match tx.part(|tx| delete::one(tx, &bucket, &wish)) {
            Ok(deleted) => Ok(Ok(deleted)),
            Err(Error::Fault(fault)) => Ok(Err(fault)),
            Err(error) => Err(error),
        }
    });
    each.collect()
}

fn shown(wanted: &api::ObjectIdentifier, outcome: Deleted) -> api::DeletedObject {
    let Deleted { version_id, is_marker } = outcome;
    api::DeletedObject {
        key: Some(wanted.key.clone()),
        version_id: wanted.version_id.clone(),
        delete_marker: is_marker.then_some(true),
        delete_marker_version_id: version_id.filter(|_| is_marker),
    }
}

fn refused(wanted: &api::ObjectIdentifier, fault: &Fault) -> api::Error {
    api::Error {
        key: Some(wanted.key.clone()),
        version_id: wanted.version_id.clone(),
        code: Some(fault.code.clone().into_owned()),
        message: Some(fault.message.clone()),
    }
}
