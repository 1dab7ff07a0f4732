//! What becomes of objects over time: carries out the rules that [`crate::settings::lifecycle`] checks.
//!
//! A bucket with rules has a timer. It rings when rules are put, and then at each midnight (UTC) of the cloud's clock; a round goes
//! over all versions of the bucket, and then over its uploads, a piece at a time. Where it is stands in the timer's own record,
//! so that it goes on after a restart. What is to be done to an object is decided twice: on a snapshot, and again in the
//! transaction that does it, by what the object is then.
//!
//! Follows "Managing the lifecycle of objects" in S3's user guide. A bucket without rules costs nothing.

mod act;
mod class;
mod days;
mod expiry;
mod fortune;
mod rules;
mod survey;
mod uploads;

use std::sync::Arc;

use api_s3 as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Timers, Verdict};
use store::{Reads, Transaction};

use crate::bucket::Bucket;
use crate::object::versions::Keeping;
use crate::{keys, setting};
use rules::Rules;
use survey::Place;

pub(crate) use days::{after, next_midnight};
pub(crate) use expiry::{abort_of, expiration_of};

/// One for each bucket that has rules, by the bucket's name.
const TIMERS: Timers = Timers::new("s3", "lifecycle", 2);

/// A round of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    /// When it began; nothing for one that is still to begin.
    began_ms: Option<i64>,
    stage: Stage,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// It begins behind that place.
    Versions(Option<Place>),
    /// It begins behind the upload of that key and id.
    Uploads(Option<(String, keys::Id)>),
}

#[cfg(test)]
layouts::stays!(stored_round: Round);

impl Round {
    const NEXT: Self = Round { began_ms: None, stage: Stage::Versions(None) };
}

/// Begins a round for rules that were put. `nonce` are fresh random bytes.
pub(crate) fn begin(tx: &mut Transaction, bucket: &str, now_ms: i64, nonce: &keys::Id) -> Result<()> {
    TIMERS.set(tx, now_ms, bucket, nonce, &Round::NEXT)
}

/// When the next round of a bucket begins.
#[cfg(test)]
pub(crate) fn due_ms(reads: &impl Reads, bucket: &str) -> Result<Option<i64>> {
    TIMERS.due_ms(reads, bucket)
}

/// Carries rules out until the store fails.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    TIMERS.run(cloud, piece).await
}

/// A bucket with its rules.
struct Ruled {
    bucket: Arc<Bucket>,
    rules: Rules,
    keeping: Keeping,
}

impl Ruled {
    /// None when its rules, or the bucket itself, are gone.
    fn find(reads: &impl Reads, bucket: &str) -> Result<Option<Self>> {
        let Some(bucket) = reads.get_shared::<Bucket>(&keys::bucket(bucket))? else { return Ok(None) };
        let setting = setting::find::<api::GetBucketLifecycleConfigurationOutput>(reads, &bucket)?;
        let Some(setting) = setting else { return Ok(None) };
        let keeping = Keeping::of(reads, &bucket)?;
        Ok(Some(Ruled { rules: Rules::of(&setting), keeping, bucket }))
    }
}

/// One piece of a round.
async fn piece(cloud: Arc<Cloud>, bucket: String, round: Round) -> Result<Verdict<Round>> {
    let snapshot = cloud.store.snapshot();
    let Some(ruled) = Ruled::find(&snapshot, &bucket)? else { return Ok(Verdict::Done) };
    let context = cloud.context_of("s3", Scope::new(ruled.bucket.owner, ruled.bucket.region));
    let now = cloud.clock.now();
    let next = match round.stage {
        Stage::Versions(from) => {
            let survey = survey::of(&snapshot, &ruled, from, now)?;
            drop(snapshot);
            act::on_all(&context, &ruled.bucket, &survey.found).await?;
            match survey.next {
                Some(place) => Some(Stage::Versions(Some(place))),
                None => ruled.rules.abort_uploads().then_some(Stage::Uploads(None)),
            }
        }
        Stage::Uploads(from) => uploads(&context, &ruled, from).await?.map(|last| Stage::Uploads(Some(last))),
    };
    let began_ms = round.began_ms.unwrap_or(now.millis());
    Ok(match next {
        Some(stage) => Verdict::Again(Round { began_ms: Some(began_ms), stage }, now.millis()),
        // A midnight that passed meanwhile was not this round's.
        None => Verdict::Again(Round::NEXT, next_midnight(began_ms)),
    })
}

async fn uploads(
    context: &Context,
    ruled: &Ruled,
    from: Option<(String, keys::Id)>,
) -> Result<Option<(String, keys::Id)>> {
    let piece = uploads::of(&*context.view(), ruled, from, context.now().millis())?;
    context.transact(|tx| uploads::abort(tx, &ruled.bucket, &piece.due)).await?;
    Ok(piece.next)
}
