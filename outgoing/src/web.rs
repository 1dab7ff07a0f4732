//! A client of HTTP/1.1, in the clear or over TLS, that keeps connections for the next request.

use std::sync::OnceLock;
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};

use crate::credentials::Credentials;

/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a connection is kept that nobody uses.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// Connections to one host that are kept so.
const IDLE_PER_HOST: usize = 16;
/// What is read of an answer, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Where a request goes: an `http` or `https` URL, with the name and password that it may hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    uri: Uri,
    credentials: Option<Credentials>,
}

impl Address {
    /// From a URL; none when it is something else.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        // What stands behind the number sign is the browser's own.
        let uri: Uri = url.split('#').next()?.parse().ok()?;
        let mut parts = uri.into_parts();
        parts.scheme.as_ref().filter(|scheme| [Scheme::HTTP, Scheme::HTTPS].contains(scheme))?;
        let authority = parts.authority?;
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => (Some(user), host.parse::<Authority>().ok()?),
            None => (None, authority),
        };
        if host.host().is_empty() {
            return None;
        }
        parts.authority = Some(host);
        parts.path_and_query.get_or_insert(PathAndQuery::from_static("/"));
        Some(Address { uri: Uri::from_parts(parts).ok()?, credentials: user.map(Credentials::read) })
    }

    /// The host, without a port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or_default()
    }
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body; nothing of one that is longer than 64 KB.
    pub body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Too slow.
    #[error("no answer within {0:?}")]
    Late(Duration),
    /// No connection, or it broke.
    #[error("{0}")]
    Broken(String),
}

type Connector = HttpsConnector<HttpConnector>;

/// A client. It costs nothing before its first request.
#[derive(Debug, Default)]
pub struct Client {
    pool: OnceLock<Pool<Connector, Full<Bytes>>>,
}

impl Client {
    /// A client without connections.
    #[must_use]
    pub const fn new() -> Self {
        Client { pool: OnceLock::new() }
    }

    /// Sends a request, and gives back what comes within `within`. A server that asks for a name and password gets those of
    /// the address, where it has them.
    ///
    /// # Errors
    /// When nothing, or something broken, came back.
    pub async fn send(
        &self,
        method: Method,
        to: &Address,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<Answer, Error> {
        let sent = self.send_up_to(ANSWER_MAX, method, to, headers, body, within).await;
        sent.map(|(answer, _)| answer)
    }

    /// The same for an answer of up to that many bytes; also says whether all of it is here.
    ///
    /// # Errors
    /// When nothing, or something broken, came back.
    pub async fn send_up_to(
        &self,
        bytes_max: usize,
        method: Method,
        to: &Address,
        headers: HeaderMap,
        body: Bytes,
        within: Duration,
    ) -> Result<(Answer, bool), Error> {
        let all = async {
            let mut request = Request::new(Full::new(body.clone()));
            *request.method_mut() = method.clone();
            *request.uri_mut() = to.uri.clone();
            *request.headers_mut() = headers;
            let answer = self.once(bytes_max, request.clone()).await?;
            let credentials = to.credentials.as_ref().filter(|_| answer.0.status == StatusCode::UNAUTHORIZED);
            let said = credentials
                .and_then(|credentials| credentials.answer(&answer.0.headers, &method, &to.uri, &body));
            let Some(said) = said else { return Ok(answer) };
            request.headers_mut().insert(header::AUTHORIZATION, said);
            self.once(bytes_max, request).await
        };
        tokio::time::timeout(within, all).await.map_err(|_| Error::Late(within))?
    }

    async fn once(&self, bytes_max: usize, request: Request<Full<Bytes>>) -> Result<(Answer, bool), Error> {
        let pool = self.pool.get_or_init(pool);
        let response = pool.request(request).await.map_err(|error| Error::Broken(whole(&error)))?;
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, bytes_max).collect().await;
        let is_whole = body.is_ok();
        let body = body.map(|body| body.to_bytes()).unwrap_or_default();
        Ok((Answer { status: parts.status, headers: parts.headers, body }, is_whole))
    }
}

/// The pool of connections. TLS trusts whom the system trusts.
fn pool() -> Pool<Connector, Full<Bytes>> {
    let builder = rustls::ClientConfig::builder();
    let tls = match builder.clone().with_native_roots() {
        Ok(builder) => builder.with_no_client_auth(),
        Err(error) => {
            tracing::warn!(%error, "the system trusts no certificate authority: no server can be reached by https");
            builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
        }
    };
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(CONNECT_MAX));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .wrap_connector(connector);
    Pool::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_MAX)
        .pool_max_idle_per_host(IDLE_PER_HOST)
        .build(connector)
}

/// An error with its causes.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    /// Answers one connection after another with these bytes, and gives back what was asked.
    async fn server(answers: Vec<&'static str>) -> (Address, tokio::task::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://us%3Aer:p%40ss@{}/a?b=c#d", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let mut asked = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut text = vec![0; 4096];
                let length = stream.read(&mut text).await.unwrap();
                asked.push(String::from_utf8_lossy(&text[..length]).into_owned());
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        });
        (Address::parse(&address).unwrap(), asked)
    }

    async fn get(to: &Address, within: Duration) -> Result<Answer, Error> {
        Client::new().send(Method::GET, to, HeaderMap::new(), Bytes::new(), within).await
    }

    const SOON: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_name_and_a_password_are_said_when_they_are_asked_for() {
        let asks = "HTTP/1.1 401 No\r\nwww-authenticate: Negotiate\r\nWWW-Authenticate: basic realm=\"r\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (to, asked) =
            server(vec![asks, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"]).await;
        let answer = get(&to, SOON).await.unwrap();
        assert_eq!((answer.status, &answer.body[..]), (StatusCode::OK, &b"ok"[..]));
        let asked = asked.await.unwrap();
        assert!(asked[0].starts_with("GET /a?b=c HTTP/1.1\r\n"), "{}", asked[0]);
        assert!(!asked[0].contains("uthorization"));
        let token = STANDARD.encode("us:er:p@ss");
        assert!(asked[1].contains(&format!("authorization: Basic {token}\r\n")), "{}", asked[1]);
    }

    #[tokio::test]
    async fn a_digest_proves_the_password_without_saying_it() {
        let asks = "HTTP/1.1 401 No\r\nwww-authenticate: Basic realm=\"r\"\r\nwww-authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (to, asked) =
            server(vec![asks, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"]).await;
        assert_eq!(get(&to, SOON).await.unwrap().status, StatusCode::OK);
        let asked = asked.await.unwrap();
        assert!(asked[1].contains("authorization: Digest username=\"us:er\""), "{}", asked[1]);
        assert!(asked[1].contains("uri=\"/a?b=c\"") && !asked[1].contains("p@ss"), "{}", asked[1]);
    }

    #[tokio::test]
    async fn nobody_is_followed_and_long_answers_are_cut() {
        let (to, _) = server(vec!["HTTP/1.1 302 Found\r\nlocation: /b\r\ncontent-length: 0\r\n\r\n"]).await;
        assert_eq!(get(&to, SOON).await.unwrap().status, StatusCode::FOUND);
        let (to, _) = server(vec!["HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n"]).await;
        assert!(get(&to, SOON).await.unwrap().body.is_empty());
    }

    #[tokio::test]
    async fn silence_and_closed_doors_are_errors() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = Address::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        assert!(matches!(get(&to, Duration::from_millis(50)).await, Err(Error::Late(_))));
        drop(listener);
        assert!(matches!(get(&to, SOON).await, Err(Error::Broken(_))));
        let (to, _) = server(vec!["HTTP/1.1 200"]).await;
        assert!(matches!(get(&to, SOON).await, Err(Error::Broken(_))));
    }

    #[test]
    fn only_the_web_has_addresses() {
        for url in ["", "localhost", "ftp://a/b", "http://", "https://user@", "http:///path", "mailto:a@b"] {
            assert_eq!(Address::parse(url), None, "{url}");
        }
        let address = Address::parse("https://User@Example.com:8443").unwrap();
        assert_eq!((address.scheme(), address.host()), ("https", "Example.com"));
        assert!(!format!("{:?}", Address::parse("http://a:secret@b/").unwrap()).contains("secret"));
    }
}
