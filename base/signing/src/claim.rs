//! What a request says about who signed it: nothing here is proved yet. Looks up no key.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::{AUTHORIZATION, DATE};

use crate::canonical::split;
use crate::credential::Scope;
use crate::payload::sha256;
use crate::verify::check_time;
use crate::{ALGORITHM, Error, Request, Style, Timestamp, query};

static X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
static X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// Longest validity of a presigned request in seconds: a week.
const EXPIRES_MAX_S: i64 = 604_800;

/// Where a signature was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the `Authorization` header.
    Header,
    /// In the query string, valid for so many seconds where it says so.
    Presigned {
        /// `X-Amz-Expires`: 0 to 604800.
        expires_s: Option<i64>,
    },
}

/// An unproved claim to be the holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim<'a> {
    scope: Scope<'a>,
    signed_headers: Cow<'a, str>,
    signature: Cow<'a, str>,
    session_token: Option<Cow<'a, str>>,
    signed_at: Timestamp,
    kind: Kind,
}

impl<'a> Claim<'a> {
    /// Finds the claim of a request. `None` when it makes none: it is unsigned, or its `Authorization` is of another
    /// scheme.
    ///
    /// # Errors
    /// Everything that is wrong with a signature before its key is known, save for what [`Claim::check`] finds.
    pub fn find(request: &Request<'a>) -> Result<Option<Self>, Error> {
        let header =
            request.header(&AUTHORIZATION).map(str::trim_ascii).filter(|text| text.starts_with("AWS4-"));
        // Cheap on the hot path: most requests have no query string.
        let is_presigned = !request.query.is_empty()
            && ["X-Amz-Algorithm", "X-Amz-Signature"].iter().any(|name| request.query.contains(name));
        match (header, is_presigned) {
            (Some(_), true) => Err(Error::Twice),
            (Some(header), false) => Self::of_header(request, header).map(Some),
            (None, true) => Self::of_query(request).map(Some),
            (None, false) => Ok(None),
        }
    }

    fn of_header(request: &Request<'a>, header: &'a str) -> Result<Self, Error> {
        let (algorithm, rest) = match memchr::memchr2(b' ', b',', header.as_bytes()) {
            Some(end) => (&header[..end], &header[end + 1..]),
            None => (header, ""),
        };
        let (mut credential, mut signed_headers, mut signature) = (None, None, None);
        for pair in pieces(rest) {
            let equals = memchr::memchr(b'=', pair.as_bytes());
            let equals = equals.ok_or_else(|| Error::MissingEquals { hashed: hashed(header) })?;
            let value = &pair[equals + 1..];
            match &pair[..equals] {
                "Credential" => credential = Some(value),
                "SignedHeaders" => signed_headers = Some(value),
                "Signature" => signature = Some(value),
                _ => {}
            }
        }
        let date = request.header(&X_AMZ_DATE).or_else(|| request.header(&DATE));
        let (Some(credential), Some(signature), Some(signed_headers), Some(date)) =
            (credential, signature, signed_headers, date)
        else {
            return Err(missing_in_header(header, [credential, signature, signed_headers], date));
        };
        let signed_at = Timestamp::parse_http(date).ok_or_else(|| Error::Date { got: date.to_owned() })?;
        check_algorithm(algorithm)?;
        Ok(Self {
            scope: Scope::parse(Cow::Borrowed(credential))?,
            signed_headers: Cow::Borrowed(signed_headers),
            signature: Cow::Borrowed(signature),
            session_token: request.header(&X_AMZ_SECURITY_TOKEN).map(Cow::Borrowed),
            signed_at,
            kind: Kind::Header,
        })
    }

    fn of_query(request: &Request<'a>) -> Result<Self, Error> {
        let value = |name: &str| query::value(request.query, name).filter(|value| !value.is_empty());
        let names =
            ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
        let [Some(algorithm), Some(credential), Some(signature), Some(signed_headers), Some(date)] =
            names.map(value)
        else {
            return Err(missing_in_query(names.into_iter().filter(|name| value(name).is_none())));
        };
        let signed_at = Timestamp::parse(&date).ok_or_else(|| Error::Date { got: date.into_owned() })?;
        check_algorithm(&algorithm)?;
        let expires_s = value("X-Amz-Expires").as_deref().map(parse_expires).transpose()?;
        if expires_s.is_none() && request.style == Style::S3 {
            return Err(missing_in_query(["X-Amz-Expires"].into_iter()));
        }
        Ok(Self {
            scope: Scope::parse(credential)?,
            signed_headers,
            signature,
            session_token: value("X-Amz-Security-Token"),
            signed_at,
            kind: Kind::Presigned { expires_s },
        })
    }

    /// Checks what needs no key: the time, that `host` is signed, and that scope and date agree; in AWS's order.
    pub fn check(&self, request: &Request<'_>, now_unix_s: i64) -> Result<(), Error> {
        check_time(self, request.style, now_unix_s)?;
        if !self.signs("host") && !self.signs(":authority") {
            return Err(Error::HostUnsigned);
        }
        self.scope.check(&self.signed_at)?;
        if request.style == Style::S3 { self.check_amz_headers(request) } else { Ok(()) }
    }

    /// Checks that a link has not expired, whoever made it.
    ///
    /// # Errors
    /// [`Error::PresignedExpired`], and that it is not yet good.
    pub fn check_link(&self, style: Style, now_unix_s: i64) -> Result<(), Error> {
        match (self.kind, style) {
            (Kind::Presigned { .. }, Style::S3) => check_time(self, style, now_unix_s),
            _ => Ok(()),
        }
    }

    /// S3 wants all `x-amz-` headers signed.
    fn check_amz_headers(&self, request: &Request<'_>) -> Result<(), Error> {
        let is_loose = |name: &&str| {
            // A presigned URL cannot foresee how its body will be declared.
            let is_payload = *name == "x-amz-content-sha256" && self.kind != Kind::Header;
            name.starts_with("x-amz-") && !is_payload && !self.signs(name)
        };
        let loose: Vec<&str> = request.headers.keys().map(HeaderName::as_str).filter(is_loose).collect();
        if loose.is_empty() { Ok(()) } else { Err(Error::HeadersUnsigned { names: loose.join(",") }) }
    }

    fn signs(&self, name: &str) -> bool {
        let ends = memchr::memchr_iter(b';', self.signed_headers.as_bytes());
        split(&self.signed_headers, ends).any(|signed| signed == name)
    }

    /// The id of the key that should have signed.
    pub fn access_key_id(&self) -> &str {
        self.scope.access_key_id()
    }

    /// The region of the credential scope, as given.
    pub fn region(&self) -> &str {
        self.scope.region()
    }

    /// The signing name of the service in the credential scope, as given.
    pub fn service(&self) -> &str {
        self.scope.service()
    }

    /// The names of the signed headers, joined by semicolons.
    pub fn signed_headers(&self) -> &str {
        &self.signed_headers
    }

    /// The signature in hexadecimal.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The session token of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// When the request says it was signed.
    pub fn signed_at(&self) -> Timestamp {
        self.signed_at
    }

    /// Where the signature was found.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Day, region, service and terminator, as in the string to sign.
    pub(crate) fn scope(&self) -> &str {
        self.scope.without_key()
    }

    pub(crate) fn day(&self) -> &str {
        self.scope.day()
    }
}

/// What stands between commas, spaces and tabs.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    split(text, memchr::memchr3_iter(b',', b' ', b'\t', text.as_bytes())).filter(|piece| !piece.is_empty())
}

fn check_algorithm(algorithm: &str) -> Result<(), Error> {
    if algorithm == ALGORITHM { Ok(()) } else { Err(Error::Algorithm { got: algorithm.to_owned() }) }
}

fn parse_expires(text: &str) -> Result<i64, Error> {
    let expires_s: i64 = text.parse().map_err(|_| Error::ExpiresNumber)?;
    match expires_s {
        ..0 => Err(Error::ExpiresNegative),
        0..=EXPIRES_MAX_S => Ok(expires_s),
        _ => Err(Error::ExpiresTooLong),
    }
}

fn missing_in_header(header: &str, found: [Option<&str>; 3], date: Option<&str>) -> Error {
    let names = ["Credential", "Signature", "SignedHeaders"].into_iter().zip(found);
    let mut missing: String = names
        .filter(|(_, value)| value.is_none())
        .map(|(name, _)| format!("Authorization header requires '{name}' parameter. "))
        .collect();
    if date.is_none() {
        missing.push_str(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ",
        );
    }
    Error::MissingParameters { missing, hashed: hashed(header) }
}

fn missing_in_query<'a>(names: impl Iterator<Item = &'a str>) -> Error {
    let missing = names.map(|name| format!("AWS query-string parameters must include '{name}'. ")).collect();
    Error::MissingQuery { missing }
}

fn hashed(header: &str) -> String {
    STANDARD.encode(sha256(header.as_bytes()))
}
