//! What becomes of objects over time: carries out the rules that [`crate::settings::lifecycle`] checks.
//!
//! A bucket with rules has a timer. It rings when rules are put, and then at each midnight (UTC) of the cloud's clock; a round goes
//! over all versions of the bucket, and then over its uploads, a piece at a time. Where it is stands in the timer's own record,
//! so that it goes on after a restart. What is to be done to an object is decided twice: on a snapshot, and again in the
//! transaction that does it, by what the object is then.
//!
//! Follows "Managing the lifecycle of objects" in S3's user guide. A bucket without rules costs nothing.

mod act;
mod days;
mod expiry;
mod rules;
mod survey;
mod uploads;

use std::sync::Arc;

use api_s3 as api;
use names::Scope;
use serde::{Deserialize, Serialize};
use service::{Cloud, Context, Result, Timers, Tx, Verdict};
use store::Reads;

use crate::bucket::Bucket;
use crate::object::versions::Keeping;
use crate::{keys, setting};
use rules::Rules;
use survey::Place;

pub(crate) use days::{after, next_midnight};
pub(crate) use expiry::{abort_of, expiration_of};

/// One for each bucket that has rules, by the bucket's name.
const TIMERS: Timers = Timers::new("s3", "lifecycle", 2);

/// How far the round of a bucket has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Round {
    /// It begins behind that place.
    Versions(Option<Place>),
    /// It begins behind the upload of that key and id.
    Uploads(Option<(String, keys::Id)>),
}

#[cfg(test)]
layouts::stays!(stored_round: Round);

/// Begins a round for rules that were put.
pub(crate) fn begin(tx: &mut Tx<'_>, bucket: &str) -> Result<()> {
    let (now_ms, nonce) = (tx.now.millis(), tx.random().bytes());
    TIMERS.set(tx, now_ms, bucket, &nonce, &Round::Versions(None))
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
    let next = match round {
        Round::Versions(from) => {
            let survey = survey::of(&snapshot, &ruled, from, now)?;
            drop(snapshot);
            act::on_all(&context, &ruled.bucket, &survey.found).await?;
            match survey.next {
                Some(place) => Some(Round::Versions(Some(place))),
                None => ruled.rules.abort_uploads().then_some(Round::Uploads(None)),
            }
        }
        Round::Uploads(from) => uploads(&context, &ruled, from).await?.map(|last| Round::Uploads(Some(last))),
    };
    Ok(match next {
        Some(round) => Verdict::Again(round, now.millis()),
        None => Verdict::Again(Round::Versions(None), next_midnight(now.millis())),
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
