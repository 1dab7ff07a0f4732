//! The job that reads an import's objects, in the order of their keys.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Error, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::Import;
use super::load::Batch;
use super::object::Object;
use crate::formats::{Format, Wrong};
use crate::table::Table;
use crate::tables;
use crate::transfer::{Failure, told};

const IMPORTS: Jobs = Jobs::new("dynamodb", "import-job", 2);
/// When to try again after what may be over in a moment.
const AGAIN_MS: i64 = 1000;
/// Entries that one transaction writes.
const BATCH: usize = 100;

/// An import on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    scope: Scope,
    place: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_import_job: Job);

/// Lets it be done.
pub(super) fn begin(tx: &mut Tx<'_>, import: &Import) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    IMPORTS.put(tx, now_ms, &id, &Job { scope: *import.scope(), place: import.place().into() })
}

/// Imports until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    IMPORTS.run(cloud, work).await
}

async fn work(cloud: Arc<Cloud>, job: Job) -> Result<Verdict<Job>> {
    let found: Option<Import> = cloud.store.snapshot().get_record(&job.place)?;
    let Some(mut import) = found.filter(|import| import.ended_ms.is_none()) else { return Ok(Verdict::Done) };
    let context = import.asker.context(&cloud, job.scope);
    match read(&context, &mut import).await {
        Ok(()) => {
            let failure = (import.counts.errors > 0).then(invalid_items);
            end(&context, &mut import, failure).await?;
        }
        Err(Error::Store(error)) => return Err(error.into()),
        Err(Error::Fault(fault)) => match Failure::of(&fault) {
            None => return Ok(Verdict::Again(job, cloud.clock.now().millis() + AGAIN_MS)),
            failure => end(&context, &mut import, failure).await?,
        },
    }
    Ok(Verdict::Done)
}

fn invalid_items() -> Failure {
    Failure {
        code: "ItemValidationError".to_owned(),
        message: "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for \
                  more details."
            .to_owned(),
    }
}

/// Reads all objects that are not done.
async fn read(context: &Context, import: &mut Import) -> Result<()> {
    import.open_log(context).await?;
    let table: Option<Table> = context.view().get_record(&import.table.key())?;
    let table = table.filter(|table| table.id == import.table_id);
    let table = table.ok_or_else(|| tables::no_table(&import.table))?;
    let format = import.format(&table)?;
    loop {
        let input = api_s3::ListObjectsV2Input {
            bucket: import.from.bucket.clone(),
            prefix: import.from.prefix.clone(),
            start_after: import.progress.finished.clone(),
            expected_bucket_owner: import.from.owner.clone(),
            ..Default::default()
        };
        let page = context.call::<api_s3::ListObjectsV2>(input).await;
        let page = page.map_err(|fault| told("Amazon S3", "S3", context, &fault))?;
        let objects = page.contents.unwrap_or_default();
        for key in objects.into_iter().filter_map(|object| object.key) {
            read_object(context, import, &format, &key).await?;
        }
        if page.is_truncated != Some(true) {
            return Ok(());
        }
    }
}

async fn read_object(context: &Context, import: &mut Import, format: &Format, key: &str) -> Result<()> {
    let is_begun = import.progress.current.as_deref() == Some(key);
    let done = if is_begun { import.progress.within } else { 0 };
    let Some(mut object) = Object::open(context, import, format, key).await? else {
        let gone = [Err(Wrong::Unreadable("The object is not there any more".to_owned()))];
        let batch = Batch { key, first: 0, entries: &gone, bytes: 0, is_last: true };
        return batch.write(context, import).await;
    };
    let mut first = 0;
    while let Some(entries) = object.next(context).await? {
        for batch in entries.chunks(BATCH) {
            let end = first + batch.len() as u64;
            if first >= done {
                let batch = Batch { key, first, entries: batch, bytes: object.bytes, is_last: false };
                batch.write(context, import).await?;
            } else if end > done {
                // What was done before the process ended.
                let rest = batch.get((done - first) as usize..).unwrap_or_default();
                let batch = Batch { key, first: done, entries: rest, bytes: object.bytes, is_last: false };
                batch.write(context, import).await?;
            }
            first = end;
        }
    }
    let end = Batch { key, first, entries: &[], bytes: object.bytes, is_last: true };
    end.write(context, import).await
}

/// Says that it is over, and lets the table be used. A table that got nothing before the bucket refused is none.
async fn end(context: &Context, import: &mut Import, failure: Option<Failure>) -> Result<()> {
    import.failure = failure;
    let got_nothing = import.counts.processed == 0 && import.failure.is_some();
    let once = |tx: &mut Tx<'_>| {
        import.ended_ms = Some(tx.now.millis());
        let place = import.table.key();
        let table: Option<Table> = tx.get_record(&place)?;
        match table.filter(|table| table.id == import.table_id) {
            Some(table) if got_nothing => tables::discard(tx, &table)?,
            Some(table) => tx.put_record(place, &Table { is_importing: false, ..table })?,
            None => {}
        }
        Ok(tx.put_record(import.place(), import)?)
    };
    context.transact(once).await
}
