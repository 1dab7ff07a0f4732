//! ExportTableToPointInTime.

use api_dynamodb as api;
use names::Arn;
use ring::digest::{SHA256, digest};
use service::{Idempotency, Remembered, Result, Tx};
use store::{Bytes, Reads as _, record};
use wire::{Fault, Timestamp};

use super::{Destination, Export, Format, KIND, Progress, Range, job, window};
use crate::backups::history::Reading;
use crate::backups::label;
use crate::table::{Place, Table};
use crate::transfer::{Asker, TOKEN_MS, denied, forget, owner};
use crate::{errors, keys};

const REMEMBERED: Idempotency = Idempotency::new("dynamodb", "export", TOKEN_MS);

pub(crate) fn begin(
    tx: &mut Tx<'_>,
    input: &api::ExportTableToPointInTimeInput,
) -> Result<api::ExportTableToPointInTimeOutput> {
    window::check(input)?;
    check_encryption(input)?;
    let mut table = find_table(tx, &input.table_arn)?;
    let shown = match repeated(tx, input)? {
        Some(export) => export,
        None => begun(tx, input, &mut table)?,
    };
    Ok(api::ExportTableToPointInTimeOutput { export_description: Some(shown.description()) })
}

fn check_encryption(input: &api::ExportTableToPointInTimeInput) -> Result<(), Fault> {
    let is_kms = input.s3_sse_algorithm.as_ref().is_some_and(|algorithm| algorithm.as_str() == "KMS");
    match input.s3_sse_kms_key_id.is_some() && !is_kms {
        true => Err(errors::invalid("Invalid Request: KMS Key Id is not supported for this encryption type")),
        false => Ok(()),
    }
}

fn find_table(tx: &Tx<'_>, arn: &str) -> Result<Table> {
    let parsed = arn.parse::<Arn>().ok().filter(|arn| arn.service() == "dynamodb");
    let parsed = parsed.ok_or_else(|| errors::invalid_values("tableArn is not a valid ARN"))?;
    let name = parsed.resource().strip_prefix("table/").filter(|name| !name.contains('/'));
    let name = name.ok_or_else(|| errors::invalid("Invalid Request: Table ARN is invalid."))?;
    let scope = tx.scope();
    if parsed.account() != Some(scope.account) {
        return Err(denied().into());
    }
    let place = Place { scope, name: name.to_owned() };
    let table: Option<Table> = tx.get_record(&place.key())?;
    let table = table.filter(|table| table.is_usable() && parsed.region() == Some(scope.region));
    Ok(table.ok_or_else(|| api::error::table_not_found_exception(format!("Table not found: {arn}")))?)
}

/// The export that a request with the same token began.
fn repeated(tx: &Tx<'_>, input: &api::ExportTableToPointInTimeInput) -> Result<Option<Export>> {
    let Some(token) = &input.client_token else { return Ok(None) };
    let Some(before) = REMEMBERED.get(&**tx, tx.now, &owner(&tx.scope()), token)? else { return Ok(None) };
    if before.fingerprint != fingerprint(input) {
        return Err(api::error::export_conflict_exception(KIND.conflict()).into());
    }
    Ok(tx.get_record(&before.answer)?)
}

fn fingerprint(input: &api::ExportTableToPointInTimeInput) -> Vec<u8> {
    digest(&SHA256, &wire::keep(input)).as_ref().to_vec()
}

fn begun(tx: &mut Tx<'_>, input: &api::ExportTableToPointInTimeInput, table: &mut Table) -> Result<Export> {
    let range = window::range(input, table, tx.now)?;
    let is_open = |record: &Bytes| Ok(record::decode::<Export>(record)?.ended_ms.is_none());
    KIND.check_number(tx, &keys::exports(&tx.scope()), is_open)?;
    // What changes at the second moment is not in it.
    let at = match range {
        Range::Full { .. } => input.export_time,
        Range::Changes { to_ms, .. } => Some(Timestamp(to_ms - 1)),
    };
    let export = Export {
        table: table.place(),
        table_id: table.id,
        key: table.key_parts().map(|part| part.name.clone()).collect(),
        label: label(tx),
        id: tx.random().bytes(),
        asker: Asker::of(tx.context),
        started_ms: tx.now.millis(),
        ended_ms: None,
        failure: None,
        token: input.client_token.clone(),
        to: destination(input),
        format: match input.export_format.as_ref().map(api::ExportFormat::as_str) {
            Some("ION") => Format::Ion,
            _ => Format::Json,
        },
        range,
        reading: Reading::begin(tx, table, at),
        progress: Progress::default(),
    };
    tx.put_record(table.place().key(), table)?;
    tx.put_record(export.place(), &export)?;
    if let Some(token) = &input.client_token {
        let answer = Vec::from(export.place()).into();
        let remembered = Remembered { fingerprint: fingerprint(input).into(), answer };
        let (now, owner) = (tx.now, owner(&tx.scope()));
        REMEMBERED.put(tx, now, &owner, token, remembered)?;
    }
    job::begin(tx, &export)?;
    forget::begin(tx, export.place())?;
    Ok(export)
}

fn destination(input: &api::ExportTableToPointInTimeInput) -> Destination {
    let encryption = input.s3_sse_algorithm.as_ref().map_or("AES256", api::S3SseAlgorithm::as_str);
    Destination {
        bucket: input.s3_bucket.clone(),
        owner: input.s3_bucket_owner.clone(),
        prefix: input.s3_prefix.clone(),
        encryption: encryption.to_owned(),
        key_id: input.s3_sse_kms_key_id.clone(),
    }
}
