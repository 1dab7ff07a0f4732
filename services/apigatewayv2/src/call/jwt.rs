//! Tokens of an issuer (JSON Web Tokens): its keys are looked up where it says that they are, and kept for a while.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, Method};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use outgoing::Address;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::authorize::{Pass, identity};
use super::plan::{Authorizer, Issuer};
use super::{Call, Refusal};

/// How long an issuer's keys are kept.
const KEPT_MS: i64 = 2 * 60 * 60 * 1000;
/// How often they are looked up again for a token whose key is not among them, at most.
const RENEWED_MS: i64 = 60 * 1000;
/// How long an issuer may take to answer.
const PATIENCE: Duration = Duration::from_millis(1500);
/// What is read of what it answers, in bytes.
const ANSWER_MAX: usize = 150_000;
/// What API Gateway takes: signatures by RSA.
const ALGORITHMS: [Algorithm; 6] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Issuers' keys, with the moments at which they came.
#[derive(Default)]
struct Known(Mutex<HashMap<String, (i64, Arc<JwkSet>)>>);

#[derive(Deserialize)]
struct Discovered {
    jwks_uri: String,
}

/// Why a token does not count.
struct Invalid(&'static str);

/// Lets in whoever has a token that counts.
pub(super) async fn pass(
    call: &Call<'_>,
    authorizer: &Authorizer,
    scopes: &[String],
) -> Result<Pass, Refusal> {
    let Some(issuer) = &authorizer.jwt_configuration else {
        return Err(Refusal::failure("The authorizer has no issuer"));
    };
    let Some(token) = identity(call, authorizer).and_then(|values| values.into_iter().next()) else {
        return Err(unauthorized(scopes, None));
    };
    let token = token.strip_prefix("Bearer ").unwrap_or(&token);
    let claims = proved(call, issuer, token).await?;
    let claims = claims.and_then(|claims| checked(claims, issuer, call.at_ms / 1000));
    let claims = claims.map_err(|invalid| unauthorized(scopes, Some(invalid)))?;
    let granted = granted(&claims, scopes);
    if !scopes.is_empty() && granted.is_empty() {
        let mut refusal = Refusal::new(403, "Forbidden", "insufficient scope");
        say(&mut refusal, scopes, Some(("insufficient_scope", "insufficient permission")));
        return Err(refusal);
    }
    Ok(Pass::Token { claims, scopes: (!scopes.is_empty()).then_some(granted) })
}

fn unauthorized(scopes: &[String], invalid: Option<Invalid>) -> Refusal {
    let reason = invalid.as_ref().map_or("Missing identity source", |invalid| invalid.0);
    let mut refusal = Refusal::new(401, "Unauthorized", reason);
    say(&mut refusal, scopes, invalid.map(|invalid| ("invalid_token", invalid.0)));
    refusal
}

/// Says in an answer's head what is wanted, as RFC 6750 has it.
fn say(refusal: &mut Refusal, scopes: &[String], error: Option<(&str, &str)>) {
    let mut parts = Vec::new();
    if !scopes.is_empty() {
        parts.push(format!("scope=\"{}\"", scopes.join(" ")));
    }
    if let Some((error, description)) = error {
        parts.push(format!("error=\"{error}\" error_description=\"{description}\""));
    }
    let text = format!("Bearer {}", parts.join(" "));
    if let Ok(value) = HeaderValue::from_str(text.trim_end()) {
        refusal.answer.headers.insert(WWW_AUTHENTICATE, value);
    }
}

/// The claims of a token whose signature is its issuer's.
async fn proved(
    call: &Call<'_>,
    issuer: &Issuer,
    token: &str,
) -> Result<Result<Map<String, Value>, Invalid>, Refusal> {
    let Ok(header) = jsonwebtoken::decode_header(token) else {
        return Ok(Err(Invalid("the token is malformed")));
    };
    if !ALGORITHMS.contains(&header.alg) {
        return Ok(Err(Invalid("the algorithm is not supported")));
    }
    let Some(kid) = header.kid else { return Ok(Err(Invalid("the token has no key id"))) };
    let Some(key) = key(call, issuer, &kid).await? else {
        return Ok(Err(Invalid("signing method is invalid")));
    };
    let mut validation = Validation::new(header.alg);
    // Moments and audiences are checked below, by the cloud's clock and in API Gateway's way.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation);
    Ok(decoded.map(|token| token.claims).map_err(|_| Invalid("signature is invalid")))
}

/// The key of that id. An issuer may have new ones: they are looked up again for an unknown id, but not by every request.
async fn key(call: &Call<'_>, issuer: &Issuer, kid: &str) -> Result<Option<DecodingKey>, Refusal> {
    let known = call.cloud.memory.of::<Known>();
    let kept = known.0.lock().get(&issuer.issuer).cloned();
    let kept = kept.filter(|(at_ms, keys)| {
        let limit_ms = if keys.find(kid).is_some() { KEPT_MS } else { RENEWED_MS };
        (0..limit_ms).contains(&(call.at_ms - at_ms))
    });
    let keys = match kept {
        Some((_, keys)) => keys,
        None => {
            let keys = Arc::new(discovered(call, issuer).await?);
            known.0.lock().insert(issuer.issuer.clone(), (call.at_ms, Arc::clone(&keys)));
            keys
        }
    };
    Ok(keys.find(kid).and_then(|key| DecodingKey::from_jwk(key).ok()))
}

/// Asks an issuer where its keys are, and for them.
async fn discovered(call: &Call<'_>, issuer: &Issuer) -> Result<JwkSet, Refusal> {
    let base = issuer.issuer.trim_end_matches('/');
    let document = fetched(call, &format!("{base}/.well-known/openid-configuration")).await?;
    let document: Discovered = serde_json::from_slice(&document).map_err(unreadable)?;
    serde_json::from_slice(&fetched(call, &document.jwks_uri).await?).map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Refusal {
    Refusal::failure(format!("The issuer's answer cannot be read: {error}"))
}

async fn fetched(call: &Call<'_>, url: &str) -> Result<Bytes, Refusal> {
    let address =
        Address::parse(url).ok_or_else(|| Refusal::failure("The issuer is no address of the web"))?;
    let web = &call.cloud.outside.web;
    let answer =
        web.send_up_to(ANSWER_MAX, Method::GET, &address, HeaderMap::new(), Bytes::new(), PATIENCE).await;
    match answer {
        Ok((answer, true)) if answer.status.is_success() => Ok(answer.body),
        Ok((answer, _)) => Err(Refusal::failure(format!("The issuer answered {}", answer.status))),
        Err(error) => Err(Refusal::failure(format!("The issuer did not answer: {error}"))),
    }
}

/// The claims, where they say that the token counts now, and here.
fn checked(claims: Map<String, Value>, issuer: &Issuer, now_s: i64) -> Result<Map<String, Value>, Invalid> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss").is_none_or(|iss| iss.trim_end_matches('/') != issuer.issuer.trim_end_matches('/')) {
        return Err(Invalid("issuer mismatch"));
    }
    let is_meant = |one: &str| issuer.audience.iter().any(|audience| audience == one);
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(is_meant),
        Some(Value::String(one)) => is_meant(one),
        _ => text("client_id").is_some_and(is_meant),
    };
    if !is_for_us {
        return Err(Invalid("invalid audience"));
    }
    let moment = |name: &str| claims.get(name).and_then(Value::as_f64);
    // Moments are seconds: far below what a double holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 are exact in a double")]
    let now = now_s as f64;
    if moment("exp").is_none_or(|exp| exp <= now) {
        return Err(Invalid("the token has expired"));
    }
    if moment("nbf").is_some_and(|nbf| nbf > now) || moment("iat").is_some_and(|iat| iat > now) {
        return Err(Invalid("the token is not valid yet"));
    }
    Ok(claims)
}

/// Which of the scopes a token has.
fn granted(claims: &Map<String, Value>, scopes: &[String]) -> Vec<String> {
    let has: Vec<&str> = match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(all)) => all.split(' ').collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    scopes.iter().filter(|scope| has.contains(&scope.as_str())).cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(claims: Value) -> Result<(), &'static str> {
        let issuer = Issuer { issuer: "https://i/".into(), audience: vec!["a".into(), "b".into()] };
        let Value::Object(claims) = claims else { return Err("no claims") };
        checked(claims, &issuer, 1000).map(drop).map_err(|invalid| invalid.0)
    }

    #[test]
    fn claims_count_for_this_audience_and_now() {
        assert_eq!(check(json!({ "iss": "https://i", "aud": "b", "exp": 1001 })), Ok(()));
        assert_eq!(check(json!({ "iss": "https://i", "aud": ["x", "a"], "exp": 1001, "nbf": 1000 })), Ok(()));
        assert_eq!(check(json!({ "iss": "https://i", "client_id": "a", "exp": 1001 })), Ok(()));
        for claims in [
            json!({ "aud": "a", "exp": 1001 }),
            json!({ "iss": "https://j", "aud": "a", "exp": 1001 }),
            json!({ "iss": "https://i", "exp": 1001 }),
            json!({ "iss": "https://i", "aud": "x", "client_id": "a", "exp": 1001 }),
            json!({ "iss": "https://i", "aud": "a" }),
            json!({ "iss": "https://i", "aud": "a", "exp": 1000 }),
            json!({ "iss": "https://i", "aud": "a", "exp": 2000, "nbf": 1001 }),
            json!({ "iss": "https://i", "aud": "a", "exp": 2000, "iat": 1001 }),
            json!({ "iss": "https://i", "aud": "a", "exp": "2000" }),
        ] {
            assert!(check(claims.clone()).is_err(), "{claims}");
        }
    }

    #[test]
    fn scopes_are_texts_or_lists() {
        let granted = |claims: Value| granted(claims.as_object().unwrap(), &["r".into(), "w".into()]);
        assert_eq!(granted(json!({ "scope": "x w" })), ["w"]);
        assert_eq!(granted(json!({ "scp": ["r", "w"] })), ["r", "w"]);
        assert!(granted(json!({ "scope": "read" })).is_empty());
        assert!(granted(json!({})).is_empty());
    }
}
