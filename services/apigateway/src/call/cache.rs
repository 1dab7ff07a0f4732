//! Answers that a stage keeps for some time, so that what is behind a method is not asked again.
//!
//! They live beside the store: a cache may be empty at any time.

use ::service::Cloud;
use bytes::Bytes;
use foldhash::HashMap;
use http::{HeaderMap, HeaderValue};
use parking_lot::Mutex;
use policy::Decision;
use wire::{Answer, Body};

use super::refusal::{Refusal, Refused};
use super::request::Call;
use super::{guard, mapping};

/// What all caches of a process may hold, in bytes: the smallest that AWS has is half a gigabyte; ours are in memory.
const BYTES_MAX: usize = 64 << 20;
/// A larger answer is not kept.
const ANSWER_MAX: usize = 1 << 20;

#[derive(Default)]
struct Answers(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    answers: HashMap<Key, Entry>,
    bytes: usize,
}

/// API, stage, and what the request asked for.
type Key = (String, String, String);

/// What an answer takes beside its bytes, roughly.
const OVERHEAD: usize = 512;

#[derive(Clone)]
struct Entry {
    until_ms: i64,
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Entry {
    /// What it takes in memory under that key: also many answers without a body are much.
    fn bytes(&self, key: &Key) -> usize {
        let headers = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len());
        OVERHEAD + key.2.len() + headers.sum::<usize>() + self.body.len()
    }
}

impl Kept {
    /// Keeps an answer if there is room, once those that are over are forgotten.
    fn put(&mut self, key: Key, entry: Entry, now_ms: i64) {
        let needed = entry.bytes(&key);
        if self.bytes + needed > BYTES_MAX {
            self.only(|_, entry| now_ms < entry.until_ms);
        }
        if self.bytes + needed <= BYTES_MAX {
            let before = self.answers.insert(key.clone(), entry);
            self.bytes += needed;
            self.bytes -= before.map_or(0, |before| before.bytes(&key));
        }
    }

    /// Forgets all others.
    fn only(&mut self, stays: impl Fn(&Key, &Entry) -> bool) {
        self.answers.retain(|key, entry| stays(key, entry));
        self.bytes = self.answers.iter().map(|(key, entry)| entry.bytes(key)).sum();
    }
}

/// What the cache says of a request.
pub(crate) enum Found {
    Here(Answer),
    /// Nothing; the answer may be kept there.
    Nothing(Option<Place>),
}

/// Where an answer will be kept, and whether the client has to know that its wish was not granted.
pub(crate) struct Place {
    key: Key,
    ttl_ms: i64,
}

/// Forgets the answers of a stage.
pub(crate) fn flush(cloud: &Cloud, api: &str, stage: &str) {
    let answers = cloud.memory.of::<Answers>();
    answers.0.lock().only(|key, _| key.0 != api || key.1 != stage);
}

/// Whether a method's answers are kept, and for how long.
fn ttl_ms(call: &Call) -> Option<i64> {
    let has_cache = call.stage.cache_cluster_enabled == Some(true);
    let caches = call.settings.caching_enabled == Some(true);
    let is_get = call.method().is_some_and(|method| method.verb == "GET");
    let ttl = i64::from(call.settings.cache_ttl_in_seconds.unwrap_or(300));
    (has_cache && caches && is_get && ttl > 0).then_some(ttl * 1000)
}

/// The answer to the same request before, if it is kept.
pub(crate) fn find(call: &Call) -> Refused<Found> {
    let Some(ttl_ms) = ttl_ms(call) else { return Ok(Found::Nothing(None)) };
    let place = Place { key: key(call), ttl_ms };
    let wants_anew = call.header("cache-control").is_some_and(|value| value.contains("max-age=0"));
    if wants_anew && may_renew(call)? {
        return Ok(Found::Nothing(Some(place)));
    }
    let answers = call.cloud.memory.of::<Answers>();
    let found = answers.0.lock().answers.get(&place.key).cloned();
    let Some(entry) = found.filter(|entry| call.at_ms < entry.until_ms) else {
        return Ok(Found::Nothing(Some(place)));
    };
    let mut headers = entry.headers;
    if wants_anew && strategy(call) == "SUCCEED_WITH_RESPONSE_HEADER" {
        headers.insert(
            "warning",
            HeaderValue::from_static(
                "199 Cache-Control headers were ignored because the caller was unauthorized.",
            ),
        );
    }
    Ok(Found::Here(Answer { status: entry.status, headers, body: Body::from(entry.body) }))
}

fn strategy(call: &Call) -> String {
    let said = call.settings.unauthorized_cache_control_header_strategy.as_ref();
    said.map_or_else(|| "SUCCEED_WITH_RESPONSE_HEADER".into(), |said| said.as_str().to_owned())
}

/// Whether a client may have an answer made anew.
fn may_renew(call: &Call) -> Refused<bool> {
    let asks = call.settings.require_authorization_for_cache_control.unwrap_or(true);
    if !asks || guard::rights(call, "InvalidateCache") == Decision::Allowed {
        return Ok(true);
    }
    match strategy(call).as_str() {
        "FAIL_WITH_403" => Err(Refusal::new("ACCESS_DENIED", "Cache-Control is not allowed")),
        _ => Ok(false),
    }
}

/// What tells requests apart: the method, and the parameters that the integration names.
fn key(call: &Call) -> Key {
    let integration = call.method().map(|method| &method.integration);
    let namespace = integration.and_then(|integration| integration.cache_namespace.as_deref());
    let (verb, place) = (call.visit.method.as_str(), call.resource_path());
    let mut text = [namespace.unwrap_or_default(), "\n", verb, "\n", place].concat();
    text.push_str(&apart(call));
    let parameters = integration.and_then(|integration| integration.cache_key_parameters.as_ref());
    for name in parameters.into_iter().flatten() {
        let mapped = integration.and_then(|integration| integration.request_parameters.as_ref()?.get(name));
        let value = mapping::value(call, mapped.unwrap_or(name), None);
        text.push_str(&format!("\n{name}={}", serde_json::Value::from(value)));
    }
    (call.api_id.clone(), call.stage_name().to_owned(), text)
}

/// What else keeps answers apart: a stage of the same name that is made anew, a canary that does not share the stage's
/// cache, and how an answer is compressed.
fn apart(call: &Call) -> String {
    let made = call.stage.created_date.map(|date| date.millis());
    let shares =
        call.stage.canary_settings.as_ref().is_some_and(|canary| canary.use_stage_cache == Some(true));
    let canary = (call.is_canary && !shares).then_some(&call.deployment);
    let encoding = call.api.api.minimum_compression_size.and_then(|_| call.header("accept-encoding"));
    format!("\n{}", serde_json::json!([made, canary, encoding]))
}

/// Keeps an answer that went well, and gives it back.
pub(crate) fn keep(call: &Call, place: Option<Place>, answer: Answer) -> Refused<Answer> {
    let Some(Place { key, ttl_ms }) = place.filter(|_| answer.status < 400) else { return Ok(answer) };
    let Some(body) = answer.body.whole().filter(|body| body.len() <= ANSWER_MAX) else { return Ok(answer) };
    let Answer { status, headers, .. } = answer;
    let entry = Entry { until_ms: call.at_ms + ttl_ms, status, headers: headers.clone(), body: body.clone() };
    let answers = call.cloud.memory.of::<Answers>();
    answers.0.lock().put(key, entry, call.at_ms);
    Ok(Answer { status, headers, body: Body::from(body) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_without_bodies_fill_the_cache_too() {
        let mut kept = Kept::default();
        let entry = |until_ms| Entry { until_ms, status: 200, headers: HeaderMap::new(), body: Bytes::new() };
        let key =
            |number: usize| ("a".to_owned(), "s".to_owned(), format!("{number}{}", " ".repeat(1 << 20)));
        (0..100).for_each(|number| kept.put(key(number), entry(10), 0));
        assert!((1..64).contains(&kept.answers.len()), "{}", kept.answers.len());
        let before = kept.bytes;
        kept.put(key(0), entry(10), 0);
        assert_eq!(kept.bytes, before, "the same key takes no more");
        kept.put(key(200), entry(20), 10);
        assert_eq!((kept.answers.len(), kept.bytes), (1, entry(0).bytes(&key(200))));
    }
}
