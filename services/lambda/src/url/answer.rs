//! What a function answers, as a URL's client gets it.

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use http::header::{CONTENT_TYPE, HeaderValue};
use runtime::{Outcome, RESPONSE_BYTES_MAX};
use serde_json::{Map, Value};
use service::Result;
use wire::{Answer, Body, Fault};

use crate::stream::{Begun, Rest};

/// A stream of this type begins with a description of the answer, up to eight zeros.
const DESCRIBED: &str = "application/vnd.awslambda.http-integration-response";
const DELIMITER: [u8; 8] = [0; 8];
/// The longest description.
const DESCRIPTION_BYTES_MAX: usize = 1 << 20;

/// The answer for a function that failed, or answered what no client can be given.
pub(super) fn bad_gateway() -> Answer {
    Answer::text(502, "application/json", "Internal Server Error")
}

/// The answer of a function that has begun one; piece by piece only where the URL does that.
pub(super) async fn of(begun: Begun, streams: bool) -> Result<Answer> {
    let (content_type, mut rest) = match begun {
        Begun::Ended(outcome) => return Ok(at_once(&outcome)),
        Begun::Streaming { content_type, rest } => (content_type, rest),
    };
    let mut begin = Bytes::new();
    let answer = match content_type == DESCRIBED {
        true => match description(&mut rest).await {
            Some((answer, first)) => {
                begin = first;
                Some(answer)
            }
            None => return Ok(bad_gateway()),
        },
        false => None,
    };
    if !streams {
        return collected(answer, begin, rest).await;
    }
    let mut answer = answer.unwrap_or_else(|| with_type(&content_type));
    answer.body = pieces(begin, rest);
    Ok(answer)
}

/// A whole answer of payload format 2.0.
fn at_once(outcome: &Outcome) -> Answer {
    if outcome.function_error.is_some() {
        return bad_gateway();
    }
    whole(&outcome.payload)
}

fn whole(payload: &[u8]) -> Answer {
    match serde_json::from_slice::<Value>(payload) {
        Ok(Value::Object(outcome)) if outcome.contains_key("statusCode") => {
            http_events::described(&outcome).unwrap_or_else(bad_gateway)
        }
        Ok(_) => http_events::answer(payload, "2.0"),
        Err(_) => bad_gateway(),
    }
}

/// The description at the beginning of a stream, and what comes behind it at once.
async fn description(rest: &mut Rest) -> Option<(Answer, Bytes)> {
    let mut begin = BytesMut::new();
    loop {
        let end = begin.windows(DELIMITER.len()).position(|window| window == DELIMITER);
        if let Some(end) = end {
            let description = begin.split_to(end);
            let first = begin.split_off(DELIMITER.len()).freeze();
            return Some((described(&description)?, first));
        }
        if begin.len() > DESCRIPTION_BYTES_MAX {
            return None;
        }
        begin.extend_from_slice(&rest.next().await?);
    }
}

fn described(description: &[u8]) -> Option<Answer> {
    let mut description: Map<String, Value> = serde_json::from_slice(description).ok()?;
    description.remove("body");
    description.entry("statusCode").or_insert_with(|| 200.into());
    let has_type = description
        .get("headers")
        .and_then(Value::as_object)
        .is_some_and(|headers| headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")));
    let mut answer = http_events::described(&description)?;
    if !has_type {
        answer.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    }
    Some(answer)
}

fn with_type(content_type: &str) -> Answer {
    let mut answer = Answer::text(200, "application/octet-stream", "");
    if let Ok(content_type) = HeaderValue::from_str(content_type) {
        answer.headers.insert(CONTENT_TYPE, content_type);
    }
    answer
}

/// All of it, for a client who gets no pieces.
async fn collected(answer: Option<Answer>, begin: Bytes, mut rest: Rest) -> Result<Answer> {
    let mut all = BytesMut::from(&begin[..]);
    while let Some(data) = rest.next().await {
        if all.len() + data.len() > RESPONSE_BYTES_MAX {
            return Ok(bad_gateway());
        }
        all.extend_from_slice(&data);
    }
    if rest.outcome().await?.function_error.is_some() {
        return Ok(bad_gateway());
    }
    Ok(match answer {
        Some(answer) => Answer { body: Body::from(all.freeze()), ..answer },
        None => whole(&all),
    })
}

/// The pieces as they come. The connection breaks off when the function fails on the way.
fn pieces(begin: Bytes, rest: Rest) -> Body {
    let begin = Some(begin).filter(|begin| !begin.is_empty());
    let pieces = stream::unfold((begin, Some(rest)), |(begin, rest)| async move {
        if let Some(begin) = begin {
            return Some((Ok(begin), (None, rest)));
        }
        let mut rest = rest?;
        if let Some(data) = rest.next().await {
            return Some((Ok(data), (None, Some(rest))));
        }
        let error = match rest.outcome().await {
            Ok(outcome) if outcome.function_error.is_none() => return None,
            Ok(_) => Fault::new("ServiceException", 502, "The function failed while it streamed its answer."),
            Err(error) => error.into_fault(),
        };
        Some((Err(error), (None, None)))
    });
    Body::stream(None, pieces)
}
