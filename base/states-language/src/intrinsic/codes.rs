//! Intrinsic functions of codes: Base64, digests and UUIDs. JSONata's `$hash` digests here too.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use ring::digest;
use serde_json::Value;

use super::Given;
use crate::scope::Scope;

const LETTERS_MAX: usize = 10_000;

fn limited(given: &Given) -> Result<&str, String> {
    let text = given.text()?;
    if text.chars().count() > LETTERS_MAX {
        return Err(format!("A text must not have more than {LETTERS_MAX} characters"));
    }
    Ok(text)
}

pub(super) fn base64_encode(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    Ok(STANDARD.encode(limited(&given[0])?).into())
}

pub(super) fn base64_decode(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let bytes = STANDARD.decode(limited(&given[0])?).map_err(|error| error.to_string())?;
    Ok(String::from_utf8_lossy(&bytes).into())
}

/// A text is digested as it is, everything else as JSON.
pub(super) fn hash(given: &[Given], _: &Scope<'_>) -> Result<Value, String> {
    let data = match &given[0].value {
        Value::String(_) => limited(&given[0])?.to_owned(),
        Value::Null => return Err("There is nothing to hash".into()),
        other => other.to_string(),
    };
    digest(&data, given[1].text()?).map(Value::from)
}

/// The digest of a text, in hexadecimal digits.
pub(crate) fn digest(data: &str, algorithm: &str) -> Result<String, String> {
    let algorithm = match algorithm {
        "MD5" => return Ok(hex::encode(Md5::digest(data))),
        "SHA-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-256" => &digest::SHA256,
        "SHA-384" => &digest::SHA384,
        "SHA-512" => &digest::SHA512,
        other => return Err(format!("There is no hashing algorithm '{other}'")),
    };
    Ok(hex::encode(digest::digest(algorithm, data.as_bytes())))
}

#[expect(clippy::unnecessary_wraps, reason = "all functions have one type")]
pub(super) fn uuid(_: &[Given], scope: &Scope<'_>) -> Result<Value, String> {
    Ok(scope.chance.uuid().into())
}
