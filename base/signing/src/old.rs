//! Signature Version 2, which S3 still takes: links, which boto3 still makes (`AWSAccessKeyId`, `Expires` and `Signature` in the
//! query string), requests that are signed in a header (`Authorization: AWS key:signature`), and texts.
//!
//! Follows "Signing and authenticating REST requests (AWS signature version 2)" in S3's developer guide.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::{AUTHORIZATION, DATE};
use ring::hmac;

use crate::secret::is_same;
use crate::verify::check_skew;
use crate::{Error, Request, Secret, Timestamp, query};

/// Parameters that are a part of the resource, sorted.
const RESOURCE: [&str; 38] = [
    "accelerate",
    "acl",
    "analytics",
    "cors",
    "defaultObjectAcl",
    "delete",
    "encryption",
    "inventory",
    "lifecycle",
    "location",
    "logging",
    "metrics",
    "notification",
    "object-lock",
    "partNumber",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "replication",
    "requestPayment",
    "response-cache-control",
    "response-content-disposition",
    "response-content-encoding",
    "response-content-language",
    "response-content-type",
    "response-expires",
    "restore",
    "select",
    "select-type",
    "storageClass",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versionId",
    "versioning",
    "versions",
    "website",
];

static X_AMZ_DATE: HeaderName = HeaderName::from_static("x-amz-date");
static X_AMZ_SECURITY_TOKEN: HeaderName = HeaderName::from_static("x-amz-security-token");

/// A request that claims to be of the holder of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldClaim<'a> {
    access_key_id: Cow<'a, str>,
    signature: Cow<'a, str>,
    moment: Moment<'a>,
    session_token: Option<Cow<'a, str>>,
}

/// How long a claim is good.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Moment<'a> {
    /// A link says until when.
    Until(Cow<'a, str>),
    /// A header is good around the time when it was made. The text is signed where no `x-amz-date` is.
    Of(Timestamp, &'a str),
}

impl<'a> OldClaim<'a> {
    /// Finds what a request claims, in a header or as a link; nothing where it claims nothing.
    ///
    /// # Errors
    /// When a part of the claim is missing, or its date is none.
    pub fn find(request: &Request<'a>) -> Result<Option<Self>, Error> {
        let header = request.header(&AUTHORIZATION).and_then(|text| text.trim_ascii().strip_prefix("AWS "));
        match header {
            Some(header) => Self::of_header(request, header.trim_ascii()).map(Some),
            None => Self::of_link(request.query),
        }
    }

    fn of_header(request: &Request<'a>, header: &'a str) -> Result<Self, Error> {
        let (access_key_id, signature) = header.split_once(':').ok_or(Error::OldHeader)?;
        let amz_date = request.header(&X_AMZ_DATE);
        let date = amz_date.or_else(|| request.header(&DATE)).ok_or(Error::OldDate)?;
        let made = Timestamp::parse_http(date).ok_or(Error::OldDate)?;
        Ok(OldClaim {
            access_key_id: access_key_id.into(),
            signature: signature.into(),
            moment: Moment::Of(made, if amz_date.is_some() { "" } else { date }),
            session_token: request.header(&X_AMZ_SECURITY_TOKEN).map(Cow::Borrowed),
        })
    }

    fn of_link(query: &'a str) -> Result<Option<Self>, Error> {
        let value = |name: &str| query::value(query, name).filter(|value| !value.is_empty());
        let names = ["AWSAccessKeyId", "Signature", "Expires"];
        // Most requests have nothing of it.
        if query.is_empty() || !names[..2].iter().any(|name| query.contains(name)) {
            return Ok(None);
        }
        match names.map(value) {
            [None, None, _] => Ok(None),
            [Some(access_key_id), Some(signature), Some(expires)] => {
                let session_token = value("x-amz-security-token");
                let moment = Moment::Until(expires);
                Ok(Some(OldClaim { access_key_id, signature, moment, session_token }))
            }
            _ => Err(Error::OldIncomplete),
        }
    }

    /// The id of the key that should have signed.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The session token of temporary credentials.
    pub fn session_token(&self) -> Option<&str> {
        self.session_token.as_deref()
    }

    /// Checks what needs no key: that it has not expired.
    ///
    /// # Errors
    /// [`Error::PresignedExpired`] and [`Error::OldExpires`] for links; [`Error::Expired`] and [`Error::NotYetCurrent`] for
    /// headers.
    pub fn check(&self, now_unix_s: i64) -> Result<(), Error> {
        let expires = match &self.moment {
            Moment::Of(made, _) => return check_skew(*made, now_unix_s),
            Moment::Until(expires) => expires,
        };
        let expired_s = expires.parse().map_err(|_| Error::OldExpires { got: expires.to_string() })?;
        if now_unix_s <= expired_s {
            return Ok(());
        }
        Err(Error::PresignedExpired { valid_s: None, expired_s, now_s: now_unix_s })
    }

    /// Proves that the holder of `secret` signed this request for this resource: the path, still encoded, with the bucket of
    /// the host before it.
    ///
    /// # Errors
    /// [`Error::Mismatch`].
    pub fn verify(&self, request: &Request<'_>, resource: &str, secret: &Secret) -> Result<(), Error> {
        check_text(&self.text(request, resource), &self.signature, secret)
    }

    fn text(&self, request: &Request<'_>, resource: &str) -> String {
        // What a client signs as a header may stand in the link.
        let said = |name: &str| {
            let header = request.headers.get(name).and_then(|value| value.to_str().ok());
            header.map(Cow::Borrowed).or_else(|| query::value(request.query, name)).unwrap_or_default()
        };
        let (md5, content_type) = (said("content-md5"), said("content-type"));
        let moment = match &self.moment {
            Moment::Until(expires) => expires,
            Moment::Of(_, date) => *date,
        };
        let mut text = format!("{}\n{md5}\n{content_type}\n{moment}\n", request.method);
        for (name, value) in amz_headers(request) {
            text.extend([name.as_str(), ":", value.trim(), "\n"]);
        }
        text.push_str(resource);
        let mut parameters: Vec<(&str, &str)> = query::pairs(request.query).collect();
        parameters.retain(|(name, _)| RESOURCE.binary_search(name).is_ok());
        parameters.sort_unstable();
        for (at, (name, value)) in parameters.into_iter().enumerate() {
            text.extend([if at == 0 { "?" } else { "&" }, name]);
            if !value.is_empty() {
                text.extend(["=", &String::from_utf8_lossy(&query::decode(value))]);
            }
        }
        text
    }
}

fn amz_headers(request: &Request<'_>) -> BTreeMap<String, String> {
    let is_amz = |name: &str| name.starts_with("x-amz-");
    let mut found = BTreeMap::new();
    for name in request.headers.keys().filter(|name| is_amz(name.as_str())) {
        let values = request.headers.get_all(name).iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        found.insert(name.as_str().to_owned(), values.join(","));
    }
    // What is said in both places was signed once.
    for (name, value) in query::pairs(request.query) {
        let name = name.to_ascii_lowercase();
        if is_amz(&name) {
            found.entry(name).or_insert_with(|| String::from_utf8_lossy(&query::decode(value)).into_owned());
        }
    }
    found
}

/// Proves that the holder of `secret` signed a text.
///
/// # Errors
/// [`Error::Mismatch`].
pub fn check_text(text: &str, signature: &str, secret: &Secret) -> Result<(), Error> {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.reveal().as_bytes());
    let expected = STANDARD.encode(hmac::sign(&key, text.as_bytes()));
    if is_same(expected.as_bytes(), signature.as_bytes()) { Ok(()) } else { Err(Error::Mismatch) }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::Style;

    /// The example of the developer guide, "Query string request authentication alternative".
    const QUERY: &str =
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";

    fn request<'a>(query: &'a str, headers: &'a HeaderMap) -> Request<'a> {
        Request {
            method: "GET",
            path: "/photos/puppy.jpg",
            query,
            headers,
            authority: None,
            style: Style::S3,
        }
    }

    #[test]
    fn the_published_example_is_verified() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let headers = HeaderMap::new();
        let link = OldClaim::of_link(QUERY).unwrap().unwrap();
        let resource = "/johnsmith/photos/puppy.jpg";
        assert_eq!(link.verify(&request(QUERY, &headers), resource, &secret), Ok(()));
        assert_eq!(link.verify(&request(QUERY, &headers), "/johnsmith/x", &secret), Err(Error::Mismatch));
        assert_eq!(link.check(1_175_139_620), Ok(()));
        let expired =
            Error::PresignedExpired { valid_s: None, expired_s: 1_175_139_620, now_s: 1_175_139_621 };
        assert_eq!(link.check(1_175_139_621), Err(expired));
    }

    /// The example of the developer guide, "Object GET".
    #[test]
    fn the_published_header_is_verified() {
        let secret = Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Tue, 27 Mar 2007 19:36:42 +0000".parse().unwrap());
        let signed = "AWS AKIAIOSFODNN7EXAMPLE:bWq2s1WEIj+Ydj0vQ697zp+IXMU=";
        headers.insert(AUTHORIZATION, signed.parse().unwrap());
        let claim = OldClaim::find(&request("", &headers)).unwrap().unwrap();
        assert_eq!(claim.access_key_id(), "AKIAIOSFODNN7EXAMPLE");
        let resource = "/johnsmith/photos/puppy.jpg";
        assert_eq!(claim.verify(&request("", &headers), resource, &secret), Ok(()));
        assert_eq!(claim.check(1_175_024_202), Ok(()));
        assert!(matches!(claim.check(1_175_026_202), Err(Error::Expired { .. })));
        headers.insert(DATE, "soon".parse().unwrap());
        assert_eq!(OldClaim::find(&request("", &headers)), Err(Error::OldDate));
        headers.insert(AUTHORIZATION, "AWS x".parse().unwrap());
        assert_eq!(OldClaim::find(&request("", &headers)), Err(Error::OldHeader));
    }

    #[test]
    fn parts_that_are_missing_are_told() {
        assert_eq!(OldClaim::of_link("a=b&Expires=1").unwrap(), None);
        assert_eq!(OldClaim::of_link("Signature=x&Expires=1"), Err(Error::OldIncomplete));
        let link = OldClaim::of_link("AWSAccessKeyId=A&Signature=x&Expires=soon").unwrap().unwrap();
        assert_eq!(link.check(0), Err(Error::OldExpires { got: "soon".into() }));
    }

    #[test]
    fn the_resource_has_its_parameters_sorted_and_decoded() {
        assert!(RESOURCE.is_sorted());
        let query = "versionId=a%2Bb&acl&x=y&x-amz-meta-a=1&AWSAccessKeyId=A&Signature=x&Expires=1";
        let link = OldClaim::of_link(query).unwrap().unwrap();
        let headers = HeaderMap::new();
        assert_eq!(
            link.text(&request(query, &headers), "/b/k"),
            "GET\n\n\n1\nx-amz-meta-a:1\n/b/k?acl&versionId=a+b"
        );
    }
}
