//! What a client says of itself when a server asks: its name and password, or a proof that it knows them (RFC 7617, RFC 7616).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use digest_auth::{AuthContext, HttpMethod, WwwAuthenticateHeader};
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use percent_encoding::percent_decode_str;

/// A name and a password, as a URL has them.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    name: Vec<u8>,
    password: Vec<u8>,
}

impl Credentials {
    /// From `name:password`, each with percent signs for what a URL cannot have.
    pub(crate) fn read(text: &str) -> Self {
        let (name, password) = text.split_once(':').unwrap_or((text, ""));
        let decoded = |text| percent_decode_str(text).collect();
        Credentials { name: decoded(name), password: decoded(password) }
    }

    /// What to say to a server that asks in one of these ways; a digest is preferred, which does not tell the password.
    pub(crate) fn answer(
        &self,
        asked: &HeaderMap,
        method: &Method,
        uri: &Uri,
        body: &[u8],
    ) -> Option<HeaderValue> {
        let texts = || asked.get_all(header::WWW_AUTHENTICATE).iter().filter_map(|ask| ask.to_str().ok());
        let digest =
            texts().filter(|ask| is(ask, "digest")).find_map(|ask| self.digest(ask, method, uri, body));
        let said = digest.or_else(|| texts().any(|ask| is(ask, "basic")).then(|| self.basic()))?;
        let mut value = HeaderValue::try_from(said).ok()?;
        value.set_sensitive(true);
        Some(value)
    }

    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode([&*self.name, b":", &*self.password].concat()))
    }

    /// None for a demand that cannot be met: of an unknown algorithm, for one.
    fn digest(&self, ask: &str, method: &Method, uri: &Uri, body: &[u8]) -> Option<String> {
        let mut asked = WwwAuthenticateHeader::parse(ask).ok()?;
        let (name, password) = (String::from_utf8_lossy(&self.name), String::from_utf8_lossy(&self.password));
        let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        let method = HttpMethod::from(method.as_str());
        let context = AuthContext::new_with_method(name, password, path, Some(body), method);
        Some(asked.respond(&context).ok()?.to_header_string())
    }
}

fn is(ask: &str, scheme: &str) -> bool {
    ask.split_ascii_whitespace().next().is_some_and(|asked| asked.eq_ignore_ascii_case(scheme))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials")
    }
}
