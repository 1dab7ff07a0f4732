//! Iterators: a place in a shard, as a text that is good for a quarter of an hour.
//!
//! The text is `stream ARN|1|sealed`; the seal holds the stream's ARN, the shard, the place and the moment together.

use api_dynamodbstreams as api;
use names::PageTokens;
use service::{Result, View};
use store::tuple::{Key, Parts};
use wire::{Fault, Timestamp};

use super::{find, head, shard_of, trimmed};
use crate::errors;
use crate::stream::{Head, sequence_of};

/// For how long an iterator is good.
const GOOD_MS: i64 = 15 * 60_000;

/// A place in a shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// Before the oldest record, whichever that is by then.
    Horizon,
    /// After the record with this number.
    After(u64),
}

/// An iterator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Iterator {
    pub(super) shard: u32,
    pub(super) position: Position,
}

impl Iterator {
    pub(super) fn seal(self, tokens: &PageTokens, stream: &str, now: Timestamp) -> String {
        let position = match self.position {
            Position::Horizon => 0,
            Position::After(number) => number,
        };
        let payload = Key::new().u64(self.shard.into()).u64(position).i64(now.millis());
        format!("{stream}|1|{}", tokens.seal(&operation(stream), &payload))
    }

    /// The iterator in a text, and the ARN of its stream.
    pub(super) fn open<'a>(
        tokens: &PageTokens,
        text: &'a str,
        now: Timestamp,
    ) -> Result<(&'a str, Self), Fault> {
        let stream = stream_of(text);
        let sealed = text[stream.len()..].strip_prefix("|1|").unwrap_or_default();
        let payload = tokens.open(&operation(stream), sealed).ok();
        let parts = payload.and_then(|payload| {
            let mut parts = Parts::new(&payload);
            Some((parts.u64().ok()?, parts.u64().ok()?, parts.i64().ok()?))
        });
        let (shard, position, made_ms) = parts.ok_or_else(|| errors::invalid("Invalid ShardIterator"))?;
        if now.millis() - made_ms > GOOD_MS {
            return Err(api::error::expired_iterator_exception("Iterator expired"));
        }
        let position = if position == 0 { Position::Horizon } else { Position::After(position) };
        Ok((stream, Iterator { shard: u32::try_from(shard).unwrap_or(u32::MAX), position }))
    }
}

/// The ARN of an iterator's stream.
pub(super) fn stream_of(text: &str) -> &str {
    text.split_once('|').map_or(text, |(stream, _)| stream)
}

fn operation(stream: &str) -> String {
    format!("dynamodb:GetRecords {stream}")
}

pub(super) fn get(
    view: &View<'_>,
    input: &api::GetShardIteratorInput,
) -> Result<api::GetShardIteratorOutput> {
    let stream = find(&**view, &input.stream_arn)?;
    let shard = shard_of(&stream, &input.shard_id)?;
    let head = head(&**view, &stream, shard)?;
    let position = position(&head, input)?;
    let tokens = &view.context.cloud.page_tokens;
    let shard_iterator = Iterator { shard, position }.seal(tokens, &input.stream_arn, view.now);
    Ok(api::GetShardIteratorOutput { shard_iterator: Some(shard_iterator) })
}

fn position(head: &Head, input: &api::GetShardIteratorInput) -> Result<Position, Fault> {
    let number = input.sequence_number.as_deref().map(|text| {
        sequence_of(text).ok_or_else(|| errors::invalid(format!("Invalid SequenceNumber: {text}")))
    });
    let number = || {
        let missing = "SequenceNumber must be specified for the ShardIteratorType";
        number.clone().unwrap_or_else(|| Err(errors::invalid(missing)))
    };
    let after = match input.shard_iterator_type.as_str() {
        "TRIM_HORIZON" => return Ok(Position::Horizon),
        "LATEST" => return Ok(Position::After(head.last)),
        "AFTER_SEQUENCE_NUMBER" => number()?,
        _ => number()?.saturating_sub(1),
    };
    if after < head.trimmed {
        return Err(trimmed());
    }
    // Numbers that were not given yet are after the last record.
    Ok(Position::After(after.min(head.last)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/2015-05-11T21:21:33.291";

    #[test]
    fn iterators_come_back_until_they_expire() {
        let tokens = PageTokens::new(b"key");
        let now = Timestamp(1_800_000_000_000);
        for position in [Position::Horizon, Position::After(1 << 61)] {
            let iterator = Iterator { shard: 3, position };
            let text = iterator.seal(&tokens, STREAM, now);
            let at = |later_ms| Iterator::open(&tokens, &text, Timestamp(now.millis() + later_ms));
            assert_eq!(at(GOOD_MS).unwrap(), (STREAM, iterator));
            assert_eq!(at(GOOD_MS + 1).unwrap_err().code, "ExpiredIteratorException");
        }
    }

    #[test]
    fn other_texts_are_no_iterators() {
        let tokens = PageTokens::new(b"key");
        let now = Timestamp(1_800_000_000_000);
        let text = Iterator { shard: 0, position: Position::Horizon }.seal(&tokens, STREAM, now);
        let other = text.replace("table/t/", "table/u/");
        for wrong in ["", "|", "x|1|", STREAM, &other, &text[..text.len() - 1]] {
            assert_eq!(
                Iterator::open(&tokens, wrong, now).unwrap_err().code,
                "ValidationException",
                "{wrong}"
            );
        }
    }
}
