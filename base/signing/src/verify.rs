//! Proving a claim: the signature is made again with the key's secret and compared. The secret is the caller's to find.

use std::sync::Arc;

use ring::hmac;

use crate::payload::{HashText, sha256};
use crate::{
    ALGORITHM, Claim, DayKeys, Declared, Error, Kind, Payload, Request, Secret, Style, Timestamp,
    canonical_request,
};

/// How far a client's clock may be off, in seconds.
pub const SKEW_MAX_S: i64 = 15 * 60;

/// A proved claim: what a chunked body needs to go on from here.
#[derive(Debug, Clone)]
pub struct Proof {
    /// How the body is covered.
    pub payload: Declared,
    pub(crate) key: Arc<hmac::Key>,
    pub(crate) signed_at: Timestamp,
    pub(crate) scope: String,
    pub(crate) signature: String,
}

/// Proves that the holder of `secret` signed this request.
///
/// # Errors
/// Those of [`Claim::check`], then a payload that differs from what was declared, then [`Error::Mismatch`].
pub fn verify(
    request: &Request<'_>,
    claim: &Claim<'_>,
    payload: Payload<'_>,
    secret: &Secret,
    keys: &DayKeys,
    now_unix_s: i64,
) -> Result<Proof, Error> {
    claim.check(request, now_unix_s)?;
    let covered = covered(request, claim, payload)?;
    let canonical = canonical_request(request, claim.signed_headers(), covered.text().as_bytes())
        .ok_or(Error::Mismatch)?;
    let key = keys.get(claim.access_key_id(), secret, claim.day(), claim.region(), claim.service());
    let expected = signature(&key, &claim.signed_at(), claim.scope(), &canonical);
    if !expected.is(claim.signature()) {
        return Err(Error::Mismatch);
    }
    // Only a body in signed chunks goes on from these.
    let has_more = matches!(covered, Declared::Chunks | Declared::ChunksAndTrailer);
    let kept = |text: &str| if has_more { text.to_owned() } else { String::new() };
    let (scope, signature) = (kept(claim.scope()), kept(claim.signature()));
    Ok(Proof { payload: covered, key, signed_at: claim.signed_at(), scope, signature })
}

/// What the signature covers of the body, checked against the body where it is here.
fn covered(request: &Request<'_>, claim: &Claim<'_>, payload: Payload<'_>) -> Result<Declared, Error> {
    let body = match payload {
        Payload::Bytes(bytes) => Some(sha256(bytes)),
        Payload::Sha256(sha256) => Some(sha256),
        Payload::Declared => None,
    };
    let declared = || Declared::of(request, claim.kind() != Kind::Header);
    match (request.style, body) {
        // Other services than S3 take the hash of the body, whatever the header says.
        (Style::Standard, Some(sha256)) => Ok(Declared::Sha256(sha256)),
        (Style::Standard | Style::S3, None) => declared(),
        (Style::S3, Some(sha256)) => match declared()? {
            Declared::Sha256(expected) if expected != sha256 => Err(Error::PayloadMismatch),
            covered => Ok(covered),
        },
    }
}

/// The signature over a canonical request, in hexadecimal: steps 3 and 5 of "Create a signed AWS API request".
pub(crate) fn signature(key: &hmac::Key, signed_at: &Timestamp, scope: &str, canonical: &[u8]) -> HashText {
    let hash = HashText::of(&sha256(canonical));
    sign_lines(key, &[ALGORITHM.as_bytes(), signed_at.as_bytes(), scope.as_bytes(), hash.as_bytes()])
}

/// The HMAC of some lines, in hexadecimal.
pub(crate) fn sign_lines(key: &hmac::Key, lines: &[&[u8]]) -> HashText {
    let mut context = hmac::Context::with_key(key);
    for (at, line) in lines.iter().enumerate() {
        if at > 0 {
            context.update(b"\n");
        }
        context.update(line);
    }
    HashText::of(context.sign().as_ref())
}

/// Checks that a request was made within what clocks may differ by.
pub(crate) fn check_skew(signed: Timestamp, now_unix_s: i64) -> Result<(), Error> {
    check_age(signed, SKEW_MAX_S, now_unix_s)
}

/// Checks that a claim is neither too old nor from the future.
pub(crate) fn check_time(claim: &Claim<'_>, style: Style, now_unix_s: i64) -> Result<(), Error> {
    let signed = claim.signed_at();
    match (claim.kind(), style) {
        (Kind::Presigned { expires_s }, Style::S3) => {
            check_age(signed, i64::MAX, now_unix_s)?;
            let valid_s = expires_s.unwrap_or(0);
            let expired_s = signed.unix_s() + valid_s;
            let over = Error::PresignedExpired { valid_s: Some(valid_s), expired_s, now_s: now_unix_s };
            if now_unix_s > expired_s { Err(over) } else { Ok(()) }
        }
        // As STS does: a shorter validity than the clock's own tolerance has no effect.
        (Kind::Presigned { expires_s: Some(expires_s) }, Style::Standard) => {
            check_age(signed, expires_s.max(SKEW_MAX_S), now_unix_s)
        }
        _ => check_skew(signed, now_unix_s),
    }
}

fn check_age(signed: Timestamp, valid_s: i64, now_unix_s: i64) -> Result<(), Error> {
    let now = || Timestamp::from_unix_s(now_unix_s);
    let age_s = now_unix_s - signed.unix_s();
    if age_s < -SKEW_MAX_S {
        let latest = Timestamp::from_unix_s(now_unix_s + SKEW_MAX_S);
        return Err(Error::NotYetCurrent { signed, latest, now: now() });
    }
    if age_s <= valid_s {
        return Ok(());
    }
    let oldest = Timestamp::from_unix_s(now_unix_s - valid_s);
    Err(Error::Expired { signed, oldest, now: now(), minutes: valid_s / 60 })
}
