//! ImportTable.

use api_dynamodb as api;
use service::{Idempotency, Remembered, Result, Tx};
use store::{Bytes, Reads as _, record};

use super::{Counts, Import, KIND, Progress, Source, job};
use crate::backups::label;
use crate::table::Table;
use crate::transfer::{Asker, TOKEN_MS, forget, owner};
use crate::{errors, keys, tables};

const REMEMBERED: Idempotency = Idempotency::new("dynamodb", "import", TOKEN_MS);

pub(crate) fn begin(tx: &mut Tx<'_>, input: &api::ImportTableInput) -> Result<api::ImportTableOutput> {
    let format = input.input_format.as_str();
    if input.input_format_options.as_ref().is_some_and(|options| options.csv.is_some()) && format != "CSV" {
        return Err(errors::invalid(format!(
            "Invalid Request: Unsupported InputFormatOptions for the given input format: {format}."
        ))
        .into());
    }
    let import = match repeated(tx, input)? {
        Some(import) => import,
        None => begun(tx, input)?,
    };
    Ok(api::ImportTableOutput { import_table_description: import.description()? })
}

/// The import that a request with the same token began. As at AWS, it must be of the same table, and nothing else.
fn repeated(tx: &Tx<'_>, input: &api::ImportTableInput) -> Result<Option<Import>> {
    let Some(token) = &input.client_token else { return Ok(None) };
    let Some(before) = REMEMBERED.get(&**tx, tx.now, &owner(&tx.scope()), token)? else { return Ok(None) };
    if before.fingerprint != input.table_creation_parameters.table_name.as_bytes() {
        return Err(api::error::import_conflict_exception(KIND.conflict()).into());
    }
    Ok(tx.get_record(&before.answer)?)
}

fn begun(tx: &mut Tx<'_>, input: &api::ImportTableInput) -> Result<Import> {
    let is_open = |record: &Bytes| Ok(record::decode::<Import>(record)?.ended_ms.is_none());
    KIND.check_number(tx, &keys::imports(&tx.scope()), is_open)?;
    let asked = &input.table_creation_parameters;
    let table = tables::made(tx, &creation(asked))?;
    let table = Table { is_importing: true, ..table };
    tx.put_record(table.place().key(), &table)?;
    let import = Import {
        table: table.place(),
        table_id: table.id,
        label: label(tx),
        asker: Asker::of(tx.context),
        started_ms: tx.now.millis(),
        ended_ms: None,
        failure: None,
        token: input.client_token.clone(),
        from: source(input),
        creation: wire::keep(asked),
        counts: Counts::default(),
        progress: Progress::default(),
    };
    tx.put_record(import.place(), &import)?;
    if let Some(token) = &input.client_token {
        let fingerprint = table.name.clone().into_bytes().into();
        let answer = Remembered { fingerprint, answer: Vec::from(import.place()).into() };
        let (now, owner) = (tx.now, owner(&tx.scope()));
        REMEMBERED.put(tx, now, &owner, token, answer)?;
    }
    job::begin(tx, &import)?;
    forget::begin(tx, import.place())?;
    Ok(import)
}

/// The table, as CreateTable would be asked for it.
fn creation(asked: &api::TableCreationParameters) -> api::CreateTableInput {
    let asked = asked.clone();
    api::CreateTableInput {
        table_name: asked.table_name,
        attribute_definitions: Some(asked.attribute_definitions),
        key_schema: Some(asked.key_schema),
        billing_mode: asked.billing_mode,
        provisioned_throughput: asked.provisioned_throughput,
        on_demand_throughput: asked.on_demand_throughput,
        sse_specification: asked.sse_specification,
        global_secondary_indexes: asked.global_secondary_indexes,
        ..Default::default()
    }
}

fn source(input: &api::ImportTableInput) -> Source {
    let from = &input.s3_bucket_source;
    Source {
        bucket: from.s3_bucket.clone(),
        owner: from.s3_bucket_owner.clone(),
        prefix: from.s3_key_prefix.clone(),
        format: input.input_format.to_string(),
        options: input.input_format_options.as_ref().map(wire::keep),
        packing: input.input_compression_type.as_ref().map_or("NONE".to_owned(), ToString::to_string),
    }
}
