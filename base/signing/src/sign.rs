//! Signing: the client's side, for our own clients, benchmarks and tests. Sends nothing.

use http::header::{AUTHORIZATION, HOST, HeaderName, HeaderValue};
use http::request::Parts;
use percent_encoding::utf8_percent_encode;

use crate::keys::derive;
use crate::payload::{HashText, sha256};
use crate::query::RESERVED;
use crate::verify::signature;
use crate::{
    ALGORITHM, Declared, EMPTY_SHA256, Request, Secret, Style, TERMINATOR, Timestamp, canonical_request,
};

/// Headers that proxies or clients may change, which are never signed.
const LOOSE: [&str; 11] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-amzn-trace-id",
];

/// What a client signs with.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// Its secret.
    pub secret: Secret,
    /// The session token of temporary credentials.
    pub session_token: Option<String>,
}

/// Signs requests to one service in one region.
#[derive(Debug, Clone)]
pub struct Signer<'a> {
    /// Who signs.
    pub credentials: &'a Credentials,
    /// The region of the credential scope.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
}

/// A request that cannot be signed: it has no host, or a value that cannot stand in a header or a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the request has no host, or a value that cannot be sent")]
pub struct Unsignable;

impl Signer<'_> {
    /// Signs a request with this body in its headers, and adds `host`, the date and the session token.
    pub fn sign(&self, parts: &mut Parts, body: &[u8], now_unix_s: i64) -> Result<(), Unsignable> {
        self.sign_declared(parts, Declared::Sha256(sha256(body)), now_unix_s).map(drop)
    }

    /// As [`Signer::sign`], for a body that is covered in another way. Gives the signature, with which the chain of
    /// signed chunks begins.
    pub fn sign_declared(
        &self,
        parts: &mut Parts,
        payload: Declared,
        now_unix_s: i64,
    ) -> Result<String, Unsignable> {
        let (at, style) = (Timestamp::from_unix_s(now_unix_s), Style::of_service(self.service));
        self.add_host(parts)?;
        put(parts, "x-amz-date", at.as_str())?;
        if let Some(token) = &self.credentials.session_token {
            put(parts, "x-amz-security-token", token)?;
        }
        let hash = payload.text();
        if style == Style::S3 {
            put(parts, "x-amz-content-sha256", hash.as_str())?;
        }
        let signed_headers = signed_headers(parts);
        let signed = self.signature(parts, style, &at, &signed_headers, hash.as_str())?;
        let authorization = format!(
            "{ALGORITHM} Credential={}/{}, SignedHeaders={signed_headers}, Signature={signed}",
            self.credentials.access_key_id,
            self.scope(&at)
        );
        parts.headers.insert(AUTHORIZATION, HeaderValue::from_str(&authorization).map_err(|_| Unsignable)?);
        Ok(signed)
    }

    /// The path and query of a presigned request with no body and only `host` signed, valid for so many seconds.
    pub fn presign(&self, parts: &mut Parts, expires_s: u32, now_unix_s: i64) -> Result<String, Unsignable> {
        let (at, style) = (Timestamp::from_unix_s(now_unix_s), Style::of_service(self.service));
        self.add_host(parts)?;
        let target = self.presigned_target(parts, &at, expires_s);
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        uri.path_and_query = Some(target.parse().map_err(|_| Unsignable)?);
        parts.uri = http::Uri::from_parts(uri).map_err(|_| Unsignable)?;
        let hash = if style == Style::S3 { "UNSIGNED-PAYLOAD" } else { EMPTY_SHA256 };
        let signed = self.signature(parts, style, &at, "host", hash)?;
        Ok(format!("{target}&X-Amz-Signature={signed}"))
    }

    fn presigned_target(&self, parts: &Parts, at: &Timestamp, expires_s: u32) -> String {
        let encode = |text: &str| utf8_percent_encode(text, RESERVED).to_string();
        let credential = encode(&format!("{}/{}", self.credentials.access_key_id, self.scope(at)));
        let mut target = parts.uri.path().to_owned();
        target.push('?');
        if let Some(query) = parts.uri.query().filter(|query| !query.is_empty()) {
            target.push_str(query);
            target.push('&');
        }
        target.push_str(&format!(
            "X-Amz-Algorithm={ALGORITHM}&X-Amz-Credential={credential}&X-Amz-Date={at}&X-Amz-Expires={expires_s}\
             &X-Amz-SignedHeaders=host"
        ));
        if let Some(token) = &self.credentials.session_token {
            target.push_str("&X-Amz-Security-Token=");
            target.push_str(&encode(token));
        }
        target
    }

    fn signature(
        &self,
        parts: &Parts,
        style: Style,
        at: &Timestamp,
        signed_headers: &str,
        hash: &str,
    ) -> Result<String, Unsignable> {
        let canonical = canonical_request(&Request::new(parts, style), signed_headers, hash.as_bytes())
            .ok_or(Unsignable)?;
        let key = derive(&self.credentials.secret, at.day(), self.region, self.service);
        let signed: HashText = signature(&key, at, &self.scope(at), &canonical);
        Ok(signed.as_str().to_owned())
    }

    fn scope(&self, at: &Timestamp) -> String {
        format!("{}/{}/{}/{TERMINATOR}", at.day(), self.region, self.service)
    }

    fn add_host(&self, parts: &mut Parts) -> Result<(), Unsignable> {
        if parts.headers.contains_key(HOST) {
            return Ok(());
        }
        let host = parts.uri.authority().ok_or(Unsignable)?.as_str().to_owned();
        put(parts, "host", &host)
    }
}

/// The names of the headers to sign, sorted and joined by semicolons.
fn signed_headers(parts: &Parts) -> String {
    let mut names: Vec<&str> = parts.headers.keys().map(HeaderName::as_str).collect();
    names.retain(|name| !LOOSE.contains(name));
    names.sort_unstable();
    names.join(";")
}

fn put(parts: &mut Parts, name: &'static str, value: &str) -> Result<(), Unsignable> {
    let value = HeaderValue::from_str(value).map_err(|_| Unsignable)?;
    parts.headers.insert(HeaderName::from_static(name), value);
    Ok(())
}
