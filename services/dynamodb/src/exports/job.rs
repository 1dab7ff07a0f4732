//! The job that writes an export. What was written is noted file by file, so a process that ends costs one file at most.

use std::sync::Arc;

use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Error, Jobs, Result, Tx, Verdict};
use store::Reads as _;

use super::Export;
use super::file::Written;
use crate::transfer::Failure;
use crate::{SWEEPER, keys};

const EXPORTS: Jobs = Jobs::new("dynamodb", "export-job", 2);
/// When to try again after what may be over in a moment.
const AGAIN_MS: i64 = 1000;

/// An export on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    scope: Scope,
    place: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_export_job: Job);

/// Lets it be done.
pub(super) fn begin(tx: &mut Tx<'_>, export: &Export) -> Result<()> {
    let (now_ms, id) = (tx.now.millis(), tx.random().bytes());
    EXPORTS.put(tx, now_ms, &id, &Job { scope: *export.scope(), place: export.place().into() })
}

/// Exports until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    EXPORTS.run(cloud, work).await
}

async fn work(cloud: Arc<Cloud>, job: Job) -> Result<Verdict<Job>> {
    let found: Option<Export> = cloud.store.snapshot().get_record(&job.place)?;
    let Some(mut export) = found.filter(|export| export.ended_ms.is_none()) else { return Ok(Verdict::Done) };
    let context = export.asker.context(&cloud, job.scope);
    match write(&context, &mut export).await {
        Ok(()) => Ok(Verdict::Done),
        Err(Error::Store(error)) => Err(error.into()),
        Err(Error::Fault(fault)) => match Failure::of(&fault) {
            None => Ok(Verdict::Again(job, cloud.clock.now().millis() + AGAIN_MS)),
            failure => {
                end(&context, &mut export, failure).await?;
                Ok(Verdict::Done)
            }
        },
    }
}

async fn write(context: &Context, export: &mut Export) -> Result<()> {
    if !export.progress.has_begun {
        export.put(context, export.object("_started"), Vec::new()).await?;
        export.progress.has_begun = true;
        note(context, export, None).await?;
    }
    while !export.progress.is_whole {
        let number = export.progress.files;
        let (written, progress) = export.write_file(context).await?;
        export.progress = progress;
        note(context, export, Some((number, written))).await?;
    }
    export.write_manifests(context, context.now()).await?;
    end(context, export, None).await
}

/// Notes how far it is, and the file that it wrote.
async fn note(context: &Context, export: &Export, file: Option<(u64, Written)>) -> Result<()> {
    let once = |tx: &mut Tx<'_>| {
        if let Some((number, written)) = &file {
            tx.put_record(keys::export_files(&export.id).u64(*number), written)?;
        }
        Ok(tx.put_record(export.place(), export)?)
    };
    context.transact(once).await
}

async fn end(context: &Context, export: &mut Export, failure: Option<Failure>) -> Result<()> {
    export.failure = failure;
    let once = |tx: &mut Tx<'_>| {
        export.ended_ms = Some(tx.now.millis());
        export.reading.end(tx)?;
        SWEEPER.put(tx, &keys::export_files(&export.id));
        Ok(tx.put_record(export.place(), export)?)
    };
    context.transact(once).await
}
