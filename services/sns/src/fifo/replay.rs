//! Replays: archived messages that a subscription gets again, in order, from a moment on.
//!
//! While one goes on without an end, the subscription gets no new messages beside it: those come from the archive as well, so
//! that all are in order. A replay up to a moment goes on beside what is published.
//!
//! Follows "Amazon SNS message replay for FIFO topic subscribers" in the developer guide.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use service::{Cloud, Jobs, Result, Tx, Verdict, rising};
use store::{Direction, Reads as _, record};
use wire::{Fault, Timestamp, TimestampFormat};

use super::lane::{InLane, Lane};
use super::stored::Stored;
use crate::audience::Member;
use crate::content::Content;
use crate::errors;
use crate::keys;
use crate::message::Attribute;
use crate::subscription::Subscription;
use crate::topics::Topic;

/// The attribute of a subscription.
pub(crate) const POLICY: &str = "ReplayPolicy";
/// Replays that go on.
const TURNS: Jobs = Jobs::new("sns", "replay", 8);
/// Messages of one turn.
const TURN_MAX: usize = 50;

/// What is remembered of the replay of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Replay {
    id: String,
    state: State,
    until_ms: Option<i64>,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Pending,
    InProgress,
    Completed,
    Failed,
}

/// The attribute's value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    point_type: String,
    starting_point: String,
    ending_point: Option<String>,
}

/// A turn of a replay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Turn {
    subscription_arn: String,
    replay: String,
    /// Where the archive is read from: a key.
    from: Vec<u8>,
}

#[cfg(test)]
layouts::stays!(stored_replay_turn: Turn);

impl Replay {
    /// Whether new messages wait for it.
    pub(crate) fn holds_back(&self) -> bool {
        self.until_ms.is_none() && matches!(self.state, State::Pending | State::InProgress)
    }

    /// As attributes show it.
    pub(crate) fn status(&self) -> &'static str {
        match self.state {
            State::Pending => "Pending",
            State::InProgress => "In progress",
            State::Completed => "Completed",
            State::Failed => "Failed",
        }
    }
}

fn refused(why: &str) -> Fault {
    errors::invalid(format_args!("{POLICY}: {why}"))
}

fn parse(policy: &str) -> Result<(i64, Option<i64>), Fault> {
    let policy: Policy = serde_json::from_str(policy).map_err(|_| refused("failed to parse JSON"))?;
    if policy.point_type != "Timestamp" {
        return Err(refused("PointType must be Timestamp"));
    }
    let moment = |text: &str| Timestamp::parse(text, TimestampFormat::DateTime).map(Timestamp::millis);
    let from = moment(&policy.starting_point).ok_or_else(|| refused("StartingPoint is no timestamp"))?;
    let until = match &policy.ending_point {
        Some(text) => Some(moment(text).ok_or_else(|| refused("EndingPoint is no timestamp"))?),
        None => None,
    };
    if until.is_some_and(|until| until <= from) {
        return Err(refused("EndingPoint must be after StartingPoint"));
    }
    Ok((from, until))
}

/// Whether a policy is one.
pub(crate) fn check(policy: &str) -> Result<(), Fault> {
    parse(policy).map(drop)
}

/// Begins the replay that the attribute asks for, in place of any other; the subscription must be written then.
pub(crate) fn begin(tx: &mut Tx<'_>, topic: &Topic, subscription: &mut Subscription) -> Result<()> {
    let Some(policy) = subscription.attributes.get(POLICY) else {
        subscription.replay = None;
        return Ok(());
    };
    let (from_ms, until_ms) = parse(policy)?;
    let archive = topic.archive.as_ref().ok_or_else(|| refused("the topic has no ArchivePolicy"))?;
    let (begins_ms, now_ms) = (archive.begins_ms(tx.now), tx.now.millis());
    if from_ms < begins_ms {
        return Err(refused("StartingPoint must be after the topic's BeginningArchiveTime").into());
    }
    if from_ms > now_ms {
        return Err(refused("StartingPoint must not be in the future").into());
    }
    let replay = Replay { id: tx.random().uuid(), state: State::Pending, until_ms };
    let turn = Turn {
        subscription_arn: subscription.arn().to_string(),
        replay: replay.id.clone(),
        from: archive.from(from_ms),
    };
    subscription.replay = Some(replay);
    let id = tx.random().bytes();
    TURNS.put(tx, now_ms, &id, &turn)
}

/// Carries replays out.
pub(crate) async fn run(cloud: Arc<Cloud>) -> Result<()> {
    let prepare = |cloud: Arc<Cloud>, turn: Arc<Turn>| async move {
        let arn = turn.subscription_arn.parse::<names::Arn>().ok();
        let scope =
            arn.and_then(|arn| arn.scope()).ok_or_else(|| refused("the subscription has no place"))?;
        Ok((cloud.context_of("sns", scope), ()))
    };
    TURNS.run_in_transactions(cloud, prepare, take_turn).await
}

fn take_turn(tx: &mut Tx<'_>, turn: &Turn, (): &()) -> Result<Verdict<Turn>> {
    let Some(mut subscription) = going_on(tx, turn)? else { return Ok(Verdict::Done) };
    let topic = tx.get_record::<Topic>(&keys::topics(&subscription.scope).str(&subscription.topic))?;
    let archive = topic.as_ref().and_then(|topic| topic.archive.as_ref());
    let (Some(topic), Some(archive)) = (&topic, archive) else {
        return end(tx, subscription, State::Failed);
    };
    let mut range = archive.messages().prefix_range();
    range.start.clone_from(&turn.from);
    if let Some(until_ms) = subscription.replay.as_ref().and_then(|replay| replay.until_ms) {
        range.end = archive.from(until_ms);
    }
    // Who publishes meanwhile makes this run again: nothing falls between the archive and what is delivered at once.
    let entries = tx.scan(range, Direction::Forward).take(TURN_MAX);
    let entries = entries.collect::<Result<Vec<_>, _>>()?;
    let Some((last, _)) = entries.last() else { return end(tx, subscription, State::Completed) };
    let from = [&last[..], &[0]].concat();
    let member = Member::new(topic, &subscription);
    for (_, content) in &entries {
        let content: Content = record::decode(content)?;
        if member.wants_alone(&content.message) {
            deliver(tx, &member, turn, content)?;
        }
    }
    set_state(tx, &mut subscription, State::InProgress)?;
    Ok(Verdict::Again(Turn { from, ..turn.clone() }, tx.now.millis()))
}

/// The subscription, while this is its replay.
fn going_on(tx: &Tx<'_>, turn: &Turn) -> Result<Option<Subscription>> {
    let Some(key) = keys::subscription(&turn.subscription_arn) else { return Ok(None) };
    let subscription = tx.get_record::<Subscription>(&key)?;
    let is_this = |subscription: &Subscription| {
        subscription.replay.as_ref().is_some_and(|replay| replay.id == turn.replay)
    };
    Ok(subscription.filter(is_this))
}

/// Puts a message at the end of its group's lane, once more.
fn deliver(tx: &mut Tx<'_>, member: &Member, turn: &Turn, mut content: Content) -> Result<()> {
    let group = content.group.clone().unwrap_or_default();
    let stored_id = [&turn.replay, " ", &content.message_id].concat();
    content.message.attributes.insert("Replayed".to_owned(), Attribute::text("true"));
    // A queue that had it within five minutes would know it again.
    content.deduplication = Some(stored_id.replace(' ', ":"));
    let lane = Lane::open(tx, &member.delivery.subscription_arn, &group)?;
    let sequence = rising(tx.now).max(lane.last() + 1);
    Stored { content, deliveries: 1 }.put_as(tx, &stored_id)?;
    lane.append(tx, sequence, &InLane { message_id: stored_id, delivery: member.delivery.clone() })
}

fn end(tx: &mut Tx<'_>, mut subscription: Subscription, state: State) -> Result<Verdict<Turn>> {
    set_state(tx, &mut subscription, state)?;
    Ok(Verdict::Done)
}

fn set_state(tx: &mut Tx<'_>, subscription: &mut Subscription, state: State) -> Result<()> {
    match &mut subscription.replay {
        Some(replay) if replay.state != state => {
            replay.state = state;
            subscription.keep(tx)
        }
        _ => Ok(()),
    }
}
