//! When an object expires and when an upload is given up, as answers tell it.

use api_s3 as api;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service::Result;
use store::Reads;
use wire::{Timestamp, TimestampFormat};

use super::rules::Rules;
use crate::bucket::Bucket;
use crate::object::version::Version;
use crate::setting;

/// `expiry-date="…", rule-id="…"` of the newest version of a key, if any rule is for it.
pub(crate) fn expiration_of(
    reads: &impl Reads,
    bucket: &Bucket,
    key: &str,
    version: &Version,
) -> Result<Option<String>> {
    let Some(rules) = rules_of(reads, bucket)? else { return Ok(None) };
    let Some(content) = &version.content else { return Ok(None) };
    let expiration = rules.expiration(key, version.modified_ms, content);
    Ok(expiration.map(|(due_ms, rule)| {
        let date = Timestamp(due_ms).format(TimestampFormat::HttpDate);
        format!("expiry-date=\"{date}\", rule-id=\"{}\"", utf8_percent_encode(rule, NON_ALPHANUMERIC))
    }))
}

/// When an upload that began then is given up, and by which rule, if any is for it.
pub(crate) fn abort_of(
    reads: &impl Reads,
    bucket: &Bucket,
    key: &str,
    initiated_ms: i64,
) -> Result<(Option<Timestamp>, Option<String>)> {
    let Some(rules) = rules_of(reads, bucket)? else { return Ok((None, None)) };
    let abort = rules.abort(key, initiated_ms);
    Ok(abort.map(|(due_ms, rule)| (Timestamp(due_ms), rule.to_owned())).unzip())
}

fn rules_of(reads: &impl Reads, bucket: &Bucket) -> Result<Option<Rules>> {
    let setting = setting::find::<api::GetBucketLifecycleConfigurationOutput>(reads, bucket)?;
    Ok(setting.map(|setting| Rules::of(&setting)))
}
